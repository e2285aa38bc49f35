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
  var sizes = poolingSizes("maxPool2d", x.shape, window, stride ?? window, padding)
  let y = Tensor(uninitialized: Shape(x.shape[0], x.shape[1], sizes.rows, sizes.columns))
  braid_max_pool(&sizes, x.pointer, y.pointer)
  return y.recorded("maxPool2d", from: x, flops: Double(y.count * window.0 * window.1)) { [sizes] g, sink in
    sink.accumulate(into: x) { gx, beta in
      var sizes = sizes
      braid_max_pool_gradient(&sizes, x.pointer, y.pointer, g.pointer, beta, gx)
    }
  }
}

/// The mean of every window's elements. Padding counts as absent: a window at the edge is the mean of fewer elements.
///
/// Derivative: each element of a window gets the window's gradient divided by their number.
/// - Parameters: as for `maxPool2d`.
/// - Returns: as for `maxPool2d`.
public func averagePool2d(_ x: Tensor, window: (Int, Int), stride: (Int, Int)? = nil, padding: (Int, Int) = (0, 0))
  -> Tensor
{
  var sizes = poolingSizes("averagePool2d", x.shape, window, stride ?? window, padding)
  let y = Tensor(uninitialized: Shape(x.shape[0], x.shape[1], sizes.rows, sizes.columns))
  braid_average_pool(&sizes, x.pointer, y.pointer)
  return y.recorded("averagePool2d", from: x, flops: Double(y.count * window.0 * window.1)) { [sizes] g, sink in
    sink.accumulate(into: x) { gx, beta in
      var sizes = sizes
      braid_average_pool_gradient(&sizes, g.pointer, beta, gx)
    }
  }
}

/// Stops when the sizes do not fit, also when padding could fill a whole window.
private func poolingSizes(
  _ operation: String, _ x: Shape, _ window: (Int, Int), _ stride: (Int, Int), _ padding: (Int, Int)
) -> braid_pooling {
  let (rows, columns) = windowedSizes(operation, x, window: window, stride: stride, padding: padding)
  guard padding.0 < window.0, padding.1 < window.1 else {
    stop(
      operation,
      "padding [\(padding.0), \(padding.1)] for a window of [\(window.0), \(window.1)], input \(x): a window would "
        + "hold nothing but padding; expected less padding than window")
  }
  return braid_pooling(
    planes: x[0] * x[1], height: x[2], width: x[3], rows: rows, columns: columns, window_height: window.0,
    window_width: window.1, stride_y: stride.0, stride_x: stride.1, top: padding.0, left: padding.1)
}
