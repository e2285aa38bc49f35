// Signatures agreed on, bodies to come: each moves to Operations/<Name>.swift with its derivative, and this file goes away.
func pending() -> Never { stop("pending", "not built yet") }

extension Tensor {
  // Reshape.swift. A view: no copy. One extent may be -1.
  public func reshaped(_ shape: Shape) -> Tensor { pending() }
  public func reshaped(_ extents: Int...) -> Tensor { pending() }
  // Transpose.swift. Swaps two axes (copies).
  public func transposed(_ first: Int = -2, _ second: Int = -1) -> Tensor { pending() }
  // Slice.swift
  public func slice(_ axis: Int, _ range: Range<Int>) -> Tensor { pending() }
  /// Equal or given parts along an axis.
  public func split(_ axis: Int, _ sizes: [Int]) -> [Tensor] { pending() }
  public func padded(_ axis: Int, before: Int, after: Int, with value: Float = 0) -> Tensor { pending() }
  /// Rows `indices` of axis 0: [n, …] → [indices, …].
  public func gathered(_ indices: [Int32]) -> Tensor { pending() }
  // Reductions.swift. Reduced axis removed unless keepingAxis.
  public func sum(_ axis: Int, keepingAxis: Bool = false) -> Tensor { pending() }
  public func mean(_ axis: Int, keepingAxis: Bool = false) -> Tensor { pending() }
  public func maximum(_ axis: Int, keepingAxis: Bool = false) -> Tensor { pending() }
  /// Over all elements: shape [].
  public func sum() -> Tensor { pending() }
  public func mean() -> Tensor { pending() }
  // Softmax.swift. Over the last axis. mask: 1 keeps, 0 excludes; shape = self's, or broadcastable: any suffix-aligned shape
  // with 1s, or [B, T] for self [B, …, T] (mask row shared by the middle axes). A row with nothing kept gives zeros.
  public func softmax(mask: Tensor? = nil) -> Tensor { pending() }
  public func logSoftmax(mask: Tensor? = nil) -> Tensor { pending() }
  // Steps.swift: sequences [B, T, d] with steps [B, T] (nil: all real) → [B, d]. No real step → zeros.
  public func meanOverSteps(_ steps: Tensor?) -> Tensor { pending() }
  public func maximumOverSteps(_ steps: Tensor?) -> Tensor { pending() }
  public func lastStep(_ steps: Tensor?) -> Tensor { pending() }
  /// Row r of self [R, …] times weights[r] (a constant): masks values by presence [B] or steps [B, T].
  public func scaledRows(_ weights: Tensor?) -> Tensor { pending() }

  // Arithmetic.swift, with NumPy broadcasting.
  public static func + (a: Tensor, b: Tensor) -> Tensor { pending() }
  public static func - (a: Tensor, b: Tensor) -> Tensor { pending() }
  public static func * (a: Tensor, b: Tensor) -> Tensor { pending() }
  public static func / (a: Tensor, b: Tensor) -> Tensor { pending() }
  public static func + (a: Tensor, b: Float) -> Tensor { pending() }
  public static func - (a: Tensor, b: Float) -> Tensor { pending() }
  public static func * (a: Tensor, b: Float) -> Tensor { pending() }
  public static func / (a: Tensor, b: Float) -> Tensor { pending() }
  public static func * (a: Float, b: Tensor) -> Tensor { pending() }
  public static func - (a: Float, b: Tensor) -> Tensor { pending() }
}

/// Element-wise larger / smaller, with broadcasting; at ties the gradient goes half to each.
public func maximum(_ a: Tensor, _ b: Tensor) -> Tensor { pending() }
public func minimum(_ a: Tensor, _ b: Tensor) -> Tensor { pending() }

// Concatenate.swift
public func concatenate(_ parts: [Tensor], axis: Int = -1) -> Tensor { pending() }
/// New axis: n tensors of shape s → [n, s…] at `axis`.
public func stack(_ parts: [Tensor], axis: Int = 0) -> Tensor { pending() }
// Matmul.swift. [m, k] · [k, n]; flags say an operand is stored transposed.
public func matmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor { pending() }
/// [B, m, k] · [B, k, n] · scale; any number of equal leading axes.
public func batchedMatmul(_ a: Tensor, _ b: Tensor, transposeA: Bool = false, transposeB: Bool = false, scale: Float = 1) -> Tensor { pending() }
/// [B, m] ⊗ [B, n] → [B, m, n].
public func outerProduct(_ a: Tensor, _ b: Tensor) -> Tensor { pending() }
// TensorProduct.swift: the fused tensor-fusion product, z = vec([1; x_1] ⊗ … ⊗ [1; x_M]) W + b, never materialised whole.
/// inputs [B, d_m]; weight [∏(d_m + 1), outputs], last modality fastest; bias [outputs].
public func tensorProductLinear(_ inputs: [Tensor], _ weight: Tensor, _ bias: Tensor?, activation: Activation = .none) -> Tensor { pending() }
// Attention.swift: softmax(q kᵀ · scale) v per head, keys masked. q [B, Tq, h·d], k, v [B, Tk, h·d]; keyMask [B, Tk]; causal.
// Returns [B, Tq, h·d] and, when wanted, the weights [B, h, Tq, Tk] (a constant).
public func attention(
  _ q: Tensor, _ k: Tensor, _ v: Tensor, heads: Int, scale: Float? = nil, keyMask: Tensor? = nil, isCausal: Bool = false,
  wantsWeights: Bool = false
) -> (output: Tensor, weights: Tensor?) { pending() }
// Embedding.swift: rows of table [vocabulary, d] by ids ([B, T] row-major) → [B, T, d] (shape gives the leading axes).
public func embedding(_ table: Tensor, _ ids: [Int32], _ leading: Shape, paddingId: Int32? = nil) -> Tensor { pending() }
// CrossEntropy.swift: mean over rows of −Σ_k t_k log softmax(x)_k, with class weights and smoothing as PyTorch defines them.
public func crossEntropy(_ logits: Tensor, _ classes: [Int32], smoothing: Float = 0, weights: Tensor? = nil) -> Tensor { pending() }
// BinaryCrossEntropy.swift: mean over all elements, from logits, labels 0…1 (constant).
public func binaryCrossEntropy(_ logits: Tensor, _ labels: Tensor) -> Tensor { pending() }
// Normalization.swift
public func layerNorm(_ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, epsilon: Float = 1e-5, adding residual: Tensor? = nil) -> Tensor { pending() }
/// x [B, C, …]; training statistics; returns also batch mean and (biased) variance, constants.
public func batchNorm(_ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, epsilon: Float = 1e-5) -> (output: Tensor, mean: Tensor, variance: Tensor) { pending() }
public func batchNorm(_ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, mean: Tensor, variance: Tensor, epsilon: Float = 1e-5) -> Tensor { pending() }
// Dropout.swift: inverted dropout.
public func dropout(_ x: Tensor, rate: Float, _ stream: inout RandomStream) -> Tensor { pending() }
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
