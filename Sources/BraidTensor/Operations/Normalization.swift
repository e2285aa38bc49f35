import CBraidKernels

/// Normalises every row of `s = x + residual` to mean 0 and variance 1, then scales and shifts it.
///
/// y = h ∘ gain + bias, h = (s − mean(s)) / √(variance(s) + epsilon), over the last axis, with the biased variance (Ba,
/// Kiros & Hinton 2016, "Layer normalization", eq. 4). Derivative, with v = g ∘ gain:
/// ds = (v − mean(v) − h mean(v ∘ h)) / √(variance + epsilon), for x and the residual alike; dgain = Σ_rows g ∘ h,
/// dbias = Σ_rows g.
/// - Parameters:
///   - x: `[…, features]`.
///   - gain: `[features]`; ones when nil.
///   - bias: `[features]`; zeros when nil.
///   - residual: of x's shape; added first, in the same pass.
/// - Returns: x's shape.
public func layerNorm(
  _ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, epsilon: Float = 1e-5, adding residual: Tensor? = nil
) -> Tensor {
  guard x.shape.rank >= 1, x.shape[-1] >= 1 else {
    stop("layerNorm", "input of shape \(x.shape); expected […, features]")
  }
  let features = x.shape[-1]
  let rows = x.count / features
  checkScales("layerNorm", x.shape, features, gain, bias)
  if let residual, residual.shape != x.shape {
    stop("layerNorm", "residual of shape \(residual.shape) for input \(x.shape); expected equal shapes")
  }
  let y = Tensor(uninitialized: x.shape)
  let statistics = Tensor(uninitialized: Shape(rows, Int(BRAID_NORM_STATISTICS)))
  Parallel.split(rows, work: 3 * x.count, with: (x, residual, gain, bias, epsilon, y, statistics, features)) {
    values, range in
    let (x, residual, gain, bias, epsilon, y, statistics, features) = values
    let at = range.lowerBound * features
    braid_layer_norm(
      x.pointer + at, residual.map { $0.pointer + at }, gain?.pointer, bias?.pointer, epsilon, y.pointer + at,
      statistics.pointer + range.lowerBound * Int(BRAID_NORM_STATISTICS), range.count, features)
  }
  return y.recorded(
    "layerNorm", from: x, gain, bias, residual, saving: (x, gain, bias, residual, statistics, rows, features),
    flops: Double(8 * x.count)
  ) { saved, g, sink in
    let (x, gain, bias, residual, statistics, rows, features) = saved
    // the sums over rows for gain and bias, block by block: their order does not depend on the number of threads
    let block = 64, blocks = (rows + block - 1) / block
    let wantsGain = gain.map { sink.wants($0) } ?? false, wantsBias = bias.map { sink.wants($0) } ?? false
    let sums = wantsGain || wantsBias ? Tensor(uninitialized: Shape(2, blocks, features)) : nil
    func derive(_ gx: UnsafeMutablePointer<Float>?, _ beta: Float) {
      let values = (x, residual, gain, statistics, g, beta, gx, sums, wantsGain, wantsBias, features, block, blocks)
      Parallel.split(rows, unit: block, work: 6 * x.count, with: values) { values, range in
        let (x, residual, gain, statistics, g, beta, gx, sums, wantsGain, wantsBias, features, block, blocks) = values
        for first in stride(from: range.lowerBound, to: range.upperBound, by: block) {
          let at = first * features, count = min(block, range.upperBound - first)
          let gainSum = sums.map { $0.pointer + first / block * features }
          braid_layer_norm_gradient(
            x.pointer + at, residual.map { $0.pointer + at }, gain?.pointer,
            statistics.pointer + first * Int(BRAID_NORM_STATISTICS), g.pointer + at, beta, gx.map { $0 + at },
            wantsGain ? gainSum : nil, wantsBias ? gainSum.map { $0 + blocks * features } : nil, count, features)
        }
      }
    }
    switch (sink.wants(x), residual.map { sink.wants($0) } ?? false) {
    case (true, true):  // one gradient for both
      let gs = Tensor(uninitialized: x.shape)
      derive(gs.pointer, 0)
      sink.add(gs, to: x)
      sink.add(gs, to: residual!)
    case (true, false): sink.accumulate(into: x) { derive($0, $1) }
    case (false, true): sink.accumulate(into: residual!) { derive($0, $1) }
    case (false, false): if sums != nil { derive(nil, 0) }
    }
    guard let sums else { return }
    func sumRows(_ rows: UnsafePointer<Float>, _ beta: Float, _ y: UnsafeMutablePointer<Float>) {
      let sum = Tensor(uninitialized: Shape(features))
      braid_sum_axis(rows, 1, blocks, features, 1, sum.pointer)
      addScaled(sum.pointer, beta, y, features)
    }
    if let gain { sink.accumulate(into: gain) { sumRows(sums.pointer, $1, $0) } }
    if let bias {
      sink.accumulate(into: bias) { sumRows(sums.pointer + blocks * features, $1, $0) }
    }
  }
}

/// Normalises every channel to mean 0 and variance 1 over the batch (and pixels), then scales and shifts it: the
/// training form.
///
/// y = h · gain + bias, h = (x − mean) / √(variance + epsilon), with the batch's mean and biased variance of each
/// channel (Ioffe & Szegedy 2015, "Batch normalization", algorithm 1). Derivative, with n elements a channel:
/// dx = gain / √(variance + epsilon) · (g − Σ g / n − h Σ (g h) / n), dgain = Σ g h, dbias = Σ g.
/// - Parameters:
///   - x: `[batch, channels]` or `[batch, channels, height, width]` (any further axes). Stops unless every channel has
///     at least two elements: one element has no variance.
///   - gain: `[channels]`; ones when nil.
///   - bias: `[channels]`; zeros when nil.
/// - Returns: x's shape; the batch's mean and biased variance `[channels]`, as constants.
public func batchNorm(
  _ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, epsilon: Float = 1e-5
) -> (output: Tensor, mean: Tensor, variance: Tensor) {
  let (batch, channels, inner) = channelSizes(x.shape, gain, bias)
  guard batch * inner >= 2 else {
    stop(
      "batchNorm",
      "input of shape \(x.shape) has \(batch * inner) element a channel; training statistics need at least 2: "
        + "use a larger batch"
    )
  }
  let (mean, variance) = (Tensor(uninitialized: Shape(channels)), Tensor(uninitialized: Shape(channels)))
  let statistics = Tensor(uninitialized: Shape(channels, Int(BRAID_NORM_STATISTICS)))
  braid_batch_statistics(
    x.pointer, epsilon, mean.pointer, variance.pointer, statistics.pointer, batch, channels, inner)
  let y = normalisedChannels(x, gain, bias, statistics, isConstant: false)
  return (y, mean, variance)
}

/// The evaluation form: the statistics are given, usually averages kept during training.
///
/// y = (x − mean) / √(variance + epsilon) · gain + bias. Derivative: dx = gain / √(variance + epsilon) · g; no gradient
/// flows to the statistics.
/// - Parameters:
///   - x: `[batch, channels, …]`, of any number of elements.
///   - mean: `[channels]`, a constant.
///   - variance: `[channels]`, a constant, at least 0.
public func batchNorm(
  _ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, mean: Tensor, variance: Tensor, epsilon: Float = 1e-5
) -> Tensor {
  let (_, channels, _) = channelSizes(x.shape, gain, bias)
  guard mean.shape == Shape(channels), variance.shape == Shape(channels) else {
    stop(
      "batchNorm",
      "mean of shape \(mean.shape) and variance \(variance.shape) for the \(channels) channels of \(x.shape); expected [\(channels)] twice"
    )
  }
  let statistics = Tensor(uninitialized: Shape(channels, Int(BRAID_NORM_STATISTICS)))
  for channel in 0..<channels {
    let at = statistics.pointer + channel * Int(BRAID_NORM_STATISTICS)
    (at[0], at[1], at[2]) = (mean.pointer[channel], 0, 1 / (variance.pointer[channel] + epsilon).squareRoot())
  }
  return normalisedChannels(x, gain, bias, statistics, isConstant: true)
}

/// What both forms share. `isConstant`: the statistics do not depend on x.
private func normalisedChannels(_ x: Tensor, _ gain: Tensor?, _ bias: Tensor?, _ statistics: Tensor, isConstant: Bool)
  -> Tensor
{
  let (batch, channels, inner) = channelSizes(x.shape, gain, bias)
  let y = Tensor(uninitialized: x.shape)
  braid_batch_norm(x.pointer, statistics.pointer, gain?.pointer, bias?.pointer, y.pointer, batch, channels, inner)
  return y.recorded("batchNorm", from: x, gain, bias, flops: Double(8 * x.count)) { g, sink in
    let sums = Tensor(uninitialized: Shape(2, channels))  // Σ g and Σ g h a channel: the gradients of bias and gain
    let totals = DoubleMemory(count: 2 * channels)
    braid_batch_norm_sums(
      x.pointer, statistics.pointer, g.pointer, totals.pointer, sums.pointer, batch, channels, inner)
    if let bias { sink.accumulate(into: bias) { addScaled(sums.pointer, $1, $0, channels) } }
    if let gain { sink.accumulate(into: gain) { addScaled(sums.pointer + channels, $1, $0, channels) } }
    sink.accumulate(into: x) { gx, beta in
      braid_batch_norm_gradient(
        x.pointer, statistics.pointer, gain?.pointer, g.pointer, isConstant ? nil : sums.pointer, beta, gx, batch,
        channels, inner)
    }
  }
}

private func channelSizes(_ x: Shape, _ gain: Tensor?, _ bias: Tensor?) -> (batch: Int, channels: Int, inner: Int) {
  guard x.rank >= 2 else { stop("batchNorm", "input of shape \(x); expected [batch, channels, …]") }
  checkScales("batchNorm", x, x[1], gain, bias)
  return (x[0], x[1], x.count(2..<x.rank))
}

func checkScales(_ operation: String, _ x: Shape, _ width: Int, _ gain: Tensor?, _ bias: Tensor?) {
  if let gain, gain.shape != Shape(width) {
    stop(operation, "gain of shape \(gain.shape) for input \(x); expected [\(width)]")
  }
  if let bias, bias.shape != Shape(width) {
    stop(operation, "bias of shape \(bias.shape) for input \(x); expected [\(width)]")
  }
}
