import BraidTensor

/// The masks of attention to a source, which is x itself in self-attention, of which slices of samples are cut.
struct SlicedMasks {
  /// `[B, S]`, 1 for a real step of the source.
  var steps: Tensor?
  /// `[T, S]`, or `[B, T, S]` where samples differ.
  var places: Tensor?

  /// Whether they have the shapes that slices are cut from: where not, attention says what is wrong, of all samples.
  func fit(_ batch: Int, _ time: Int, source: Int) -> Bool {
    if let steps, steps.shape != Shape(batch, source) { return false }
    guard let places else { return true }
    return places.shape == Shape(time, source) || places.shape == Shape(batch, time, source)
  }

  /// Those of some samples.
  func of(_ samples: Range<Int>) -> SlicedMasks {
    SlicedMasks(steps: steps?.slice(0, samples), places: places?.shape.rank == 3 ? places?.slice(0, samples) : places)
  }
}
