import CBraidKernels

extension ConvolutionGeometry {
  /// gx[c, y, x] = Σ over outputs and over the taps (i, j) that map a result pixel onto (y, x) of g · weight, + beta
  /// gx: the derivative by the input, and the transposed convolution of g.
  func inputGradient(_ weight: Tensor, _ g: Tensor, _ gx: UnsafeMutablePointer<Float>, _ beta: Float) {
    if isFiltered { return filteredInputGradient(weight, g, gx, beta) }
    directInputGradient(weight, g.pointer, gx, beta)
  }

  func directInputGradient(
    _ weight: Tensor, _ g: UnsafePointer<Float>, _ gx: UnsafeMutablePointer<Float>, _ beta: Float
  ) {
    // Result pixels that windows would need beyond the edges are zeros around g.
    let before = (
      y: max(0, dilation.y * (window.y - 1) / stride.y - padding.y / stride.y),
      x: max(0, dilation.x * (window.x - 1) / stride.x - padding.x / stride.x)
    )
    let high = before.y + max(rows, (height - 1 + padding.y) / stride.y + 1)
    let wide = before.x + max(columns, (width - 1 + padding.x) / stride.x + 1)
    let tables = PhaseTables(self, weight, before: before, high: high, wide: wide)
    let values = (self, weight, g, gx, beta, tables, before, high, wide)
    Parallel.split(batch, work: work, with: values) { values, samples in
      let (sizes, weight, g, gx, beta, tables, before, high, wide) = values
      let isPadded = high != sizes.rows || wide != sizes.columns
      let padded = isPadded ? Tensor.zeros(Shape(sizes.outputs, high, wide)) : nil
      let product = tables.panels.map { Tensor(uninitialized: Shape(Chunks.most, $0.stride)) }
      for sample in samples {
        var from = g + sample * sizes.outputSize
        if let padded {
          braid_pad_planes(
            from, sizes.outputs, sizes.rows, sizes.columns, before.y, before.x, high, wide, padded.pointer)
          from = UnsafePointer(padded.pointer)
        }
        for group in 0..<sizes.groups {
          let maps = from + group * sizes.groupOutputs * high * wide
          let to = gx + sample * sizes.inputSize + group * sizes.groupChannels * sizes.height * sizes.width
          for phase in Phases(sizes) {
            if let panels = tables.panels, let product {
              sizes.addProducts(phase, of: group, maps, panels, tables, product, beta, to)
            } else {
              let corner = (phase.base.y + before.y) * wide + phase.base.x + before.x
              sizes.addMaps(phase, of: group, maps + corner, rowsApart: wide, weight, tables, beta, to)
            }
          }
        }
      }
    }
  }

  /// Adds a phase of one group to the gradient of a sample's maps, by products with packed weights.
  private func addProducts(
    _ phase: Phase, of group: Int, _ maps: UnsafePointer<Float>, _ panels: Panels, _ tables: PhaseTables,
    _ product: Tensor, _ beta: Float, _ to: UnsafeMutablePointer<Float>
  ) {
    let depth = groupOutputs * phase.taps, table = groupOutputs * phase.firstTap, plane = height * width
    let packed = panels.pointer + (group * groupOutputs * window.y * window.x + table) * panels.stride
    for chunk in Chunks(phase.rows * phase.columns) {
      let start = phase.firstPixel + chunk.start
      braid_indirect_product(
        maps, tables.base.pointer + start, chunk.count, tables.step.pointer + table, depth, packed, groupChannels, 0,
        product.pointer)
      if stride == (1, 1) {
        braid_unpack_sum(product.pointer, panels.stride, chunk.count, groupChannels, beta, to + start, plane)
      } else {
        braid_scatter_sum(
          product.pointer, panels.stride, chunk.count, groupChannels, tables.pixel.pointer + start, beta, to, plane)
      }
    }
  }

  /// The same map by map, for groups of few channels.
  private func addMaps(
    _ phase: Phase, of group: Int, _ maps: UnsafePointer<Float>, rowsApart: Int, _ weight: Tensor,
    _ tables: PhaseTables, _ beta: Float, _ to: UnsafeMutablePointer<Float>
  ) {
    let table = groupOutputs * phase.firstTap
    let grid = braid_grid(
      rows: phase.rows, columns: phase.columns, from_row: rowsApart, from_column: 1, to_row: stride.y * width,
      to_column: stride.x)
    for channel in 0..<groupChannels {
      braid_weighted_map(
        maps, grid, tables.step.pointer + table, tables.weightAt.pointer + table, groupOutputs * phase.taps,
        weight.pointer + group * groupOutputs * taps + channel * window.y * window.x, 0, 0, beta,
        to + channel * height * width + phase.pixel.y * width + phase.pixel.x)
    }
  }
}

/// Input pixels whose padded position has one remainder by the strides: all of them are reached by the same taps.
private struct Phase {
  /// Its first pixel in the input map, and in the gradient (before padding) the one its first tap there would meet.
  let pixel, base: (y: Int, x: Int)
  /// Its pixels, `stride` apart in the input map, side by side in the gradient.
  let rows, columns: Int
  /// The first of its taps along each axis, how many, and how far apart.
  let tap, count, period: (y: Int, x: Int)
  let remainder: (y: Int, x: Int)
  /// Where its pixels and its taps begin among those of all phases.
  let firstPixel, firstTap: Int
  var taps: Int { count.y * count.x }
}

/// The phases of a convolution, without memory.
private struct Phases: Sequence, IteratorProtocol {
  private let sizes: ConvolutionGeometry
  private var index = 0
  private var firstPixel = 0
  private var firstTap = 0

  init(_ sizes: ConvolutionGeometry) { self.sizes = sizes }

  mutating func next() -> Phase? {
    let stride = sizes.stride
    guard index < stride.y * stride.x else { return nil }
    let remainder = (y: index / stride.x, x: index % stride.x)
    let y = PhaseAxis(sizes.height, sizes.window.y, stride.y, sizes.padding.y, sizes.dilation.y, remainder.y)
    let x = PhaseAxis(sizes.width, sizes.window.x, stride.x, sizes.padding.x, sizes.dilation.x, remainder.x)
    let phase = Phase(
      pixel: (y.pixel, x.pixel), base: (y.base, x.base), rows: y.pixels, columns: x.pixels, tap: (y.tap, x.tap),
      count: (y.taps, x.taps), period: (y.period, x.period), remainder: remainder, firstPixel: firstPixel,
      firstTap: firstTap)
    index += 1
    firstPixel += phase.rows * phase.columns
    firstTap += phase.taps
    return phase
  }
}

/// One axis of a phase: pixel p is reached by tap i from result pixel (p + padding − dilation · i) / stride, where that is
/// whole.
private struct PhaseAxis {
  /// The first pixel, how many, `stride` apart, and (first pixel + padding) / stride rounded down.
  let pixel, pixels, base: Int
  /// The first tap, how many, and how far apart.
  let tap, taps, period: Int

  init(_ extent: Int, _ window: Int, _ stride: Int, _ padding: Int, _ dilation: Int, _ remainder: Int) {
    pixel = (remainder + (padding / stride + 1) * stride - padding) % stride
    pixels = max(0, (extent - pixel + stride - 1) / stride)
    base = (pixel + padding) / stride
    var period = 1  // taps so far apart have the same remainder
    while period * dilation % stride != 0 { period += 1 }
    let last = min(window, period)
    tap = (0..<last).first { $0 * dilation % stride == remainder } ?? last
    taps = tap < last ? (window - tap + period - 1) / period : 0
    self.period = period
  }
}

/// Offsets and packed weights of all phases, one after the other.
private struct PhaseTables {
  /// Where in the input map each pixel lies, and where in the padded gradient its base is.
  let pixel, base: Offsets
  /// From a pixel's base to what each tap meets, over a group's outputs; and where the weight of that tap lies.
  let step, weightAt: Offsets
  /// The weights, group by group; nil when the channels of a group are too few for panels.
  let panels: Panels?

  init(_ sizes: ConvolutionGeometry, _ weight: Tensor, before: (y: Int, x: Int), high: Int, wide: Int) {
    let (stride, dilation) = (sizes.stride, sizes.dilation)
    let area = sizes.window.y * sizes.window.x
    let isNarrow = sizes.isNarrow(sizes.groupChannels)
    let pixels = isNarrow ? 0 : sizes.height * sizes.width
    (pixel, base) = (Offsets(pixels), Offsets(pixels))
    (step, weightAt) = (Offsets(sizes.groupOutputs * area), Offsets(sizes.groupOutputs * area))
    panels = isNarrow ? nil : Panels(depth: sizes.outputs * area, columns: sizes.groupChannels)
    for phase in Phases(sizes) {
      var at = phase.firstPixel
      if !isNarrow {
        for row in 0..<phase.rows {
          let line = (phase.base.y + row + before.y) * wide + phase.base.x + before.x
          for column in 0..<phase.columns {
            pixel.pointer[at] = Int32(
              (phase.pixel.y + row * stride.y) * sizes.width + phase.pixel.x + column * stride.x)
            base.pointer[at] = Int32(line + column)
            at += 1
          }
        }
      }
      at = sizes.groupOutputs * phase.firstTap
      let first = at
      for output in 0..<sizes.groupOutputs {
        for i in Swift.stride(from: phase.tap.y, to: sizes.window.y, by: phase.period.y) where phase.count.y > 0 {
          for j in Swift.stride(from: phase.tap.x, to: sizes.window.x, by: phase.period.x) where phase.count.x > 0 {
            let back = (dilation.y * i - phase.remainder.y) / stride.y * wide
            step.pointer[at] = Int32(
              output * high * wide - back - (dilation.x * j - phase.remainder.x) / stride.x)
            weightAt.pointer[at] = Int32(output * sizes.taps + i * sizes.window.x + j)
            at += 1
          }
        }
      }
      guard let panels else { continue }
      for group in 0..<sizes.groups {
        let start = group * sizes.groupOutputs * area + first
        braid_pack_panels(
          weight.pointer + group * sizes.groupOutputs * sizes.taps, weightAt.pointer + first, at - first, area,
          sizes.groupChannels, panels.pointer + start * panels.stride)
      }
    }
  }
}
