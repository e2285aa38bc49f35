import CBraidKernels

extension MinimalFiltering {
  /// gw[o, c] = Σ over samples and pixels of x's window · g: what the weight of `apply` gets.
  /// - Returns: whether all of it is finite.
  func weightGradient(
    _ x: UnsafePointer<Float>, _ g: UnsafePointer<Float>, _ gw: UnsafeMutablePointer<Float>
  ) -> Bool {
    let together = min(max(batch, 1), (MinimalFiltering.mostDeep + tiles - 1) / tiles)  // samples
    let rowsTogether = min(down, max(1, 2 * MinimalFiltering.mostDeep / across))  // of tiles
    let parts = (down + rowsTogether - 1) / rowsTogether
    let depth = together * ((down + parts - 1) / parts) * across
    let cut = PanelCutter(channels: channels, height: height, width: width, padding: padding, high: high, wide: wide)
    let cutUpstream = PanelCutter(
      channels: outputs, height: rows, width: columns, padding: (0, 0), high: 2 * down, wide: 2 * across)
    let packed = Tensor(uninitialized: Shape(together, cut.sampleSize))
    let packedUpstream = Tensor(uninitialized: Shape(together, cutUpstream.sampleSize))
    let tileSize = products * channelStride
    let transformed = Tensor(uninitialized: Shape(depth, tileSize))
    let upstream = Tensor(uninitialized: Shape(MinimalFiltering.places, outputStride, depth))
    let sums =
      batch == 0
      ? Tensor.zeros(Shape(products, channels, outputStride))
      : Tensor(uninitialized: Shape(products, channels, outputStride))
    let base = productOffsets()
    let step = Offsets(depth) { $0 * tileSize }
    let (inputPanels, outputPanels) = (channelStride / Panels.width, outputStride / Panels.width)
    for turn in 0..<(batch + together - 1) / together * parts {
      let (first, part) = (turn / parts * together, turn % parts)
      let group = min(together, batch - first)
      let tileRows = down * part / parts..<down * (part + 1) / parts
      let count = tileRows.count * across
      let turnWork = work * group / batch / parts
      // Panels are transformed apart, then products are summed apart: a sum over the tiles has one order.
      Parallel.split(group * (inputPanels + outputPanels), work: turnWork) { jobs in
        var tiles = braid_tiles(
          window: window, across: across, first: tileRows.lowerBound * across, count: count, width: wide)
        for job in jobs {
          let (sample, panel) = job.quotientAndRemainder(dividingBy: inputPanels + outputPanels)
          if panel < inputPanels {
            let at = packed.pointer + sample * cut.sampleSize + panel * cut.panelSize
            if part == 0 { cut.pack(panel, of: x + (first + sample) * channels * height * width, at) }
            tiles.width = wide
            braid_winograd_input(
              &tiles, at, channelStride, transformed.pointer + sample * count * tileSize + panel * Panels.width)
          } else {
            let panel = panel - inputPanels
            let at = packedUpstream.pointer + sample * cutUpstream.sampleSize + panel * cutUpstream.panelSize
            if part == 0 { cutUpstream.pack(panel, of: g + (first + sample) * outputs * rows * columns, at) }
            tiles.width = 2 * across
            braid_winograd_upstream(
              &tiles, at, depth * outputStride, upstream.pointer + (panel * group + sample) * count * Panels.width)
          }
        }
      }
      Parallel.split(products, work: turnWork) { range in
        for place in 0..<MinimalFiltering.places {
          let some = range.clamped(to: self.first(of: place)..<self.first(of: place + 1))
          let row = some.lowerBound * channels
          braid_indirect_product(
            transformed.pointer, base.pointer + row, some.count * channels, step.pointer, group * count,
            upstream.pointer + place * depth * outputStride, outputs, turn == 0 ? 0 : 1,
            sums.pointer + row * outputStride)
        }
      }
    }
    for panel in 0..<outputPanels {
      let output = panel * Panels.width
      braid_winograd_weight_gradient(
        window, sums.pointer + output, outputStride, min(Panels.width, outputs - output), channels,
        gw + output * channels * window * window)
    }
    return (0..<outputs * channels * window * window).allSatisfy { gw[$0].isFinite }
  }

  /// Tiles summed in one turn.
  static let mostDeep = 64
}
