import BraidCore
import BraidNN
import BraidTensor

// Samples stand alone: what happens to one never shows in another. Attention that treats the batch as a sequence, batch
// statistics in evaluation and mixed-up axes are found here.
extension FusionCheck {
  /// Catches anything that depends on a sample's place in the batch.
  public static let batchPermutation = FusionCheck("batch-permutation", "permuting the batch permutes the output") {
    subject in
    try subject.forEachCase { each in
      let (fusion, _) = try each.build()
      let order = [3, 0, 4, 1, 2]
      let features = each.features(5, masks: .mixed)
      let straight = evaluated(fusion, features)
      let permuted = evaluated(fusion, features.map { $0.rows(order) })
      return differences(permuted, straight, rows: Array(order.enumerated().map { ($0.offset, $0.element) }))
    }
  }

  /// Catches a sample that sees others: its output must be the same alone, and when all others change.
  public static let sampleIndependence = FusionCheck(
    "sample-independence", "a sample's output never depends on other samples"
  ) {
    subject in
    try subject.forEachCase { each in
      let (fusion, _) = try each.build()
      let batch = 5
      let features = each.features(batch, masks: .mixed)
      let together = evaluated(fusion, features)
      var wrong: [String] = []
      for sample in 0..<batch {
        let alone = evaluated(fusion, features.map { $0.rows([sample]) })
        wrong += differences(alone, together, rows: [(0, sample)]).map {
          "sample \(sample) alone and in a batch: \($0)"
        }
        let others = features.map { features in
          let values = features.values.copy()
          let size = values.count / batch
          for place in 0..<values.count where place / size != sample {
            values.pointer[place] = 40 - 3 * values.pointer[place]
          }
          return Features(values, steps: features.steps, presence: features.presence)
        }
        wrong += differences(evaluated(fusion, others), together, rows: [(sample, sample)])
          .map { "sample \(sample) after the others changed: \($0)" }
      }
      return wrong
    }
  }
}

extension Features {
  /// The samples with these numbers, in this order.
  func rows(_ order: [Int]) -> Features {
    func pick(_ tensor: Tensor) -> Tensor {
      let size = tensor.count / tensor.shape[0]
      var shape = tensor.shape
      shape[0] = order.count
      return Tensor(order.flatMap { row in (0..<size).map { tensor.pointer[row * size + $0] } }, shape)
    }
    return Features(pick(values), steps: steps.map(pick), presence: presence.map(pick), grid: grid)
  }
}
