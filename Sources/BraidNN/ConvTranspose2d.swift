import BraidTensor

/// A transposed two-dimensional convolution with bias and optional activation: makes pictures larger.
///
/// Shapes: `[batch, inputs, height, width] → [batch, outputs, rows, columns]`, rows = (height − 1) stride − 2 padding +
/// dilation (window − 1) + outputPadding + 1. Parameters: `weight [inputs, outputs / groups, window, window]`,
/// `bias [outputs]` (zeros).
public struct ConvTranspose2d {
  /// `[inputs, outputs / groups, window, window]`.
  public let weight: Parameter
  /// One number a map, `[outputs]`; nil without one.
  public let bias: Parameter?
  /// Distance of neighbouring input pixels in the result.
  public let stride: (Int, Int)
  /// Rows above and below, columns left and right that are cut from the result.
  public let padding: (Int, Int)
  /// Rows below and columns right that are added to it.
  public let outputPadding: (Int, Int)
  /// Distance between the pixels a window writes.
  public let dilation: (Int, Int)
  /// Equal parts the channels and the maps are cut into.
  public let groups: Int
  /// Applied to the maps.
  public let activation: Activation

  /// - Parameters:
  ///   - inputs: channels.
  ///   - outputs: maps.
  ///   - window: height and width.
  ///   - stride: distance of neighbouring input pixels in the result.
  ///   - padding: rows above and below, columns left and right that are cut from the result.
  ///   - outputPadding: rows below and columns right that are added to it.
  ///   - dilation: distance between the pixels a window writes.
  ///   - groups: equal parts the channels and the maps are cut into. Stops unless inputs and outputs are multiples of it.
  ///   - initializer: of the weight; He uniform by default, its fan in outputs / groups times the window (PyTorch's rule).
  public init(
    _ inputs: Int, _ outputs: Int, window: (Int, Int), stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
    outputPadding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1, bias: Bool = true,
    activation: Activation = .none, initializer: Initializer = .heUniform, in scope: Scope
  ) {
    checkGroups("ConvTranspose2d", inputs, outputs, groups, scope)
    weight = scope.parameter("weight", Shape(inputs, outputs / groups, window.0, window.1), initializer)
    self.bias = bias ? scope.parameter("bias", Shape(outputs), .zeros) : nil
    (self.stride, self.padding, self.outputPadding) = (stride, padding, outputPadding)
    (self.dilation, self.groups, self.activation) = (dilation, groups, activation)
  }

  /// The maps of x, with the shapes above. Stops, naming the weight's path, on another number of channels and where
  /// nothing is left of them.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    LayerInput.pictures.check(x, weight.shape[0], weight.path, madeWith: "inputs")
    return convTranspose2d(
      x, context[weight], context[bias], stride: stride, padding: padding, outputPadding: outputPadding,
      dilation: dilation, groups: groups, activation: activation, layer: weight.path)
  }
}
