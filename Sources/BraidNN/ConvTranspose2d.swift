import BraidTensor

/// A transposed two-dimensional convolution with bias and optional activation: makes pictures larger.
///
/// Shapes: `[batch, inputs, height, width] → [batch, outputs, rows, columns]`, rows = (height − 1) stride − 2 padding +
/// dilation (window − 1) + outputPadding + 1. Parameters: `weight [inputs, outputs / groups, window, window]`,
/// `bias [outputs]` (zeros).
public struct ConvTranspose2d {
  public let weight: Parameter
  public let bias: Parameter?
  public let stride: (Int, Int)
  public let padding: (Int, Int)
  public let outputPadding: (Int, Int)
  public let dilation: (Int, Int)
  public let groups: Int
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

  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    convTranspose2d(
      x, context[weight], context[bias], stride: stride, padding: padding, outputPadding: outputPadding,
      dilation: dilation, groups: groups, activation: activation)
  }
}
