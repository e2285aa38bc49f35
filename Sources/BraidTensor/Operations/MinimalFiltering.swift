import CBraidKernels

/// Minimal filtering (Winograd) over maps: 2 × 2 results at a time from 16 products a channel for windows of 3 × 3, 49
/// for windows of 5 × 5, where the definition takes 36 and 100. See `kernels_winograd.h` for the equations.
///
/// It computes `outputs` maps [rows, columns] from `channels` maps [height, width] with zeros around them, for strides
/// of 1; a convolution and its derivative by the input are both of this kind. What is summed over tiles, the derivative
/// by the weight, lies in `MinimalFilteringWeight.swift`.
struct MinimalFiltering {
  let window, batch: Int
  let channels, height, width: Int
  let padding: (y: Int, x: Int)
  let outputs, rows, columns: Int

  /// Places of a tile that are multiplied apart.
  static let places = Int(BRAID_WINOGRAD_PLACES)
  /// Products of a tile and a channel, in all places.
  var products: Int { first(of: MinimalFiltering.places) }
  /// Where the products of a place begin.
  func first(of place: Int) -> Int { braid_winograd_first(window, place) }
  var across: Int { (columns + 1) / 2 }
  var down: Int { (rows + 1) / 2 }
  /// Of one sample.
  var tiles: Int { across * down }
  /// The padded sample from which tiles are cut.
  var high: Int { 2 * down + window - 1 }
  var wide: Int { 2 * across + window - 1 }
  /// Floats between two channels' tiles, and between two outputs'.
  var channelStride: Int { Panels.stride(channels) }
  var outputStride: Int { Panels.stride(outputs) }
  /// What sharing it out is weighed by.
  var work: Int { batch * tiles * products * channels * outputs / 16 }

  /// Tiles worked on at once: their transforms and sums mostly stay in the second-level cache, and the weight's
  /// transform, which may be larger than that, is read once for all of them.
  static let most = 64

  /// Where the transform of each channel lies within a tile's, for each product in the order of the places.
  func productOffsets() -> Offsets {
    let offsets = Offsets(products * channels)
    for product in 0..<products {
      let start = braid_winograd_product(window, product) * channelStride
      for channel in 0..<channels { offsets.pointer[product * channels + channel] = Int32(start + channel) }
    }
    return offsets
  }

  /// y = f(bias + the maps filtered), f the identity or ReLU.
  /// - Parameters:
  ///   - filter: the weight as `transformed` gives it.
  ///   - directly: computes one sample of y by the definition. It is called for samples whose results are not all
  ///     finite: differences of infinities, or of numbers whose sum overflows, are NaN where the definition has none.
  func apply(
    _ x: UnsafePointer<Float>, _ filter: Tensor, bias: Tensor?, isRectified: Bool, _ y: UnsafeMutablePointer<Float>,
    directly: (_ sample: Int) -> Void
  ) {
    let together = min(max(batch, 1), max(1, MinimalFiltering.most / tiles))  // samples
    let rowsTogether = min(down, max(1, MinimalFiltering.most / across))  // of tiles
    let parts = (down + rowsTogether - 1) / rowsTogether
    let most = together * ((down + parts - 1) / parts) * across
    let base = Offsets(most) { $0 * products * channelStride }
    let step = productOffsets()
    let flaws = Tensor(uninitialized: Shape(batch))  // [B], other than 0 for a sample to be computed anew
    let plan = (together, parts, most)
    Parallel.split(batch, work: work, with: (self, plan, x, filter, bias, isRectified, base, step, y, flaws)) {
      values, samples in
      let (sizes, plan, x, filter, bias, isRectified, base, step, y, flaws) = values
      sizes.apply(samples, plan, x, filter, bias, isRectified, base, step, y, flaws.pointer)
    }
    for sample in 0..<batch where flaws.pointer[sample] != 0 { directly(sample) }
  }

  /// The same for some samples, so many together and in so many parts, each of at most so many tiles.
  private func apply(
    _ samples: Range<Int>, _ plan: (together: Int, parts: Int, most: Int), _ x: UnsafePointer<Float>, _ filter: Tensor,
    _ bias: Tensor?, _ isRectified: Bool, _ base: Offsets, _ step: Offsets, _ y: UnsafeMutablePointer<Float>,
    _ flaws: UnsafeMutablePointer<Float>
  ) {
    let (together, parts, most) = plan, pixels = rows * columns
    let cut = PanelCutter(channels: channels, height: height, width: width, padding: padding, high: high, wide: wide)
    let packed = Tensor(uninitialized: Shape(together, cut.sampleSize))
    let transformed = Tensor(uninitialized: Shape(most, products, channelStride))
    let sums = Tensor(uninitialized: Shape(MinimalFiltering.places, most, outputStride))
    let product = Tensor(uninitialized: Shape(4 * most / together, outputStride))
    for first in stride(from: samples.lowerBound, to: samples.upperBound, by: together) {
      let group = first..<min(first + together, samples.upperBound)
      for sample in group { flaws[sample] = 0 }
      for part in 0..<parts {
        let tileRows = down * part / parts..<down * (part + 1) / parts
        var tiles = braid_tiles(
          window: window, across: across, first: tileRows.lowerBound * across, count: tileRows.count * across,
          width: wide)
        for sample in group {
          for panel in 0..<channelStride / Panels.width {
            let panelAt = packed.pointer + (sample - first) * cut.sampleSize + panel * cut.panelSize
            if part == 0 { cut.pack(panel, of: x + sample * channels * height * width, panelAt) }
            braid_winograd_input(
              &tiles, panelAt, channelStride,
              transformed.pointer + (sample - first) * tiles.count * products * channelStride + panel * Panels.width)
          }
        }
        for place in 0..<MinimalFiltering.places {
          let start = self.first(of: place) * channels
          braid_indirect_product(
            transformed.pointer, base.pointer, group.count * tiles.count, step.pointer + start,
            self.first(of: place + 1) * channels - start, filter.pointer + start * outputStride, outputs, 0,
            sums.pointer + place * most * outputStride)
        }
        let pixel = 2 * tileRows.lowerBound * columns
        let count = min(pixels, 2 * tileRows.upperBound * columns) - pixel
        for sample in group {
          let isFinite = braid_winograd_output(
            &tiles, sums.pointer + (sample - first) * tiles.count * outputStride, outputStride, most * outputStride,
            outputs, rows, columns, product.pointer)
          if isFinite == 0 { flaws[sample] = 1 }
          braid_unpack_map(
            product.pointer, outputStride, count, outputs, bias?.pointer, isRectified ? 1 : 0,
            y + sample * outputs * pixels + pixel, pixels)
        }
      }
    }
  }

  /// The weight's windows as the products need them: for each place, panels of outputs.
  /// - Parameters:
  ///   - strides: between two outputs' and two channels' windows in the weight.
  ///   - isReversed: whether windows are read from their end.
  func transformed(_ weight: Tensor, strides: (output: Int, channel: Int), isReversed: Bool) -> Tensor {
    let filter = Tensor(uninitialized: Shape(products, channels, outputStride))
    let panels = outputStride / Panels.width
    let values = (self, weight, strides, isReversed, panels, filter)
    Parallel.split(panels, work: products * outputs * channels, with: values) { values, range in
      let (sizes, weight, strides, isReversed, panels, filter) = values
      for panel in range {
        let output = panel * Panels.width
        braid_winograd_weight(
          sizes.window, weight.pointer + output * strides.output, min(Panels.width, sizes.outputs - output),
          strides.output, sizes.channels, strides.channel, isReversed ? 1 : 0, panel, panels, filter.pointer)
      }
    }
    return filter
  }
}

/// Lays a sample's maps out as panels: 16 of them side by side, with zeros around.
struct PanelCutter {
  let channels, height, width: Int
  let padding: (y: Int, x: Int)
  let high, wide: Int
  /// Floats of a panel, and of all panels of a sample.
  var panelSize: Int { high * wide * Panels.width }
  var sampleSize: Int { high * wide * Panels.stride(channels) }

  /// Maps 16 · panel … of the sample into [high · wide, 16].
  func pack(_ panel: Int, of sample: UnsafePointer<Float>, _ packed: UnsafeMutablePointer<Float>) {
    let first = panel * Panels.width
    braid_pack_padded(
      sample + first * height * width, min(Panels.width, channels - first), height, width, padding.y, padding.x, high,
      wide, packed)
  }
}
