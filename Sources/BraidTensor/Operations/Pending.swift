// Signatures agreed on, bodies to come: each moves to Operations/<Name>.swift with its derivative, and this file goes away.
func pending() -> Never { stop("pending", "not built yet") }

// TensorProduct.swift: the fused tensor-fusion product, z = vec([1; x_1] ⊗ … ⊗ [1; x_M]) W + b, never materialised whole.
/// inputs [B, d_m]; weight [∏(d_m + 1), outputs], last modality fastest; bias [outputs].
public func tensorProductLinear(_ inputs: [Tensor], _ weight: Tensor, _ bias: Tensor?, activation: Activation = .none) -> Tensor { pending() }
// Attention.swift: softmax(q kᵀ · scale) v per head, keys masked. q [B, Tq, h·d], k, v [B, Tk, h·d]; keyMask [B, Tk]; causal.
// Returns [B, Tq, h·d] and, when wanted, the weights [B, h, Tq, Tk] (a constant).
public func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float? = nil, keyMask: Tensor? = nil, isCausal: Bool = false,
  wantsWeights: Bool = false
) -> (output: Tensor, weights: Tensor?) { pending() }
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
// Recurrent.swift: x [B, T, d], steps [B, T] (a masked step keeps the state and outputs zeros), weights [d, G·h], [h, G·h],
// bias [G·h]. GRU gates r, z, n (PyTorch's form: n = tanh(x Wn + bn + r ∘ (h Un + cn))), so recurrentBias [3h]; LSTM gates i, f, g, o.
// Returns every step's state [B, T, h] and the state after the last real step [B, h].
public func gru(
  _ x: Tensor, steps: Tensor? = nil, _ inputWeight: Tensor, _ recurrentWeight: Tensor, _ bias: Tensor, _ recurrentBias: Tensor,
  isReversed: Bool = false
) -> (states: Tensor, last: Tensor) { pending() }
public func lstm(
  _ x: Tensor, steps: Tensor? = nil, _ inputWeight: Tensor, _ recurrentWeight: Tensor, _ bias: Tensor, isReversed: Bool = false
) -> (states: Tensor, last: Tensor) { pending() }
