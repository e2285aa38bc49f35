import BraidTensor

/// Linear maps one after the other, each with an activation and dropout: `x_{k+1} = dropout(f(x_k W_k + b_k))`.
///
/// Shapes: `[…, inputs] → […, widths.last]`; without widths the input itself. Parameters: `layers.<k>.weight`,
/// `layers.<k>.bias`. Weights before ReLU, GELU and their like are drawn as He et al. 2015 recommend, others as Glorot
/// & Bengio 2010.
public struct MLP {
  /// The linear maps, the first one first.
  public let layers: [Linear]
  /// Width of the result.
  public let outputs: Int
  private let dropouts: [Dropout]

  /// - Parameters:
  ///   - widths: outputs of each layer.
  ///   - last: the activation of the last layer, where it differs.
  ///   - dropout: rate after every layer; 0: none.
  public init(
    _ inputs: Int, _ widths: [Int], activation: Activation = .relu, last: Activation? = nil, dropout: Double = 0,
    in scope: Scope
  ) {
    var layers: [Linear] = []
    for (number, (input, output)) in zip([inputs] + widths, widths).enumerated() {
      let function = number == widths.count - 1 ? last ?? activation : activation
      layers.append(
        Linear(
          input, output, activation: function, initializer: .suiting(function), in: scope["layers.\(number)"]))
    }
    self.layers = layers
    outputs = widths.last ?? inputs
    dropouts = dropout > 0 ? layers.indices.map { Dropout(dropout, in: scope["dropouts.\($0)"]) } : []
  }

  /// x through all layers: `[…, inputs] → […, outputs]`. Stops on another number of features.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    var x = x
    for (number, layer) in layers.enumerated() {
      x = layer(x, &context)
      if !dropouts.isEmpty { x = dropouts[number](x, &context) }
    }
    return x
  }
}

extension Initializer {
  /// The one for a weight in front of this activation: He's before ReLU and what resembles it, Glorot's otherwise.
  public static func suiting(_ activation: Activation) -> Initializer {
    switch activation {
    case .relu, .gelu, .leakyRelu, .elu, .silu, .quickGelu, .softplus: .heUniform
    case .none, .sigmoid, .tanh: .glorotUniform
    }
  }
}
