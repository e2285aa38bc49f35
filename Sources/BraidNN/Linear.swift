import BraidTensor

/// A linear map with bias and optional activation: `y = f(x W + b)`.
///
/// Shapes: `[…, inputs] → […, outputs]`. Parameters: `weight [inputs, outputs]`, `bias [outputs]` (zeros).
public struct Linear {
  public let weight: Parameter
  public let bias: Parameter?
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

  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    linear(x, context[weight], context[bias], activation: activation)
  }
}
