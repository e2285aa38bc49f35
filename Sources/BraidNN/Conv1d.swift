import BraidTensor

/// A one-dimensional convolution with bias and optional activation: over time, over characters, over a spectrum.
///
/// Shapes: `[batch, inputs, length] → [batch, outputs, columns]`, columns = (length + 2 padding − dilation (window − 1)
/// − 1) / stride + 1, rounded down. Parameters: `weight [outputs, inputs / groups, window]`, `bias [outputs]` (zeros).
public struct Conv1d {
  /// `[outputs, inputs / groups, window]`.
  public let weight: Parameter
  /// One number a map, `[outputs]`; nil without one.
  public let bias: Parameter?
  /// Distance between windows.
  public let stride: Int
  /// Zeros in front and behind.
  public let padding: Int
  /// Distance between the elements a window reads.
  public let dilation: Int
  /// Equal parts the channels and the maps are cut into.
  public let groups: Int
  /// Applied to the maps.
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

  /// The maps of x, with the shapes above. Stops, naming the weight's path, on another number of channels and where
  /// a window does not fit.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    LayerInput.lines.check(x, weight.shape[1] * groups, weight.path, madeWith: "inputs")
    return conv1d(
      x, context[weight], context[bias], stride: stride, padding: padding, dilation: dilation, groups: groups,
      activation: activation, layer: weight.path)
  }
}
