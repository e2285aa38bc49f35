import BraidCore
import BraidNN
import BraidTensor

/// All modalities side by side, with an optional linear layer or MLP after them: `z = [x_1; …; x_M]`.
///
/// Shapes: `[B, d_m]` each → `[B, Σ d_m]`, or `[B, width]` with a layer. The order is the order of `joining` (some
/// frameworks sort by name). An absent modality is zeros in its place, so the layer after it cannot tell it from one
/// whose features are all zero. Parameters: none, or `layers.<k>.weight`, `layers.<k>.bias`. Textbook method; the
/// baseline of every comparison.
public struct ConcatFusion: Fusion {
  /// Settings; `z` is the bare concatenation by default.
  public struct Options: PartOptions {
    /// Width of a linear layer after the concatenation; 0: none.
    public var width = 0
    /// Widths of hidden layers between the concatenation and that layer: an MLP. Needs `width`.
    public var hidden: [Int] = []
    /// What the hidden layers apply.
    public var activation = Nonlinearity.relu
    /// Rate of dropout after every layer; 0: none.
    public var dropout = 0.0
    public init() {}
    public init(width: Int, hidden: [Int] = [], activation: Nonlinearity = .relu, dropout: Double = 0) {
      (self.width, self.hidden, self.activation, self.dropout) = (width, hidden, activation, dropout)
    }
  }
  /// What follows the layer.
  public enum Nonlinearity: String, Choice {
    /// The engine's function of the same name.
    case relu, tanh, gelu, sigmoid
    var function: Activation {
      switch self {
      case .relu: .relu
      case .tanh: .tanh
      case .gelu: .gelu
      case .sigmoid: .sigmoid
      }
    }
  }

  public static let about = About(
    "concat", "All modalities side by side, then an optional linear layer or MLP", equation: "z = [x_1; …; x_M]")
  public static let accepts = Accepts.vectors

  public let output: Modality
  private let layers: MLP?

  public init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    guard !modalities.isEmpty else { throw SetupError("concat: joins one or more modalities; got none.") }
    guard options.width >= 0, options.hidden.allSatisfy({ $0 > 0 }) else {
      throw SetupError(
        "concat: width \(options.width), hidden \(options.hidden); expected widths above 0 (width 0: no layer).")
    }
    guard options.width > 0 || options.hidden.isEmpty else {
      throw SetupError("concat: hidden layers \(options.hidden) but width 0; set width, the size of the last layer.")
    }
    guard options.dropout >= 0, options.dropout < 1 else {
      throw SetupError("concat: dropout \(options.dropout); expected 0 ≤ dropout < 1.")
    }
    let joined = modalities.reduce(0) { $0 + $1.width }
    layers =
      options.width == 0
      ? nil
      : MLP(
        joined, options.hidden + [options.width], activation: options.activation.function, last: Activation.none,
        dropout: options.dropout, in: scope)
    output = Modality("fused", .vector, width: options.width == 0 ? joined : options.width)
  }

  public func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let joined = concatenate(inputs.mapFew(\.masked))  // [B, Σ d_m]
    return Fused(layers?(joined, &context) ?? joined)
  }
}
