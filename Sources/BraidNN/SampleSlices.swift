import BraidTensor

extension Context {
  /// What a part makes of all samples: in evaluation of some of them at a time, so that what lies between its operations
  /// stays in a core's second cache instead of passing through memory. The values are the same bits either way, since
  /// samples do not see each other (the same within rounding where OpenBLAS multiplies).
  ///
  /// While gradients are recorded or in training, the part gets all samples at once; so it does where reading the weights
  /// once a slice would cost more than is saved. Stops when the part makes something else than one row a sample.
  /// - Parameters:
  ///   - inputs: what the part reads, `[B, …]` each, at least one; if any is recorded, the part gets all samples.
  ///   - floats: what the part holds of one sample at a time, in numbers.
  ///   - weights: the numbers of the parameters that the part reads.
  ///   - part: makes `[n, …]`, a constant, from the n samples of a range. It must treat each sample by itself, and draw no
  ///     random numbers.
  public mutating func inSlices(
    of inputs: Few<Tensor>, floats: Int, weights: Int = 0,
    _ part: (_ samples: Range<Int>, _ context: inout Context) -> Tensor
  ) -> Tensor {
    let batch = inputs[0].shape[0]
    let together = max(1, max(SampleSlices.floats, weights) / max(1, floats)) * Threads.count
    if tape != nil || isTraining || batch <= together || inputs.contains(where: \.isRecorded) {
      return part(0..<batch, &self)
    }
    let slices = (batch + together - 1) / together
    let first = part(0..<batch / slices, &self)  // [n, …]
    var shape = first.shape
    guard shape.rank > 0 else { stop("inSlices", "a part made a scalar; expected [samples, …]") }
    shape[0] = batch
    let result = Tensor(uninitialized: shape)
    for slice in 0..<slices {
      let samples = batch * slice / slices..<batch * (slice + 1) / slices
      let y = slice == 0 ? first : part(samples, &self)
      shape[0] = samples.count
      guard !y.isRecorded else {
        stop("inSlices", "a part made a recorded \(y.shape); expected a constant: name all it reads as inputs")
      }
      guard y.shape == shape else {
        stop(
          "inSlices",
          "a part made \(y.shape) of \(samples.count) samples; expected \(shape): read the samples of the range only")
      }
      (result.pointer + y.count / samples.count * samples.lowerBound).update(from: y.pointer, count: y.count)
    }
    return result
  }
}

/// How many samples are worked on at once.
enum SampleSlices {
  /// What a slice holds at a time: 768 KB, which a second cache of 1 or 2 MB has room for beside weights of that size.
  static let floats = 192 << 10
}
