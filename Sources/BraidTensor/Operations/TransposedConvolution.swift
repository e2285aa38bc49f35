import CBraidKernels

/// Transposed two-dimensional convolution: the map whose derivative is a convolution, for making pictures larger.
///
/// Every input pixel adds its value times the weight's window to the result: y[b, o, r, s] = bias[o] + Σ weight[c, o, i, j]
/// · x[b, c, r′, s′] over all c, i, j, r′, s′ with r = r′ · stride₀ − padding₀ + dilation₀ i and
/// s = s′ · stride₁ − padding₁ + dilation₁ j (Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep
/// learning", arXiv:1603.07285, chapter 4). Derivative: that of x is the convolution of g with the weight, that of the
/// weight the correlation of g with x, that of the bias the sum of g over samples and pixels.
/// - Parameters:
///   - x: `[batch, inputs, height, width]`.
///   - weight: `[inputs, outputs / groups, window height, window width]`: that of the convolution it transposes.
///   - bias: `[outputs]`, optional.
///   - stride: distance of neighbouring input pixels in the result, vertical and horizontal; at least 1.
///   - padding: rows above and below, columns left and right that are cut from the result.
///   - outputPadding: rows below and columns right that are added to the result, less than stride or dilation: with a
///     stride, several sizes lead to one under convolution.
///   - dilation: distance between the pixels a window writes.
///   - groups: inputs and outputs are cut into so many equal parts, and each part of the outputs reads its part of the
///     inputs.
///   - activation: of the result.
///   - layer: path of the layer's weight, which messages name in place of the operation.
/// - Returns: `[batch, outputs, rows, columns]`, rows = (height − 1) stride₀ − 2 padding₀ + dilation₀ (window height − 1)
///   + outputPadding₀ + 1. Stops, with the shapes, when sizes do not fit or nothing is left.
public func convTranspose2d(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
  outputPadding: (Int, Int) = (0, 0), dilation: (Int, Int) = (1, 1), groups: Int = 1, activation: Activation = .none,
  layer: String? = nil
) -> Tensor {
  transposedConvolution(
    Caller(operation: "convTranspose2d", layer: layer), x, weight, bias,
    Windows(stride: stride, padding: padding, dilation: dilation), outputPadding,
    groups, activation)
}

/// Transposed one-dimensional convolution: `convTranspose2d` of a height of 1.
///
/// - Parameters: as for `convTranspose2d`.
///   - x: `[batch, inputs, length]`.
///   - weight: `[inputs, outputs / groups, window]`.
/// - Returns: `[batch, outputs, columns]`, columns = (length − 1) stride − 2 padding + dilation (window − 1) +
///   outputPadding + 1.
public func convTranspose1d(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: Int = 1, padding: Int = 0, outputPadding: Int = 0,
  dilation: Int = 1, groups: Int = 1, activation: Activation = .none, layer: String? = nil
) -> Tensor {
  transposedConvolution(
    Caller(operation: "convTranspose1d", layer: layer), x, weight, bias,
    Windows(stride: stride, padding: padding, dilation: dilation),
    (0, outputPadding), groups, activation)
}

private func transposedConvolution(
  _ caller: Caller, _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ windows: Windows,
  _ outputPadding: (Int, Int), _ groups: Int, _ activation: Activation
) -> Tensor {
  // The convolution this is the transpose of: from the result y to x.
  let geometry = ConvolutionGeometry(
    transposed: caller, x.shape, weight.shape, bias?.shape, windows, outputPadding: outputPadding, groups: groups)
  let (batch, maps, pixels) = (geometry.batch, geometry.channels, geometry.height * geometry.width)
  let y = Tensor(uninitialized: windows.shape(batch, maps, geometry.height, geometry.width))
  if let bias {
    for map in 0..<batch * maps {
      (y.pointer + map * pixels).update(repeating: bias.pointer[map % maps], count: pixels)
    }
  }
  geometry.inputGradient(weight, x, y.pointer, bias == nil ? 0 : 1)
  let result = y.recorded(caller.operation, from: x, weight, bias, flops: geometry.flops) { g, sink in
    if let bias, sink.wants(bias) {
      let totals = DoubleMemory.zeros(maps)
      for sample in 0..<batch {
        braid_map_gradient(nil, g.pointer + sample * maps * pixels, maps, pixels, nil, totals.pointer)
      }
      sink.accumulate(into: bias) { totals.add(to: $0, beta: $1, count: maps) }
    }
    sink.accumulate(into: weight) { gw, beta in geometry.weightGradient(g, x, gw, beta) }
    sink.accumulate(into: x) { gx, beta in geometry.forward(g, weight, bias: nil, isRectified: false, gx, beta) }
  }
  return activation(result)
}

extension ConvolutionGeometry {
  /// Of the convolution that is transposed: x is its result, and what the caller wants its input.
  fileprivate init(
    transposed caller: Caller, _ x: Shape, _ weight: Shape, _ bias: Shape?, _ windows: Windows,
    outputPadding: (y: Int, x: Int), groups: Int
  ) {
    let rank = windows.axes + 2
    guard x.rank == rank, weight.rank == rank, x[1] == weight[0], groups >= 1, x[1] % groups == 0 else {
      stop(
        caller.name,
        "input \(x), weight \(weight)\(groups == 1 ? "" : ", groups \(groups)"); expected [batch, inputs, "
          + "\(windows.names)] and [inputs, outputs / groups, \(windows.windowNames)] with the same inputs, a multiple "
          + "of the groups")
    }
    let outputs = groups * weight[1]
    if let bias, bias != Shape(outputs) {
      stop(caller.name, "bias of shape \(bias) for \(outputs) outputs; expected [\(outputs)]")
    }
    var windows = windows
    let (plane, taps) = (windows.lifted(x), windows.lifted(weight))
    windows.size = (taps[2], taps[3])
    windows.check(caller)
    let (stride, padding, extent) = (windows.stride, windows.padding, windows.extent)
    guard outputPadding.y >= 0, outputPadding.x >= 0, outputPadding.y < max(stride.y, windows.dilation.y),
      outputPadding.x < max(stride.x, windows.dilation.x)
    else {
      stop(
        caller.name,
        "output padding \(windows.list(outputPadding)) with stride \(windows.list(stride)) and dilation "
          + "\(windows.list(windows.dilation)); expected at least 0 and less than one of them")
    }
    let high = (plane[2] - 1) * stride.y - 2 * padding.y + extent.y + outputPadding.y
    let wide = (plane[3] - 1) * stride.x - 2 * padding.x + extent.x + outputPadding.x
    guard plane[2] >= 1, plane[3] >= 1, high >= 1, wide >= 1 else {
      stop(
        caller.name,
        "input \(x) and a window of \(windows.list(windows.size)) with padding \(windows.list(padding)) leave a result "
          + "of \(windows.list((high, wide))); use less padding or a larger input")
    }
    self.init(
      batch: plane[0], channels: outputs, height: high, width: wide, outputs: x[1], groups: groups, windows: windows,
      rows: plane[2], columns: plane[3])
  }
}
