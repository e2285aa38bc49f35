/// Windows that slide over the last one or two axes of a tensor: what convolutions and poolings share.
///
/// With one axis (`[batch, channels, length]`) everything is computed as for two, with a height of 1.
struct Windows {
  /// 1 or 2.
  let axes: Int
  /// Elements a window has along each axis.
  var size: (y: Int, x: Int)
  let stride, padding: (y: Int, x: Int)
  /// Distance between a window's neighbouring elements.
  let dilation: (y: Int, x: Int)

  init(
    _ size: (Int, Int) = (1, 1), stride: (Int, Int), padding: (Int, Int), dilation: (Int, Int) = (1, 1)
  ) {
    axes = 2
    (self.size, self.stride, self.padding, self.dilation) = (size, stride, padding, dilation)
  }

  init(_ size: Int = 1, stride: Int, padding: Int, dilation: Int = 1) {
    axes = 1
    (self.size, self.stride, self.padding, self.dilation) = ((1, size), (1, stride), (0, padding), (1, dilation))
  }

  /// Names of the axes, for messages.
  var names: String { axes == 1 ? "length" : "height, width" }
  /// Names of a window's axes, for messages.
  var windowNames: String { axes == 1 ? "window" : "window height, window width" }
  /// `[2, 3]`, or `[3]` with one axis.
  func list(_ pair: (y: Int, x: Int)) -> String { axes == 1 ? "[\(pair.x)]" : "[\(pair.y), \(pair.x)]" }
  /// The same as a caller writes it: `(2, 3)`, or `3`.
  private func argument(_ pair: (y: Int, x: Int)) -> String { axes == 1 ? "\(pair.x)" : "(\(pair.y), \(pair.x))" }

  /// The shape with two axes behind the first two: `[batch, channels, length] → [batch, channels, 1, length]`.
  func lifted(_ shape: Shape) -> Shape { axes == 1 ? Shape(shape[0], shape[1], 1, shape[2]) : shape }
  /// A result's shape.
  func shape(_ batch: Int, _ channels: Int, _ rows: Int, _ columns: Int) -> Shape {
    axes == 1 ? Shape(batch, channels, columns) : Shape(batch, channels, rows, columns)
  }
  /// What a window covers, holes included.
  var extent: (y: Int, x: Int) { (dilation.y * (size.y - 1) + 1, dilation.x * (size.x - 1) + 1) }

  /// Stops unless the settings are possible ones.
  func check(_ caller: Caller) {
    guard min(stride.y, stride.x) >= 1, min(padding.y, padding.x) >= 0 else {
      stop(
        caller.name,
        "stride \(argument(stride)) and padding \(argument(padding)); expected at least 1 and at least 0")
    }
    guard min(dilation.y, dilation.x) >= 1 else {
      stop(caller.name, "dilation \(argument(dilation)); expected at least 1")
    }
    guard min(size.y, size.x) >= 1 else { stop(caller.name, "a window of \(list(size)); expected at least 1") }
  }

  /// Rows and columns of windows that fit into x with its padding: (extent + 2 padding − window) / stride + 1, rounded
  /// down. Stops when none does.
  func counts(_ caller: Caller, in x: Shape) -> (rows: Int, columns: Int) {
    guard x.rank == axes + 2 else {
      stop(caller.name, "input of shape \(x); expected [batch, channels, \(names)]")
    }
    check(caller)
    let (plane, covered) = (lifted(x), extent)
    let (high, wide) = (plane[2] + 2 * padding.y, plane[3] + 2 * padding.x)
    guard covered.y <= high, covered.x <= wide else {
      let holes = dilation == (1, 1) ? "" : " with dilation \(list(dilation)), which covers \(list(covered)),"
      stop(
        caller.name,
        "a window of \(list(size))\(holes) does not fit input \(x) with padding \(list(padding)): "
          + "\(list((high, wide))) with its padding; use a smaller window or more padding")
    }
    return ((high - covered.y) / stride.y + 1, (wide - covered.x) / stride.x + 1)
  }
}
