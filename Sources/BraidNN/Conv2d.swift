import BraidTensor

/// A two-dimensional convolution with bias and optional activation.
///
/// Shapes: `[batch, inputs, height, width] → [batch, outputs, rows, columns]`, rows = (height + 2 padding − dilation
/// (window − 1) − 1) / stride + 1, rounded down. Parameters: `weight [outputs, inputs / groups, window, window]`,
/// `bias [outputs]` (zeros).
public struct Conv2d {
  /// `[outputs, inputs / groups, window, window]`.
  public let weight: Parameter
  /// One number a map, `[outputs]`; nil without one.
  public let bias: Parameter?
  /// Distance between windows, vertical and horizontal.
  public let stride: (Int, Int)
  /// Zeros above and below, left and right.
  public let padding: (Int, Int)
  /// Distance between the pixels a window reads.
  public let dilation: (Int, Int)
  /// Equal parts the channels and the maps are cut into.
  public let groups: Int
  /// Applied to the maps.
  public let activation: Activation

  /// - Parameters:
  ///   - inputs: channels.
  ///   - outputs: maps.
  ///   - window: height and width.
  ///   - stride: vertical and horizontal.
  ///   - padding: zeros above and below, left and right.
  ///   - dilation: distance between the pixels a window reads.
  ///   - groups: equal parts the channels and the maps are cut into; as many as channels: a depthwise convolution.
  ///     Stops unless inputs and outputs are multiples of it.
  ///   - initializer: of the weight; He uniform by default, as a ReLU usually follows.
  public init(
    _ inputs: Int, _ outputs: Int, window: (Int, Int), stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
    dilation: (Int, Int) = (1, 1), groups: Int = 1, bias: Bool = true, activation: Activation = .none,
    initializer: Initializer = .heUniform, in scope: Scope
  ) {
    checkGroups("Conv2d", inputs, outputs, groups, scope)
    weight = scope.parameter("weight", Shape(outputs, inputs / groups, window.0, window.1), initializer)
    self.bias = bias ? scope.parameter("bias", Shape(outputs), .zeros) : nil
    (self.stride, self.padding, self.dilation) = (stride, padding, dilation)
    (self.groups, self.activation) = (groups, activation)
  }

  /// The maps of x, with the shapes above. Stops, naming the weight's path, on another number of channels and where
  /// a window does not fit.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    LayerInput.pictures.check(x, weight.shape[1] * groups, weight.path, madeWith: "inputs")
    return conv2d(
      x, context[weight], context[bias], stride: stride, padding: padding, dilation: dilation, groups: groups,
      activation: activation, layer: weight.path)
  }
}

/// Stops unless inputs and outputs of a layer can be cut into groups.
func checkGroups(_ layer: String, _ inputs: Int, _ outputs: Int, _ groups: Int, _ scope: Scope) {
  guard groups >= 1, inputs % groups == 0, outputs % groups == 0 else {
    stop(
      layer,
      "\(inputs) inputs and \(outputs) outputs in \(groups) groups; expected multiples of the groups. "
        + "Path: \(scope.path.isEmpty ? "weight" : "\(scope.path).weight")")
  }
}
