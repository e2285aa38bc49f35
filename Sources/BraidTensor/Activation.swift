/// What a linear map, a convolution or a product of modalities applies to its result, in the same pass.
///
/// The functions are those of `Tensor` with the same names. In files they are called by `rawValue`: `leaky-relu` is the one
/// of slope 0.01, others are written `leaky-relu(0.2)`.
public enum Activation: Sendable, Hashable, CaseIterable, RawRepresentable {
  /// x; max(x, 0); 1 / (1 + e⁻ˣ); tanh x; x Φ(x), Φ being the standard normal distribution function.
  case none, relu, sigmoid, tanh, gelu
  /// x, or slope · x below 0.
  case leakyRelu(slope: Float = 0.01)
  /// x, or eˣ − 1 below 0; x σ(x); x σ(1.702 x); log(1 + eˣ).
  case elu, silu, quickGelu, softplus

  /// Every function, the leaky ReLU with its usual slope.
  public static let allCases: [Activation] = [
    .none, .relu, .sigmoid, .tanh, .gelu, .leakyRelu(), .elu, .silu, .quickGelu, .softplus,
  ]

  /// Its name in files, such as `gelu` and `leaky-relu(0.2)`.
  public var rawValue: String {
    switch self {
    case .none: "none"
    case .relu: "relu"
    case .sigmoid: "sigmoid"
    case .tanh: "tanh"
    case .gelu: "gelu"
    case .leakyRelu(let slope): slope == 0.01 ? "leaky-relu" : "leaky-relu(\(slope))"
    case .elu: "elu"
    case .silu: "silu"
    case .quickGelu: "quick-gelu"
    case .softplus: "softplus"
    }
  }

  /// The function of this name; nil where there is none, or a slope is no finite number.
  public init?(rawValue: String) {
    if let known = Self.allCases.first(where: { $0.rawValue == rawValue }) {
      self = known
      return
    }
    guard rawValue.hasPrefix("leaky-relu("), rawValue.hasSuffix(")") else { return nil }
    guard let slope = Float(rawValue.dropFirst(11).dropLast()), slope.isFinite else { return nil }
    self = .leakyRelu(slope: slope)
  }

  /// By function and slope. What has a `rawValue` would be compared by that otherwise, and operations compare in every call.
  public static func == (one: Activation, other: Activation) -> Bool {
    one.function == other.function && one.slope == other.slope
  }
  /// The opposite of `==`.
  public static func != (one: Activation, other: Activation) -> Bool { !(one == other) }
  /// Of function and slope.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(function)
    hasher.combine(slope)
  }

  /// Of the kernels.
  var function: Int32 { elementwise.rawValue }

  /// The leaky ReLU's; not read for others.
  var slope: Float { if case .leakyRelu(let slope) = self { slope } else { 0 } }

  /// Whether the derivative is computed from the argument; the others' comes from the result.
  var needsArgument: Bool {
    switch self {
    case .none, .relu, .sigmoid, .tanh: false
    default: true
    }
  }

  /// The same function on its own.
  var elementwise: UnaryFunction {
    switch self {
    case .none: .identity
    case .relu: .relu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .gelu: .gelu
    case .leakyRelu: .leakyRelu
    case .elu: .elu
    case .silu: .silu
    case .quickGelu: .quickGelu
    case .softplus: .softplus
    }
  }

  /// f(x) for every element. Where x comes from a linear map or a convolution, their own `activation` does it in the
  /// same pass.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    self == .none ? x : x.applying(elementwise, slope: slope)
  }
}
