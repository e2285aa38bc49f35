import BraidTensor

/// A one-dimensional convolution with bias and optional activation: over time, over characters, over a spectrum.
///
/// Shapes: `[batch, inputs, length] → [batch, outputs, columns]`, columns = (length + 2 padding − dilation (window − 1)
/// − 1) / stride + 1, rounded down. Parameters: `weight [outputs, inputs / groups, window]`, `bias [outputs]` (zeros).
public struct Conv1d {
  public let weight: Parameter
  public let bias: Parameter?
  public let stride: Int
  public let padding: Int
  public let dilation: Int
  public let groups: Int
  public let activation: Activation

  /// - Parameters:
  ///   - inputs: channels.
  ///   - outputs: maps.
  ///   - window: elements.
  ///   - padding: zeros in front and behind.
  ///   - dilation: distance between the elements a window reads.
  ///   - groups: equal parts the channels and the maps are cut into. Stops unless inputs and outputs are multiples of it.
  ///   - initializer: of the weight; He uniform by default, as a ReLU usually follows.
  public init(
    _ inputs: Int, _ outputs: Int, window: Int, stride: Int = 1, padding: Int = 0, dilation: Int = 1, groups: Int = 1,
    bias: Bool = true, activation: Activation = .none, initializer: Initializer = .heUniform, in scope: Scope
  ) {
    checkGroups("Conv1d", inputs, outputs, groups, scope)
    weight = scope.parameter("weight", Shape(outputs, inputs / groups, window), initializer)
    self.bias = bias ? scope.parameter("bias", Shape(outputs), .zeros) : nil
    (self.stride, self.padding, self.dilation) = (stride, padding, dilation)
    (self.groups, self.activation) = (groups, activation)
  }

  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    conv1d(
      x, context[weight], context[bias], stride: stride, padding: padding, dilation: dilation, groups: groups,
      activation: activation)
  }
}
