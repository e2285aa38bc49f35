/// Which convolutions go by minimal filtering, and as which.
extension ConvolutionGeometry {
  /// Strides of 1 and windows of 3 × 3 or 5 × 5, with channels and outputs that fill vectors, and tiles that pay for
  /// the transforms of the weight. The batch does not count: a sample's result is the same in any.
  ///
  /// Measured, filtered ÷ direct time of the forward product on one thread with AVX-512: 0.6 (32 → 64 channels, 5 × 5, 49
  /// tiles a sample), 0.55 … 0.65 (3 × 3, 64 → 64, from 16 tiles on), 0.7 … 0.8 (16 → 16, or 256 → 256 with 49 tiles);
  /// where the weight's transform is larger than the bound, 1.1 … 1.35 in a batch of 1 (512 → 512, 3 × 3, 16 or 49
  /// tiles; 256 → 256, 5 × 5, 16 tiles).
  var isFiltered: Bool {
    guard window.y == window.x, window.y == 3 || window.y == 5, stride == (1, 1), dilation == (1, 1), groups == 1,
      padding.y < window.y, padding.x < window.x, channels >= 16, outputs >= 16
    else { return false }
    let plan = filtering
    return plan.tiles >= 16 && plan.products * channels * outputs <= plan.tiles << 16
  }

  /// Its result's maps from its input's.
  var filtering: MinimalFiltering {
    MinimalFiltering(
      window: window.y, batch: batch, channels: channels, height: height, width: width, padding: padding,
      outputs: outputs, rows: rows, columns: columns)
  }

  /// The gradient of its input's maps from that of its result's: padding and maps are exchanged.
  var inputGradientFiltering: MinimalFiltering {
    MinimalFiltering(
      window: window.y, batch: batch, channels: outputs, height: rows, width: columns,
      padding: (window.y - 1 - padding.y, window.x - 1 - padding.x), outputs: channels, rows: height, columns: width)
  }

  /// The same convolution of one sample.
  private var ofOne: ConvolutionGeometry {
    ConvolutionGeometry(
      batch: 1, channels: channels, height: height, width: width, outputs: outputs, groups: groups, windows: windows,
      rows: rows, columns: columns)
  }

  func filteredForward(
    _ x: Tensor, _ weight: Tensor, bias: Tensor?, isRectified: Bool, _ y: UnsafeMutablePointer<Float>, _ beta: Float
  ) {
    let plan = filtering
    let filter = plan.transformed(weight, strides: (taps, window.y * window.x), isReversed: false)
    adding(batch * outputSize, to: y, beta) { y in
      plan.apply(x.pointer, filter, bias: bias, isRectified: isRectified, y) { sample in
        ofOne.directForward(
          x.pointer + sample * inputSize, weight, bias: bias, isRectified: isRectified, y + sample * outputSize, 0)
      }
    }
  }

  func filteredInputGradient(
    _ weight: Tensor, _ g: Tensor, _ gx: UnsafeMutablePointer<Float>, _ beta: Float
  ) {
    let plan = inputGradientFiltering
    let filter = plan.transformed(weight, strides: (window.y * window.x, taps), isReversed: true)
    adding(batch * inputSize, to: gx, beta) { gx in
      plan.apply(g.pointer, filter, bias: nil, isRectified: false, gx) { sample in
        ofOne.directInputGradient(weight, g.pointer + sample * outputSize, gx + sample * inputSize, 0)
      }
    }
  }

  func filteredWeightGradient(_ x: Tensor, _ g: Tensor, _ gw: UnsafeMutablePointer<Float>, _ beta: Float) {
    adding(outputs * taps, to: gw, beta) { gw in
      let isFinite = filtering.weightGradient(x.pointer, g.pointer, gw)
      if !isFinite { directWeightGradient(x, g, gw, 0) }
    }
  }

  /// y = what `body` computes, + beta y.
  private func adding(
    _ count: Int, to y: UnsafeMutablePointer<Float>, _ beta: Float, _ body: (UnsafeMutablePointer<Float>) -> Void
  ) {
    if beta == 0 { return body(y) }
    let result = Tensor(uninitialized: Shape(count))
    body(result.pointer)
    addScaled(result.pointer, beta, y, count)
  }
}
