import BraidTensor

/// A transposed one-dimensional convolution with bias and optional activation: makes sequences longer.
///
/// Shapes: `[batch, inputs, length] → [batch, outputs, columns]`, columns = (length − 1) stride − 2 padding + dilation
/// (window − 1) + outputPadding + 1. Parameters: `weight [inputs, outputs / groups, window]`, `bias [outputs]` (zeros).
public struct ConvTranspose1d {
  /// `[inputs, outputs / groups, window]`.
  public let weight: Parameter
  /// One number a map, `[outputs]`; nil without one.
  public let bias: Parameter?
  /// Distance of neighbouring input elements in the result.
  public let stride: Int
  /// Columns in front and behind that are cut from the result.
  public let padding: Int
  /// Columns behind that are added to it.
  public let outputPadding: Int
  /// Distance between the elements a window writes.
  public let dilation: Int
  /// Equal parts the channels and the maps are cut into.
  public let groups: Int
  /// Applied to the maps.
  public let activation: Activation

  /// - Parameters:
  ///   - inputs: channels.
  ///   - outputs: maps.
  ///   - window: elements.
  ///   - stride: distance of neighbouring input elements in the result.
  ///   - padding: columns in front and behind that are cut from the result.
  ///   - outputPadding: columns behind that are added to it.
  ///   - dilation: distance between the elements a window writes.
  ///   - groups: equal parts the channels and the maps are cut into. Stops unless inputs and outputs are multiples of it.
  ///   - initializer: of the weight; He uniform by default, its fan in outputs / groups times the window (PyTorch's rule).
  public init(
    _ inputs: Int, _ outputs: Int, window: Int, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, activation: Activation = .none,
    initializer: Initializer = .heUniform, in scope: Scope
  ) {
    checkGroups("ConvTranspose1d", inputs, outputs, groups, scope)
    weight = scope.parameter("weight", Shape(inputs, outputs / groups, window), initializer)
    self.bias = bias ? scope.parameter("bias", Shape(outputs), .zeros) : nil
    (self.stride, self.padding, self.outputPadding) = (stride, padding, outputPadding)
    (self.dilation, self.groups, self.activation) = (dilation, groups, activation)
  }

  /// The maps of x, with the shapes above. Stops, naming the weight's path, on another number of channels and where
  /// nothing is left of them.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    LayerInput.lines.check(x, weight.shape[0], weight.path, madeWith: "inputs")
    return convTranspose1d(
      x, context[weight], context[bias], stride: stride, padding: padding, outputPadding: outputPadding,
      dilation: dilation, groups: groups, activation: activation, layer: weight.path)
  }
}
