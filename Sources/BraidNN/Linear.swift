import BraidTensor

/// A linear map with bias and optional activation: `y = f(x W + b)`.
///
/// Shapes: `[…, inputs] → […, outputs]`. Parameters: `weight [inputs, outputs]`, `bias [outputs]` (zeros).
public struct Linear {
  /// W `[inputs, outputs]`.
  public let weight: Parameter
  /// b `[outputs]`, nil without one.
  public let bias: Parameter?
  /// f.
  public let activation: Activation

  /// - Parameters:
  ///   - initializer: of the weight; Glorot uniform by default (He's is the better choice before ReLU in deep stacks).
  public init(
    _ inputs: Int, _ outputs: Int, bias: Bool = true, activation: Activation = .none,
    initializer: Initializer = .glorotUniform, in scope: Scope
  ) {
    weight = scope.parameter("weight", Shape(inputs, outputs), initializer)
    self.bias = bias ? scope.parameter("bias", Shape(outputs), .zeros) : nil
    self.activation = activation
  }

  /// f(x W + b), `[…, inputs] → […, outputs]`. Stops on another number of features.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    LayerInput.rows.check(x, weight.shape[0], weight.path, madeWith: "inputs")
    return linear(x, context[weight], context[bias], activation: activation)
  }
}
