// Signatures agreed on, bodies to come: each moves to Operations/<Name>.swift with its derivative, and this file goes away.
func pending() -> Never { stop("pending", "not built yet") }

// Normalization.swift
public func layerNorm(_ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, epsilon: Float = 1e-5, adding residual: Tensor? = nil) -> Tensor { pending() }
/// x [B, C, …]; training statistics; returns also batch mean and (biased) variance, constants.
public func batchNorm(_ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, epsilon: Float = 1e-5) -> (output: Tensor, mean: Tensor, variance: Tensor) { pending() }
public func batchNorm(_ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, mean: Tensor, variance: Tensor, epsilon: Float = 1e-5) -> Tensor { pending() }
// Convolution.swift: x [B, C, H, W], weight [O, C, kh, kw], bias [O]; activation none or relu fused.
public func conv2d(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
  activation: Activation = .none
) -> Tensor { pending() }
// Pooling.swift: windows fully inside the padded input; padding never wins a maximum, and counts as absent in an average.
public func maxPool2d(_ x: Tensor, window: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0)) -> Tensor { pending() }
public func averagePool2d(_ x: Tensor, window: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0)) -> Tensor { pending() }
