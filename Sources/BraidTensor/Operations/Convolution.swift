import CBraidKernels

/// Two-dimensional convolution (cross-correlation, as every deep-learning library means it), with bias and activation.
///
/// y[b, o, r, s] = f(bias[o] + Σ_{c, i, j} weight[o, c, i, j] · x[b, c′ + c, r′ + dilation₀ i, s′ + dilation₁ j]), where
/// r′ = r · stride₀ − padding₀, s′ = s · stride₁ − padding₁, c′ is the first channel of the group o belongs to, and x is
/// 0 outside its edges. Derivative, with gp = g ∘ f′: the gradient of the weight is the correlation of x with gp, that of
/// x the full convolution of gp with the weight, that of the bias the sum of gp over samples and pixels.
///
/// Windows of 3 × 3 and 5 × 5 with a stride, dilation and groups of 1, at least 16 channels and outputs, and at least 16
/// tiles of 2 × 2 results, go by minimal filtering (`ConvolutionFiltering.swift` has the rule), the derivatives too: 4/9
/// and about half of the multiplications, within the same tolerance. Samples whose results are not all finite are
/// computed again by the definition. All others read their left operand through tables of offsets, and patches are never
/// copied out (Dukhan 2019, "The indirect convolution algorithm", arXiv:1907.02129). Dilation: Yu & Koltun 2016,
/// arXiv:1511.07122. Groups: Krizhevsky et al. 2012; as many as channels, it is the depthwise convolution (Chollet 2017,
/// arXiv:1610.02357).
/// - Parameters:
///   - x: `[batch, channels, height, width]`.
///   - weight: `[outputs, channels / groups, window height, window width]`.
///   - bias: `[outputs]`, optional.
///   - stride: vertical, horizontal; at least 1.
///   - padding: zeros above and below, left and right.
///   - dilation: distance between the pixels a window reads, vertical and horizontal; 1 reads neighbours.
///   - groups: channels and outputs are cut into so many equal parts, and each part of the outputs reads its part of
///     the channels.
///   - activation: ReLU is part of the operation; others follow it.
///   - layer: path of the layer's weight, which messages name in place of the operation.
/// - Returns: `[batch, outputs, rows, columns]`, rows = (height + 2 padding₀ − dilation₀ (window height − 1) − 1) /
///   stride₀ + 1, rounded down. Stops, with the shapes, when sizes do not fit or the window is larger than the padded
///   input.
public func conv2d(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
  dilation: (Int, Int) = (1, 1), groups: Int = 1, activation: Activation = .none, layer: String? = nil
) -> Tensor {
  convolution(
    Caller(operation: "conv2d", layer: layer), x, weight, bias,
    Windows(stride: stride, padding: padding, dilation: dilation), groups, activation)
}

/// One-dimensional convolution, with bias and activation: `conv2d` of a height of 1.
///
/// y[b, o, s] = f(bias[o] + Σ_{c, j} weight[o, c, j] · x[b, c′ + c, s · stride − padding + dilation j]).
/// - Parameters: as for `conv2d`.
///   - x: `[batch, channels, length]`.
///   - weight: `[outputs, channels / groups, window]`.
/// - Returns: `[batch, outputs, columns]`, columns = (length + 2 padding − dilation (window − 1) − 1) / stride + 1,
///   rounded down.
public func conv1d(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: Int = 1, padding: Int = 0, dilation: Int = 1,
  groups: Int = 1, activation: Activation = .none, layer: String? = nil
) -> Tensor {
  convolution(
    Caller(operation: "conv1d", layer: layer), x, weight, bias,
    Windows(stride: stride, padding: padding, dilation: dilation), groups, activation)
}

private func convolution(
  _ caller: Caller, _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, _ windows: Windows, _ groups: Int,
  _ activation: Activation
) -> Tensor {
  guard activation == .none || activation == .relu else {
    return activation(convolution(caller, x, weight, bias, windows, groups, .none))
  }
  let geometry = ConvolutionGeometry(caller, x.shape, weight.shape, bias?.shape, windows, groups: groups)
  let y = Tensor(
    uninitialized: windows.shape(geometry.batch, geometry.outputs, geometry.rows, geometry.columns))
  geometry.forward(x, weight, bias: bias, isRectified: activation == .relu, y.pointer, 0)
  return y.recorded(
    caller.operation, from: x, weight, bias, saving: (geometry, x, weight, bias, y, activation), flops: geometry.flops
  ) { saved, g, sink in
    let (geometry, x, weight, bias, y, activation) = saved
    let (batch, outputs, pixels) = (geometry.batch, geometry.outputs, geometry.pixels)
    let wantsBias = bias.map { sink.wants($0) } ?? false
    var gp = g  // gradient before the activation
    if activation == .relu { gp = Tensor(uninitialized: g.shape) }
    let masked = activation == .relu ? gp.pointer : nil
    func finishMap(_ biasTotals: UnsafeMutablePointer<Double>?) {
      Parallel.split(outputs, work: g.count, with: (batch, outputs, pixels, y, g, masked, biasTotals)) {
        values, range in
        let (batch, outputs, pixels, y, g, masked, biasTotals) = values
        for sample in 0..<batch {
          let at = (sample * outputs + range.lowerBound) * pixels
          braid_map_gradient(
            masked == nil ? nil : y.pointer + at, g.pointer + at, range.count, pixels, masked.map { $0 + at },
            biasTotals.map { $0 + range.lowerBound })
        }
      }
    }
    if let bias, wantsBias {
      let totals = DoubleMemory.zeros(outputs)
      finishMap(totals.pointer)
      sink.accumulate(into: bias) { totals.add(to: $0, beta: $1, count: outputs) }
    } else if masked != nil {
      finishMap(nil)
    }
    sink.accumulate(into: weight) { gw, beta in geometry.weightGradient(x, gp, gw, beta) }
    sink.accumulate(into: x) { gx, beta in geometry.inputGradient(weight, gp, gx, beta) }
  }
}
