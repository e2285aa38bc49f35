import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import Testing

private let words = Modality("text", .sequence, width: 2)
private let picture = Modality("image", .vector, width: 2)

/// Two sequences of three steps; the second has one real step.
private func features() -> Features {
  Features(Tensor([1, 2, 3, 4, 5, 0, 7, 8, 90, 90, 90, 90], [2, 3, 2]), steps: Tensor([1, 1, 1, 1, 0, 0], [2, 3]))
}

private func adapted(_ adapter: Adapter, _ features: Features) -> Features {
  var context = Context.evaluation()
  return adapter(features, &context)
}

@Suite struct `Adapters` {
  @Test(arguments: [
    (Adapter.Pooling.mean, [3, 2, 7, 8]), (.max, [5, 4, 7, 8]), (.last, [5, 0, 7, 8]),
  ])
  func `pool a sequence over its real steps`(_ pooling: Adapter.Pooling, _ expected: [Double]) throws {
    let scope = Scope(seed: 1)
    let adapter = Adapter.needed(for: words, by: .vectors, pooling: pooling, in: scope)
    try expectClose(adapted(adapter, features()).values, expected)
    #expect(adapter.output(of: words) == Modality("text", .vector, width: 2))
    #expect(scope.parameters.isEmpty)
    #expect(adapter.summary == "\(pooling.rawValue) over steps")
  }

  @Test func `with attention weigh real steps by a learned score`() throws {
    let scope = Scope(seed: 1)
    let adapter = Adapter.needed(for: words, by: .vectors, pooling: .attention, in: scope["adapter.text"])
    #expect(scope.parameters.map(\.path) == ["adapter.text.score.weight", "adapter.text.score.bias"])
    scope.store["adapter.text.score.weight"]!.assign(Tensor([0, 1]))
    // scores 2, 4, 0 of the first sample; the second has one real step and takes it whole
    let total = 7.389056 + 54.59815 + 1
    let expected = [(7.389056 * 1 + 54.59815 * 3 + 5) / total, (7.389056 * 2 + 54.59815 * 4) / total, 7, 8]
    try expectClose(adapted(adapter, features()).values, expected, 1e-5)
  }

  @Test func `make a sequence of one step out of a vector`() {
    let adapter = Adapter.needed(for: picture, by: .sequences, pooling: .mean, in: Scope(seed: 1))
    let found = adapted(adapter, Features(Tensor([1, 2, 3, 4], [2, 2]), presence: Tensor([1, 0])))
    #expect(found.values.shape == [2, 1, 2] && found.values.elements == [1, 2, 3, 4])
    #expect(found.presence?.elements == [1, 0])
    #expect(adapter.output(of: picture) == Modality("image", .sequence, width: 2))
  }

  @Test(arguments: [(words, Accepts.sequences), (words, .either), (picture, .vectors), (picture, .either)])
  func `are none where the kinds agree`(_ modality: Modality, _ accepts: Accepts) {
    let adapter = Adapter.needed(for: modality, by: accepts, pooling: .max, in: Scope(seed: 1))
    #expect(adapter.summary == "as it is")
    #expect(adapter.output(of: modality) == modality)
  }
}
