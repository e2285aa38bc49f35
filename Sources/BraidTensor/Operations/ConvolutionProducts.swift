import CBraidKernels

/// The product of windows and weight, and its derivative by the weight, sample by sample and group by group.
extension ConvolutionGeometry {
  /// Whether a product of so many columns a group goes map by map, its pixels side by side in a vector, because panels
  /// of 16 columns would be mostly padding: depthwise convolutions. From two columns on, and with a depth of many
  /// channels, panels are faster.
  func isNarrow(_ columns: Int) -> Bool { groups > 1 && columns == 1 }

  /// y = f(bias + windows of x · weight), f the identity or ReLU; with beta 1 (and neither bias nor ReLU) added to y.
  func forward(
    _ x: Tensor, _ weight: Tensor, bias: Tensor?, isRectified: Bool, _ y: UnsafeMutablePointer<Float>, _ beta: Float
  ) {
    if isFiltered { return filteredForward(x, weight, bias: bias, isRectified: isRectified, y, beta) }
    directForward(x.pointer, weight, bias: bias, isRectified: isRectified, y, beta)
  }

  /// The same by the definition's products.
  func directForward(
    _ x: UnsafePointer<Float>, _ weight: Tensor, bias: Tensor?, isRectified: Bool, _ y: UnsafeMutablePointer<Float>,
    _ beta: Float
  ) {
    let tapAt = tapOffsets()
    let groupSize = groupChannels * paddedHeight * paddedWidth
    if isNarrow(groupOutputs) {
      let grid = braid_grid(
        rows: rows, columns: columns, from_row: stride.y * paddedWidth, from_column: stride.x, to_row: columns,
        to_column: 1)
      Parallel.split(batch, work: work, with: (self, x, weight, bias, isRectified, y, beta, tapAt, groupSize, grid)) {
        values, samples in
        let (sizes, x, weight, bias, isRectified, y, beta, tapAt, groupSize, grid) = values
        let padded = sizes.paddedSample()
        for sample in samples {
          let from = sizes.pad(x + sample * sizes.inputSize, padded)
          for output in 0..<sizes.outputs {
            braid_weighted_map(
              from + output / sizes.groupOutputs * groupSize, grid, tapAt.pointer, nil, sizes.taps,
              weight.pointer + output * sizes.taps, bias.map { $0.pointer[output] } ?? 0, isRectified ? 1 : 0, beta,
              y + sample * sizes.outputSize + output * sizes.pixels)
          }
        }
      }
      return
    }
    let pixelAt = pixelOffsets()
    let inOrder = Offsets(taps) { $0 }
    let panels = Panels(depth: groups * taps, columns: groupOutputs)
    let panelSize = taps * panels.stride  // of one group
    for group in 0..<groups {
      braid_pack_panels(
        weight.pointer + group * groupOutputs * taps, inOrder.pointer, taps, taps, groupOutputs,
        panels.pointer + group * panelSize)
    }
    Parallel.split(batch, work: work, with: (self, x, panels, bias, isRectified, y, beta, tapAt, pixelAt, groupSize)) {
      values, samples in
      let (sizes, x, panels, bias, isRectified, y, beta, tapAt, pixelAt, groupSize) = values
      let (outputs, taps, pixels) = (sizes.groupOutputs, sizes.taps, sizes.pixels)
      let padded = sizes.paddedSample()
      let most = Chunks.near(stride: panels.stride)
      let product = Tensor(uninitialized: Shape(most, panels.stride))
      for sample in samples {
        let from = sizes.pad(x + sample * sizes.inputSize, padded)
        for group in 0..<sizes.groups {
          let first = group * outputs
          for chunk in Chunks(pixels, most: most) {
            braid_indirect_product(
              from + group * groupSize, pixelAt.pointer + chunk.start, chunk.count, tapAt.pointer, taps,
              panels.pointer + group * taps * panels.stride, outputs, 0, product.pointer)
            let to = y + sample * sizes.outputSize + first * pixels + chunk.start
            if beta == 0 {
              braid_unpack_map(
                product.pointer, panels.stride, chunk.count, outputs,
                bias.map { UnsafePointer($0.pointer + first) }, isRectified ? 1 : 0, to, pixels)
            } else {
              braid_unpack_sum(product.pointer, panels.stride, chunk.count, outputs, beta, to, pixels)
            }
          }
        }
      }
    }
  }

  /// gw[o, k] = Σ over samples and pixels of x at tap k of the pixel · g[o, pixel], + beta gw.
  func weightGradient(_ x: Tensor, _ g: Tensor, _ gw: UnsafeMutablePointer<Float>, _ beta: Float) {
    if isFiltered { return filteredWeightGradient(x, g, gw, beta) }
    directWeightGradient(x, g, gw, beta)
  }

  func directWeightGradient(_ x: Tensor, _ g: Tensor, _ gw: UnsafeMutablePointer<Float>, _ beta: Float) {
    let tapAt = tapOffsets()
    let groupSize = groupChannels * paddedHeight * paddedWidth
    if isNarrow(groupOutputs) {
      if beta == 0 { gw.update(repeating: 0, count: outputs * taps) }
      let grid = braid_grid(
        rows: rows, columns: columns, from_row: stride.y * paddedWidth, from_column: stride.x, to_row: columns,
        to_column: 1)
      Parallel.split(outputs, work: work, with: (self, x, g, gw, tapAt, groupSize, grid)) { values, range in
        let (sizes, x, g, gw, tapAt, groupSize, grid) = values
        let padded = sizes.paddedSample()
        for sample in 0..<sizes.batch {
          let from = sizes.pad(x.pointer + sample * sizes.inputSize, padded)
          for output in range {
            braid_map_products(
              from + output / sizes.groupOutputs * groupSize, grid, tapAt.pointer, sizes.taps,
              g.pointer + sample * sizes.outputSize + output * sizes.pixels, gw + output * sizes.taps)
          }
        }
      }
      return
    }
    let pixelAt = pixelOffsets()
    let stride = Panels.stride(groupOutputs)
    let product = Tensor.zeros(Shape(groups, taps, stride))
    let productSize = taps * stride
    // by taps, so that every sum over the samples stays in one thread
    Parallel.split(taps, unit: 6, work: work, with: (self, x, g, product, tapAt, pixelAt, groupSize, stride)) {
      values, range in
      let (sizes, x, g, product, tapAt, pixelAt, groupSize, stride) = values
      let (outputs, pixels) = (sizes.groupOutputs, sizes.pixels)
      let padded = sizes.paddedSample()
      let panels = Panels(depth: Chunks.most, columns: outputs)
      for sample in 0..<sizes.batch {
        let from = sizes.pad(x.pointer + sample * sizes.inputSize, padded)
        for group in 0..<sizes.groups {
          let maps = g.pointer + sample * sizes.outputSize + group * outputs * pixels
          for chunk in Chunks(pixels) {
            braid_pack_map(maps + chunk.start, pixels, chunk.count, outputs, panels.pointer)
            braid_indirect_product(
              from + group * groupSize, tapAt.pointer + range.lowerBound, range.count, pixelAt.pointer + chunk.start,
              chunk.count, panels.pointer, outputs, 1,
              product.pointer + (group * sizes.taps + range.lowerBound) * stride)
          }
        }
      }
    }
    for group in 0..<groups {
      braid_unpack_sum(
        product.pointer + group * productSize, stride, taps, groupOutputs, beta,
        gw + group * groupOutputs * taps, taps)
    }
  }
}
