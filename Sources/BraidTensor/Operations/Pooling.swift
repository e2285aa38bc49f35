import CBraidKernels

/// The largest element of every window.
///
/// Derivative: the whole gradient goes to the first largest element of the window, in row order (PyTorch's rule).
/// Padding never wins. A NaN in a window is its result.
/// - Parameters:
///   - x: `[batch, channels, height, width]`.
///   - window: height, width.
///   - stride: the window's size by default.
///   - padding: rows above and below, columns left and right; less than the window.
/// - Returns: `[batch, channels, rows, columns]`, rows = (height + 2 padding₀ − window₀) / stride₀ + 1, rounded down.
///   Stops, with the shapes, when no window fits.
public func maxPool2d(_ x: Tensor, window: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0))
  -> Tensor
{
  maximum("maxPool2d", x, Windows(window, stride: stride ?? window, padding: padding))
}

/// The largest element of every window over one axis: `maxPool2d` of a height of 1.
/// - Parameters: as for `maxPool2d`.
///   - x: `[batch, channels, length]`.
/// - Returns: `[batch, channels, columns]`, columns = (length + 2 padding − window) / stride + 1, rounded down.
public func maxPool1d(_ x: Tensor, window: Int, stride: Int? = nil, padding: Int = 0) -> Tensor {
  maximum("maxPool1d", x, Windows(window, stride: stride ?? window, padding: padding))
}

private func maximum(_ name: StaticString, _ x: Tensor, _ windows: Windows) -> Tensor {
  var sizes = poolingSizes(name, x.shape, windows)
  let y = Tensor(uninitialized: windows.shape(x.shape[0], x.shape[1], sizes.rows, sizes.columns))
  braid_max_pool(&sizes, x.pointer, y.pointer)
  let flops = Double(y.count * windows.size.y * windows.size.x)
  return y.recorded(name, from: x, saving: (sizes, x, y), flops: flops) { saved, g, sink in
    let (sizes, x, y) = saved
    sink.accumulate(into: x) { gx, beta in
      var sizes = sizes
      braid_max_pool_gradient(&sizes, x.pointer, y.pointer, g.pointer, beta, gx)
    }
  }
}

/// The mean of every window's elements.
///
/// Derivative: each element of a window gets the window's gradient divided by what the sum was divided by.
/// - Parameters: as for `maxPool2d`.
///   - countingPadding: whether padding counts as zeros, so that every window is divided by its full size (PyTorch's
///     default). By default it counts as absent: a window at the edge is the mean of fewer elements.
/// - Returns: as for `maxPool2d`.
public func averagePool2d(
  _ x: Tensor, window: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0),
  countingPadding: Bool = false
) -> Tensor {
  average("averagePool2d", x, Windows(window, stride: stride ?? window, padding: padding), countingPadding)
}

/// The mean of every window's elements over one axis: `averagePool2d` of a height of 1.
/// - Parameters: as for `averagePool2d`.
///   - x: `[batch, channels, length]`.
/// - Returns: `[batch, channels, columns]`, columns = (length + 2 padding − window) / stride + 1, rounded down.
public func averagePool1d(
  _ x: Tensor, window: Int, stride: Int? = nil, padding: Int = 0, countingPadding: Bool = false
) -> Tensor {
  average("averagePool1d", x, Windows(window, stride: stride ?? window, padding: padding), countingPadding)
}

private func average(_ name: StaticString, _ x: Tensor, _ windows: Windows, _ countingPadding: Bool) -> Tensor {
  var sizes = poolingSizes(name, x.shape, windows)
  sizes.counts_padding = countingPadding ? 1 : 0
  let y = Tensor(uninitialized: windows.shape(x.shape[0], x.shape[1], sizes.rows, sizes.columns))
  braid_average_pool(&sizes, x.pointer, y.pointer)
  let flops = Double(y.count * windows.size.y * windows.size.x)
  return y.recorded(name, from: x, saving: (sizes, x), flops: flops) { saved, g, sink in
    let (sizes, x) = saved
    sink.accumulate(into: x) { gx, beta in
      var sizes = sizes
      braid_average_pool_gradient(&sizes, g.pointer, beta, gx)
    }
  }
}

/// Stops when the sizes do not fit, also when padding could fill a whole window.
private func poolingSizes(_ name: StaticString, _ x: Shape, _ windows: Windows) -> braid_pooling {
  let (rows, columns) = windows.counts(Caller(operation: name), in: x)
  let (size, stride, padding) = (windows.size, windows.stride, windows.padding)
  guard padding.y < size.y, padding.x < size.x else {
    stop(
      "\(name)",
      "padding \(windows.list(padding)) for a window of \(windows.list(size)), input \(x): a window would hold "
        + "nothing but padding; expected less padding than window")
  }
  let plane = windows.lifted(x)
  guard plane[2] >= 1, plane[3] >= 1 else {
    stop("\(name)", "input \(x) has nothing to pool but padding; expected extents of at least 1")
  }
  return braid_pooling(
    planes: x[0] * x[1], height: plane[2], width: plane[3], rows: rows, columns: columns, window_height: size.y,
    window_width: size.x, stride_y: stride.y, stride_x: stride.x, top: padding.y, left: padding.x, counts_padding: 0)
}
