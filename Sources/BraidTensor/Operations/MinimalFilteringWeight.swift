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
      let tiles = braid_tiles(
        window: window, across: across, first: tileRows.lowerBound * across, count: count, width: wide)
      let inputs = FilteredPanels(
        from: x + first * channels * height * width, size: channels * height * width, cut: cut, packs: part == 0,
        packed: packed.pointer, tiles: tiles, panels: inputPanels)
      let upstreams = FilteredPanels(
        from: g + first * outputs * rows * columns, size: outputs * rows * columns, cut: cutUpstream, packs: part == 0,
        packed: packedUpstream.pointer, tiles: tiles, panels: outputPanels)
      let places = (inputs, upstreams, group, channelStride, tileSize, transformed, depth * outputStride, upstream)
      Parallel.split(group * (inputPanels + outputPanels), work: turnWork, with: places) { places, jobs in
        let (inputs, upstreams, group, channelStride, tileSize, transformed, placeSize, upstream) = places
        let count = inputs.tiles.count
        for job in jobs {
          let (sample, panel) = job.quotientAndRemainder(dividingBy: inputs.panels + upstreams.panels)
          if panel < inputs.panels {
            var tiles = inputs.tiles
            braid_winograd_input(
              &tiles, inputs.panel(panel, of: sample), channelStride,
              transformed.pointer + sample * count * tileSize + panel * Panels.width)
          } else {
            let panel = panel - inputs.panels
            var tiles = upstreams.tiles
            tiles.width = upstreams.cut.wide
            braid_winograd_upstream(
              &tiles, upstreams.panel(panel, of: sample), placeSize,
              upstream.pointer + (panel * group + sample) * count * Panels.width)
          }
        }
      }
      let operands = (self, turn, group * count, depth, transformed, base, step, upstream, sums)
      Parallel.split(products, work: turnWork, with: operands) { operands, range in
        let (sizes, turn, tiles, depth, transformed, base, step, upstream, sums) = operands
        for place in 0..<MinimalFiltering.places {
          let some = range.clamped(to: sizes.first(of: place)..<sizes.first(of: place + 1))
          let row = some.lowerBound * sizes.channels
          braid_indirect_product(
            transformed.pointer, base.pointer + row, some.count * sizes.channels, step.pointer, tiles,
            upstream.pointer + place * depth * sizes.outputStride, sizes.outputs, turn == 0 ? 0 : 1,
            sums.pointer + row * sizes.outputStride)
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

/// Samples of which panels are laid out, and cut into tiles.
private struct FilteredPanels {
  let from: UnsafePointer<Float>
  /// Floats of a sample.
  let size: Int
  let cut: PanelCutter
  /// Whether panels are still to be laid out.
  let packs: Bool
  let packed: UnsafeMutablePointer<Float>
  let tiles: braid_tiles
  /// Of a sample.
  let panels: Int

  /// Where a panel lies, laid out.
  func panel(_ panel: Int, of sample: Int) -> UnsafeMutablePointer<Float> {
    let at = packed + sample * cut.sampleSize + panel * cut.panelSize
    if packs { cut.pack(panel, of: from + sample * size, at) }
    return at
  }
}
