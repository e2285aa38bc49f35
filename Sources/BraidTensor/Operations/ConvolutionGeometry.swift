import CBraidKernels

/// The sizes of one convolution. Its products lie beside it: `ConvolutionProducts.swift`,
/// `ConvolutionInputGradient.swift`.
struct ConvolutionGeometry {
  let batch, channels, height, width: Int
  let outputs, groups: Int
  let windows: Windows
  /// Of the result.
  let rows, columns: Int

  var window: (y: Int, x: Int) { windows.size }
  var stride: (y: Int, x: Int) { windows.stride }
  var padding: (y: Int, x: Int) { windows.padding }
  var dilation: (y: Int, x: Int) { windows.dilation }
  /// Channels a group reads and maps it makes.
  var groupChannels: Int { channels / groups }
  var groupOutputs: Int { outputs / groups }
  /// Pixels of one result map.
  var pixels: Int { rows * columns }
  /// Elements of one window over all channels of a group: the depth of the forward product.
  var taps: Int { groupChannels * window.y * window.x }
  /// What sharing out its products is weighed by.
  var work: Int { batch * outputs * pixels * taps / 16 }
  var flops: Double { 2 * Double(batch * outputs * pixels) * Double(taps) }
  /// Floats of one sample, and of its result.
  var inputSize: Int { channels * height * width }
  var outputSize: Int { outputs * pixels }
  var paddedHeight: Int { height + 2 * padding.y }
  var paddedWidth: Int { width + 2 * padding.x }

  /// Of a convolution of x. `windows` lacks its size: the weight says it.
  init(
    _ caller: Caller, _ x: Shape, _ weight: Shape, _ bias: Shape?, _ windows: Windows, groups: Int
  ) {
    let rank = windows.axes + 2
    guard x.rank == rank, weight.rank == rank, groups != 1 || x[1] == weight[1] else {
      stop(
        caller.name,
        "input \(x), weight \(weight); expected [batch, channels, \(windows.names)] and [outputs, channels, "
          + "\(windows.windowNames)] with the same channels")
    }
    guard groups >= 1, weight[0] % groups == 0, x[1] == groups * weight[1] else {
      stop(
        caller.name,
        "input \(x), weight \(weight), groups \(groups); expected [batch, channels, \(windows.names)] and [outputs, "
          + "channels / groups, \(windows.windowNames)], channels and outputs multiples of the groups")
    }
    if let bias, bias != Shape(weight[0]) {
      stop(caller.name, "bias of shape \(bias) for \(weight[0]) outputs; expected [\(weight[0])]")
    }
    var windows = windows
    let (plane, taps) = (windows.lifted(x), windows.lifted(weight))
    windows.size = (taps[2], taps[3])
    let (rows, columns) = windows.counts(caller, in: x)
    self.init(
      batch: plane[0], channels: plane[1], height: plane[2], width: plane[3], outputs: weight[0], groups: groups,
      windows: windows, rows: rows, columns: columns)
  }

  /// Of sizes that have been checked.
  init(
    batch: Int, channels: Int, height: Int, width: Int, outputs: Int, groups: Int, windows: Windows, rows: Int,
    columns: Int
  ) {
    (self.batch, self.channels, self.height, self.width) = (batch, channels, height, width)
    (self.outputs, self.groups, self.windows, self.rows, self.columns) = (outputs, groups, windows, rows, columns)
  }

  // MARK: Offsets into one padded sample

  /// Where the window of each result pixel begins.
  func pixelOffsets() -> Offsets {
    Offsets(pixels) { $0 / columns * stride.y * paddedWidth + $0 % columns * stride.x }
  }

  /// Where each element of a window lies, from its beginning.
  func tapOffsets() -> Offsets {
    let area = window.y * window.x
    return Offsets(taps) {
      ($0 / area * paddedHeight + $0 % area / window.x * dilation.y) * paddedWidth + $0 % window.x * dilation.x
    }
  }

  /// Memory for one sample with its zeros, which stay when samples are written within them; nil without padding.
  func paddedSample() -> Tensor? {
    padding == (0, 0) ? nil : Tensor.zeros(Shape(channels, paddedHeight, paddedWidth))
  }

  /// One sample with its zeros; the sample itself when there is no padding.
  func pad(_ sample: UnsafePointer<Float>, _ padded: Tensor?) -> UnsafePointer<Float> {
    guard let padded else { return sample }
    braid_pad_planes(sample, channels, height, width, padding.y, padding.x, paddedHeight, paddedWidth, padded.pointer)
    return UnsafePointer(padded.pointer)
  }
}
