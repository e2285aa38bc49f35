import CBraidKernels

/// Normalises every group of channels of every sample to mean 0 and variance 1, then scales and shifts the channels.
///
/// y = h · gain + bias, h = (x − mean) / √(variance + epsilon), with mean and biased variance over the group's channels
/// and all axes behind them (Wu & He 2018, "Group normalization", arXiv:1803.08494, eq. 1–6). One group is layer
/// normalisation of the whole sample; as many groups as channels, instance normalisation (Ulyanov, Vedaldi & Lempitsky
/// 2016, arXiv:1607.08022). Nothing depends on the batch. Derivative, with v = g · gain:
/// dx = (v − mean(v) − h mean(v ∘ h)) / √(variance + epsilon), dgain = Σ g h, dbias = Σ g a channel.
/// - Parameters:
///   - x: `[batch, channels]` or with any further axes, such as `[batch, channels, height, width]`.
///   - groups: equal parts the channels are cut into. Stops unless the channels are a multiple of it.
///   - gain: `[channels]`; ones when nil.
///   - bias: `[channels]`; zeros when nil.
/// - Returns: x's shape. A group of one element, or of equal ones, is its bias.
public func groupNorm(_ x: Tensor, groups: Int, _ gain: Tensor?, _ bias: Tensor?, epsilon: Float = 1e-5) -> Tensor {
  guard x.shape.rank >= 2 else {
    stop("groupNorm", "input of shape \(x.shape); expected [batch, channels, …]")
  }
  let (batch, channels, inner) = (x.shape[0], x.shape[1], x.shape.count(2..<x.shape.rank))
  guard groups >= 1, channels % groups == 0 else {
    stop(
      "groupNorm",
      "\(groups) groups for the \(channels) channels of \(x.shape); expected a number that divides the channels")
  }
  checkScales("groupNorm", x.shape, channels, gain, bias)
  let y = Tensor(uninitialized: x.shape)
  let statistics = Tensor(uninitialized: Shape(batch, groups, Int(BRAID_NORM_STATISTICS)))
  braid_group_norm(
    x.pointer, gain?.pointer, bias?.pointer, epsilon, y.pointer, statistics.pointer, batch, channels, groups, inner)
  return y.recorded("groupNorm", from: x, gain, bias, flops: Double(8 * x.count)) { g, sink in
    // Σ over the batch for gain and bias
    let gainTotals = gain.flatMap { sink.wants($0) ? DoubleMemory.zeros(channels) : nil }
    let biasTotals = bias.flatMap { sink.wants($0) ? DoubleMemory.zeros(channels) : nil }
    func derive(_ gx: UnsafeMutablePointer<Float>?, _ beta: Float) {
      braid_group_norm_gradient(
        x.pointer, gain?.pointer, statistics.pointer, g.pointer, beta, gx, gainTotals?.pointer, biasTotals?.pointer,
        batch, channels, groups, inner)
    }
    if sink.wants(x) {
      sink.accumulate(into: x) { derive($0, $1) }
    } else {
      derive(nil, 0)
    }
    if let gain, let gainTotals {
      sink.accumulate(into: gain) { gainTotals.add(to: $0, beta: $1, count: channels) }
    }
    if let bias, let biasTotals {
      sink.accumulate(into: bias) { biasTotals.add(to: $0, beta: $1, count: channels) }
    }
  }
}
