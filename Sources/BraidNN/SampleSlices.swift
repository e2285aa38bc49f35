import BraidTensor

extension Context {
  /// What a part makes of all samples: in evaluation of some of them at a time, so that what lies between its operations
  /// stays in a core's second cache instead of passing through memory. The values are the same bits either way, since
  /// samples do not see each other.
  ///
  /// While gradients are recorded or in training, the part gets all samples at once.
  /// - Parameters:
  ///   - inputs: what the part reads, `[B, …]` each, at least one; if any is recorded, the part gets all samples.
  ///   - floats: what the part holds of one sample at a time, in numbers.
  ///   - part: makes `[n, …]` from the n samples of a range. It must treat each sample by itself, and draw no random numbers.
  public mutating func inSlices(
    of inputs: Few<Tensor>, floats: Int, _ part: (_ samples: Range<Int>, _ context: inout Context) -> Tensor
  ) -> Tensor {
    let batch = inputs[0].shape[0]
    let together = max(1, SampleSlices.floats / max(1, floats)) * Threads.count
    if tape != nil || isTraining || batch <= together || inputs.contains(where: \.isRecorded) {
      return part(0..<batch, &self)
    }
    let slices = (batch + together - 1) / together
    var result: Tensor?
    for slice in 0..<slices {
      let samples = batch * slice / slices..<batch * (slice + 1) / slices
      let y = part(samples, &self)  // [n, …]
      if result == nil {
        var shape = y.shape
        shape[0] = batch
        result = Tensor(uninitialized: shape)
      }
      result?.pointer.advanced(by: y.count / samples.count * samples.lowerBound).update(from: y.pointer, count: y.count)
    }
    return result ?? part(0..<batch, &self)
  }
}

/// How many samples are worked on at once.
enum SampleSlices {
  /// What a slice holds at a time: 768 KB, which a second cache of 1 or 2 MB has room for beside the weights.
  static let floats = 192 << 10
}

/// The masks of attention to a source, which is x itself in self-attention.
struct AttentionMasks {
  /// `[B, S]`, 1 for a real step of the source.
  var steps: Tensor?
  /// `[T, S]`, or `[B, T, S]` where samples differ.
  var places: Tensor?

  /// Whether they have the shapes that slices of them are cut from: where not, attention says what is wrong.
  func fit(_ batch: Int, _ time: Int, source: Int) -> Bool {
    if let steps, steps.shape != Shape(batch, source) { return false }
    guard let places, places.shape.rank == 3 else { return true }
    return places.shape == Shape(batch, time, source)
  }

  /// Those of some samples.
  func of(_ samples: Range<Int>) -> AttentionMasks {
    AttentionMasks(
      steps: steps?.slice(0, samples), places: places?.shape.rank == 3 ? places?.slice(0, samples) : places)
  }
}
