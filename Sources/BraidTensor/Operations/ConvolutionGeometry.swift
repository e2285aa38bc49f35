import CBraidKernels

/// The sizes of one convolution, and its three products sample by sample.
struct ConvolutionGeometry {
  let batch, channels, height, width: Int
  let outputs, windowHeight, windowWidth: Int
  let stride, padding: (y: Int, x: Int)
  /// Of the result.
  let rows, columns: Int

  /// Pixels of one result map.
  var pixels: Int { rows * columns }
  /// Elements of one window: the depth of the forward product.
  var taps: Int { channels * windowHeight * windowWidth }
  var flops: Double { 2 * Double(batch * outputs * pixels) * Double(taps) }
  /// Floats of one sample.
  private var inputSize: Int { channels * height * width }
  private var outputSize: Int { outputs * pixels }
  private var paddedHeight: Int { height + 2 * padding.y }
  private var paddedWidth: Int { width + 2 * padding.x }

  init(_ x: Shape, _ weight: Shape, _ bias: Shape?, stride: (Int, Int), padding: (Int, Int)) {
    guard x.rank == 4, weight.rank == 4, x[1] == weight[1] else {
      stop(
        "conv2d",
        "input \(x), weight \(weight); expected [batch, channels, height, width] and [outputs, channels, window "
          + "height, window width] with the same channels")
    }
    if let bias, bias != Shape(weight[0]) { stop("conv2d", "bias of shape \(bias) for \(weight[0]) outputs") }
    (batch, channels, height, width) = (x[0], x[1], x[2], x[3])
    (outputs, windowHeight, windowWidth) = (weight[0], weight[2], weight[3])
    let sizes = windowedSizes("conv2d", x, window: (weight[2], weight[3]), stride: stride, padding: padding)
    (rows, columns) = (sizes.rows, sizes.columns)
    self.stride = (stride.0, stride.1)
    self.padding = (padding.0, padding.1)
  }

  // MARK: Forward

  func forward(_ x: Tensor, _ weight: Tensor, _ bias: Tensor?, isRectified: Bool) -> Tensor {
    let y = Tensor(uninitialized: Shape(batch, outputs, rows, columns))
    let panels = Panels(packing: weight, at: Offsets(taps) { $0 }, columnStride: taps, columns: outputs)
    let (pixelAt, tapAt) = (pixelOffsets(), tapOffsets())
    let padded = paddedSample()
    let product = Tensor(uninitialized: Shape(Chunks.most, panels.stride))
    for sample in 0..<batch {
      let from = pad(x.pointer + sample * inputSize, padded)
      for chunk in Chunks(pixels) {
        braid_indirect_product(
          from, pixelAt.pointer + chunk.start, chunk.count, tapAt.pointer, taps, panels.pointer, outputs, 0,
          product.pointer)
        braid_unpack_map(
          product.pointer, panels.stride, chunk.count, outputs, bias?.pointer, isRectified ? 1 : 0,
          y.pointer + sample * outputSize + chunk.start, pixels)
      }
    }
    return y
  }

  // MARK: Derivatives

  /// gw[o, k] = Σ over samples and pixels of x at tap k of the pixel · g[o, pixel], + beta gw.
  func weightGradient(_ x: Tensor, _ g: Tensor, _ gw: UnsafeMutablePointer<Float>, _ beta: Float) {
    let (pixelAt, tapAt) = (pixelOffsets(), tapOffsets())
    let padded = paddedSample()
    let panels = Panels(depth: Chunks.most, columns: outputs)
    let product = Tensor.zeros(Shape(taps, panels.stride))
    for sample in 0..<batch {
      let from = pad(x.pointer + sample * inputSize, padded)
      for chunk in Chunks(pixels) {
        braid_pack_map(g.pointer + sample * outputSize + chunk.start, pixels, chunk.count, outputs, panels.pointer)
        braid_indirect_product(
          from, tapAt.pointer, taps, pixelAt.pointer + chunk.start, chunk.count, panels.pointer, outputs, 1,
          product.pointer)
      }
    }
    braid_unpack_sum(product.pointer, panels.stride, taps, outputs, beta, gw, taps)
  }

  /// gx[c, y, x] = Σ over outputs and over the taps (i, j) that map a result pixel onto (y, x) of g · weight, + beta
  /// gx.
  ///
  /// With a stride, input pixels fall into stride₀ · stride₁ phases; all pixels of a phase use the same taps.
  func inputGradient(_ weight: Tensor, _ g: Tensor, _ gx: UnsafeMutablePointer<Float>, _ beta: Float) {
    // Result pixels that windows would need beyond the edges are zeros around g.
    let before = (
      y: max(0, (windowHeight - 1) / stride.y - padding.y / stride.y),
      x: max(0, (windowWidth - 1) / stride.x - padding.x / stride.x)
    )
    let high = before.y + max(rows, (height - 1 + padding.y) / stride.y + 1)
    let wide = before.x + max(columns, (width - 1 + padding.x) / stride.x + 1)
    let isPadded = high != rows || wide != columns
    let padded = isPadded ? Tensor(uninitialized: Shape(outputs, high, wide)) : nil
    let phases = (0..<stride.y).flatMap { y in
      (0..<stride.x).map { Phase(self, weight, remainder: (y, $0), before: before, high: high, wide: wide) }
    }
    let product = Tensor(uninitialized: Shape(Chunks.most, Panels.stride(channels)))
    for sample in 0..<batch {
      var from = UnsafePointer(g.pointer + sample * outputSize)
      if let padded {
        braid_pad_planes(from, outputs, rows, columns, before.y, before.x, high, wide, padded.pointer)
        from = UnsafePointer(padded.pointer)
      }
      let to = gx + sample * inputSize
      for phase in phases {
        for chunk in Chunks(phase.base.count) {
          braid_indirect_product(
            from, phase.base.pointer + chunk.start, chunk.count, phase.step.pointer, phase.step.count,
            phase.panels.pointer,
            channels, 0, product.pointer)
          if phases.count == 1 {
            braid_unpack_sum(
              product.pointer, phase.panels.stride, chunk.count, channels, beta, to + chunk.start, height * width)
          } else {
            braid_scatter_sum(
              product.pointer, phase.panels.stride, chunk.count, channels, phase.pixel.pointer + chunk.start, beta, to,
              height * width)
          }
        }
      }
    }
  }

  /// The input pixels whose padded position has one remainder by the strides.
  private struct Phase {
    /// Where in the input map each pixel lies, and where in the padded gradient its first tap is.
    let pixel, base: Offsets
    /// From the first tap to every other, over all outputs.
    let step: Offsets
    let panels: Panels

    init(
      _ sizes: ConvolutionGeometry, _ weight: Tensor, remainder: (y: Int, x: Int), before: (y: Int, x: Int), high: Int,
      wide: Int
    ) {
      func along(_ extent: Int, _ stride: Int, _ padding: Int, _ remainder: Int) -> [Int] {
        (0..<extent).filter { ($0 + padding) % stride == remainder }
      }
      let ys = along(sizes.height, sizes.stride.y, sizes.padding.y, remainder.y)
      let xs = along(sizes.width, sizes.stride.x, sizes.padding.x, remainder.x)
      let (tall, broad) = (sizes.windowHeight, sizes.windowWidth)
      let down = max(0, (tall - remainder.y + sizes.stride.y - 1) / sizes.stride.y)  // taps i = remainder + stride · t
      let across = max(0, (broad - remainder.x + sizes.stride.x - 1) / sizes.stride.x)
      pixel = Offsets(ys.count * xs.count) { ys[$0 / xs.count] * sizes.width + xs[$0 % xs.count] }
      base = Offsets(ys.count * xs.count) {
        let (y, x) = (ys[$0 / xs.count] + sizes.padding.y, xs[$0 % xs.count] + sizes.padding.x)
        return (y / sizes.stride.y + before.y) * wide + x / sizes.stride.x + before.x
      }
      let window = down * across
      step = Offsets(sizes.outputs * window) {
        $0 / window * high * wide - $0 % window / across * wide - $0 % window % across
      }
      let stride = sizes.stride
      let weightAt = Offsets(sizes.outputs * window) {
        let (i, j) = (remainder.y + stride.y * ($0 % window / across), remainder.x + stride.x * ($0 % window % across))
        return $0 / window * sizes.taps + i * broad + j
      }
      panels = Panels(packing: weight, at: weightAt, columnStride: tall * broad, columns: sizes.channels)
    }
  }

  // MARK: Offsets into one padded sample

  /// Where the window of each result pixel begins.
  private func pixelOffsets() -> Offsets {
    Offsets(pixels) { $0 / columns * stride.y * paddedWidth + $0 % columns * stride.x }
  }

  /// Where each element of a window lies, from its beginning.
  private func tapOffsets() -> Offsets {
    let window = windowHeight * windowWidth
    return Offsets(taps) {
      ($0 / window * paddedHeight + $0 % window / windowWidth) * paddedWidth + $0 % windowWidth
    }
  }

  private func paddedSample() -> Tensor? {
    padding == (0, 0) ? nil : Tensor(uninitialized: Shape(channels, paddedHeight, paddedWidth))
  }

  /// One sample with its zeros; the sample itself when there is no padding.
  private func pad(_ sample: UnsafePointer<Float>, _ padded: Tensor?) -> UnsafePointer<Float> {
    guard let padded else { return sample }
    braid_pad_planes(sample, channels, height, width, padding.y, padding.x, paddedHeight, paddedWidth, padded.pointer)
    return UnsafePointer(padded.pointer)
  }
}

/// A table of offsets, in pooled memory.
struct Offsets {
  private let memory: Tensor
  let count: Int
  let pointer: UnsafeMutablePointer<Int32>

  init(_ count: Int, _ offset: (Int) -> Int) {
    self.count = count
    memory = Tensor(uninitialized: Shape(count))
    pointer = UnsafeMutableRawPointer(memory.pointer).bindMemory(to: Int32.self, capacity: count)
    for index in 0..<count { pointer[index] = Int32(offset(index)) }
  }
}

/// The right operand of an indirect product: panels of 16 columns.
struct Panels {
  private let memory: Tensor
  /// Columns including those that fill the last panel.
  let stride: Int
  var pointer: UnsafeMutablePointer<Float> { memory.pointer }

  static func stride(_ columns: Int) -> Int { (columns + Int(BRAID_PANEL) - 1) / Int(BRAID_PANEL) * Int(BRAID_PANEL) }

  init(depth: Int, columns: Int) {
    stride = Panels.stride(columns)
    memory = Tensor(uninitialized: Shape(depth, stride))
  }

  init(packing weight: Tensor, at offsets: Offsets, columnStride: Int, columns: Int) {
    self.init(depth: offsets.count, columns: columns)
    braid_pack_panels(weight.pointer, offsets.pointer, offsets.count, columnStride, columns, memory.pointer)
  }
}

/// A range of pixels cut into even parts small enough that a part's product stays in the second-level cache.
struct Chunks: Sequence, IteratorProtocol {
  static let most = 768
  private let total, size: Int
  private var start = 0

  init(_ total: Int) {
    self.total = total
    let parts = (total + Chunks.most - 1) / Chunks.most
    size = parts == 0 ? 0 : ((total + parts - 1) / parts + 5) / 6 * 6  // whole tiles of six
  }

  mutating func next() -> (start: Int, count: Int)? {
    guard start < total else { return nil }
    defer { start += size }
    return (start, Swift.min(size, total - start))
  }
}

/// Rows and columns of windows that fit into `[batch, channels, height, width]` with its padding. Stops when none does.
func windowedSizes(
  _ operation: String, _ x: Shape, window: (Int, Int), stride: (Int, Int), padding: (Int, Int)
) -> (rows: Int, columns: Int) {
  guard x.rank == 4 else { stop(operation, "input of shape \(x); expected [batch, channels, height, width]") }
  guard stride.0 >= 1, stride.1 >= 1, padding.0 >= 0, padding.1 >= 0 else {
    stop(operation, "stride \(stride) and padding \(padding); expected at least 1 and at least 0")
  }
  let (high, wide) = (x[2] + 2 * padding.0, x[3] + 2 * padding.1)
  guard window.0 >= 1, window.1 >= 1, window.0 <= high, window.1 <= wide else {
    stop(
      operation,
      "a window of [\(window.0), \(window.1)] does not fit input \(x) with padding [\(padding.0), \(padding.1)]: "
        + "[\(high), \(wide)] with its padding; use a smaller window or more padding")
  }
  return ((high - window.0) / stride.0 + 1, (wide - window.1) / stride.1 + 1)
}
