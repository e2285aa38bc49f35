import CBraidKernels

/// The mean of every bin, where the bins cut the picture into a number of parts that is given.
///
/// Bin i of n over an axis of m elements is ⌊i m / n⌋ ..< ⌈(i + 1) m / n⌉ (PyTorch's edges): neighbours share an element
/// where their border falls within it. Derivative: each element of a bin gets the bin's gradient divided by their
/// number.
/// - Parameters:
///   - x: `[batch, channels, height, width]`, height and width at least 1.
///   - size: rows and columns of the result, at least 1; more than x has repeats elements.
/// - Returns: `[batch, channels, rows, columns]`.
public func adaptiveAveragePool2d(_ x: Tensor, to size: (Int, Int)) -> Tensor {
  checkPlane("adaptiveAveragePool2d", x.shape, axes: 2...2)
  return binAverage("adaptiveAveragePool2d", x, size, axes: 2)
}

/// The mean of every bin over one axis: `adaptiveAveragePool2d` of a height of 1.
/// - Parameters:
///   - x: `[batch, channels, length]`, length at least 1.
///   - size: columns of the result, at least 1.
/// - Returns: `[batch, channels, columns]`.
public func adaptiveAveragePool1d(_ x: Tensor, to size: Int) -> Tensor {
  checkPlane("adaptiveAveragePool1d", x.shape, axes: 1...1)
  return binAverage("adaptiveAveragePool1d", x, (1, size), axes: 1)
}

/// The largest element of every bin. A NaN in a bin is its result.
///
/// Derivative: the whole gradient goes to the first largest element of the bin, in row order.
/// - Parameters: as for `adaptiveAveragePool2d`, whose bins these are.
/// - Returns: `[batch, channels, rows, columns]`.
public func adaptiveMaxPool2d(_ x: Tensor, to size: (Int, Int)) -> Tensor {
  checkPlane("adaptiveMaxPool2d", x.shape, axes: 2...2)
  return binMaximum("adaptiveMaxPool2d", x, size, axes: 2)
}

/// The largest element of every bin over one axis: `adaptiveMaxPool2d` of a height of 1.
/// - Parameters: as for `adaptiveAveragePool1d`.
/// - Returns: `[batch, channels, columns]`.
public func adaptiveMaxPool1d(_ x: Tensor, to size: Int) -> Tensor {
  checkPlane("adaptiveMaxPool1d", x.shape, axes: 1...1)
  return binMaximum("adaptiveMaxPool1d", x, (1, size), axes: 1)
}

/// The mean of every channel (Lin, Chen & Yan 2014, "Network in network", arXiv:1312.4400): one bin that holds all.
/// - Parameter x: `[batch, channels, length]` or `[batch, channels, height, width]`, no axis empty.
/// - Returns: `[batch, channels]`.
public func globalAveragePool(_ x: Tensor) -> Tensor {
  checkPlane("globalAveragePool", x.shape, axes: 1...2)
  return binAverage("globalAveragePool", x, (1, 1), axes: 0)
}

/// The largest element of every channel. Derivative: the whole gradient goes to the first largest element.
/// - Parameter x: `[batch, channels, length]` or `[batch, channels, height, width]`, no axis empty.
/// - Returns: `[batch, channels]`.
public func globalMaxPool(_ x: Tensor) -> Tensor {
  checkPlane("globalMaxPool", x.shape, axes: 1...2)
  return binMaximum("globalMaxPool", x, (1, 1), axes: 0)
}

private func binAverage(_ name: StaticString, _ x: Tensor, _ size: (Int, Int), axes: Int) -> Tensor {
  let (sizes, shape) = bins(name, x.shape, size, axes: axes)
  var bins = sizes
  let y = Tensor(uninitialized: shape)
  braid_bin_average(&bins, x.pointer, y.pointer)
  return y.recorded(name, from: x, flops: Double(x.count)) { [bins] g, sink in
    sink.accumulate(into: x) { gx, beta in
      var bins = bins
      braid_bin_average_gradient(&bins, g.pointer, beta, gx)
    }
  }
}

private func binMaximum(_ name: StaticString, _ x: Tensor, _ size: (Int, Int), axes: Int) -> Tensor {
  let (sizes, shape) = bins(name, x.shape, size, axes: axes)
  var bins = sizes
  let y = Tensor(uninitialized: shape)
  braid_bin_maximum(&bins, x.pointer, y.pointer)
  return y.recorded(name, from: x, flops: Double(x.count)) { [bins] g, sink in
    sink.accumulate(into: x) { gx, beta in
      var bins = bins
      braid_bin_maximum_gradient(&bins, x.pointer, y.pointer, g.pointer, beta, gx)
    }
  }
}

/// Stops unless x has so many axes behind the first two, none of them empty.
private func checkPlane(_ name: StaticString, _ x: Shape, axes: ClosedRange<Int>) {
  guard axes.contains(x.rank - 2) else {
    let expected = axes.map { "[batch, channels, \($0 == 1 ? "length" : "height, width")]" }.joined(separator: " or ")
    stop("\(name)", "input of shape \(x); expected \(expected)")
  }
  guard x.count(2..<x.rank) >= 1 else {
    stop("\(name)", "input of shape \(x) has nothing to pool; expected at least 1 in each axis behind the channels")
  }
}

/// The bins, and the result's shape, of which `axes` axes lie behind the first two.
private func bins(_ name: StaticString, _ x: Shape, _ size: (Int, Int), axes: Int) -> (braid_pooling, Shape) {
  guard size.0 >= 1, size.1 >= 1 else {
    let wanted = axes == 1 ? "\(size.1) columns" : "\(size.0) rows and \(size.1) columns"
    stop("\(name)", "a result of \(wanted) for input \(x); expected at least 1")
  }
  let bins = braid_pooling(
    planes: x[0] * x[1], height: x.rank == 4 ? x[2] : 1, width: x.rank == 4 ? x[3] : x[2], rows: size.0,
    columns: size.1, window_height: 0, window_width: 0, stride_y: 0, stride_x: 0, top: 0, left: 0, counts_padding: 0)
  return (bins, Shape(x[0], x[1], axes == 2 ? size.0 : axes == 1 ? size.1 : nil, axes == 2 ? size.1 : nil))
}
