import BraidCore
import BraidNN
import BraidTensor

/// Settings that all prediction heads share.
public struct HeadOptions: PartOptions {
  /// Widths of hidden layers before the output; none by default.
  public var layers: [Int] = []
  /// After every hidden layer.
  public var activation = Activation.relu
  /// Rate of dropout on the joined features and after every hidden layer, in training.
  public var dropout = 0.0
  public init() {}
  public init(layers: [Int], activation: Activation = .relu, dropout: Double = 0) {
    (self.layers, self.activation, self.dropout) = (layers, activation, dropout)
  }
}

/// Joined features to numbers: dropout, hidden layers, linear output. A sequence is first averaged over its real steps.
struct OutputLayers {
  private let drop: Dropout?
  private let hidden: MLP
  private let last: Linear

  init(_ options: HeadOptions, _ name: String, reading features: Modality, outputs: Int, in scope: Scope) throws {
    for (index, width) in options.layers.enumerated() {
      try require(width >= 1, "head \(name): layers[\(index)] is \(width); expected 1 or more")
    }
    try require(
      (0..<1).contains(options.dropout),
      "head \(name): dropout is \(options.dropout); expected at least 0 and less than 1")
    drop = options.dropout > 0 ? Dropout(options.dropout, in: scope["dropout"]) : nil
    hidden = MLP(features.width, options.layers, activation: options.activation, dropout: options.dropout, in: scope)
    last = Linear(hidden.outputs, outputs, in: scope["output"])
  }

  func callAsFunction(_ fused: Fused, _ context: inout Context) -> Tensor {
    var x = fused.values.shape.rank == 3 ? fused.values.meanOverSteps(fused.steps) : fused.values  // [B, width]
    if let drop { x = drop(x, &context) }
    return last(hidden(x, &context), &context)  // [B, outputs]
  }
}
