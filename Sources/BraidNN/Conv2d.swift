import BraidTensor

/// A two-dimensional convolution with bias and optional activation.
///
/// Shapes: `[batch, inputs, height, width] → [batch, outputs, rows, columns]`, rows = (height + 2 padding − window) /
/// stride + 1, rounded down. Parameters: `weight [outputs, inputs, window, window]`, `bias [outputs]` (zeros).
public struct Conv2d {
  public let weight: Parameter
  public let bias: Parameter?
  public let stride: (Int, Int)
  public let padding: (Int, Int)
  public let activation: Activation

  /// - Parameters:
  ///   - inputs: channels.
  ///   - outputs: maps.
  ///   - window: height and width.
  ///   - stride: vertical and horizontal.
  ///   - padding: zeros above and below, left and right.
  ///   - initializer: of the weight; He uniform by default, as a ReLU usually follows.
  public init(
    _ inputs: Int, _ outputs: Int, window: (Int, Int), stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
    bias: Bool = true, activation: Activation = .none, initializer: Initializer = .heUniform, in scope: Scope
  ) {
    weight = scope.parameter("weight", Shape(outputs, inputs, window.0, window.1), initializer)
    self.bias = bias ? scope.parameter("bias", Shape(outputs), .zeros) : nil
    (self.stride, self.padding, self.activation) = (stride, padding, activation)
  }

  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    conv2d(x, context[weight], context[bias], stride: stride, padding: padding, activation: activation)
  }
}
