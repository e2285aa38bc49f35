import AttentionFusion
import BraidCore
import BraidNN
import BraidTensor
import Testing

/// What hard attention draws in training. What it computes from a choice is held by the fixtures.
@Suite struct HardAttentionTests {
  private static let modalities = [Modality("q", .sequence, width: 3), Modality("v", .sequence, width: 3)]
  private let features: [Features] = ["q", "v"].map { name in
    var stream = RandomStream(seed: 3, .sampling, path: name)
    return Features(stream.normal([2, name == "q" ? 2 : 3, 3]))
  }
  private func fusion(_ options: AttentionFusion.Options) throws -> AttentionFusion {
    try AttentionFusion(options, joining: Self.modalities, in: Scope(seed: 1)["fusion"])
  }
  /// Which step of `v` each of sample b's two questions took: contexts are rows of `v` with `width: 0` and max pooling off.
  private func drawn(_ fusion: AttentionFusion, _ features: [Features], seed: UInt64, step: Int) -> (Fused, [Float]) {
    var context = Context.training(seed: seed, step: step)
    let fused = fusion(features, &context)
    return (fused, fused.values.elements)
  }

  @Test func `draws each step as often as the soft weights say, and its log-probability is that weight's`() throws {
    // one question a sample, so that the context is the drawn row itself
    let question = Features(features[0].values.slice(1, 0..<1))
    let asked = [question, features[1]]
    let soft = try fusion(.init(form: .questionGuided, width: 0))
    let hard = try fusion(.init(form: .questionGuided, width: 0, mode: .hard))
    var context = Context.evaluation(exportingExtras: true)
    let weights = soft(asked, &context).extras["attention.q.v"]!  // [2, 1, 3]
    let steps = features[1].values  // [2, 3, 3]
    let draws = 4000
    var counts = [Int](repeating: 0, count: 6)
    for step in 0..<draws {
      let (fused, values) = drawn(hard, asked, seed: 9, step: step)  // [2, 6]
      for sample in 0..<2 {
        let context = Array(values[(sample * 6)..<(sample * 6 + 3)])
        let taken = try #require(
          (0..<3).first { row in
            context == Array(steps.elements[((sample * 3 + row) * 3)..<((sample * 3 + row + 1) * 3)])
          })
        counts[sample * 3 + taken] += 1
        let expected = Double(weights.elements[sample * 3 + taken]).log
        #expect(abs(Double(fused.logProbability!.elements[sample]) - expected) < 1e-5)
      }
    }
    for place in 0..<6 {  // within five standard deviations of a binomial count
      let p = Double(weights.elements[place])
      let deviation = (p * (1 - p) * Double(draws)).squareRoot()
      #expect(
        abs(Double(counts[place]) - p * Double(draws)) < 5 * deviation, "place \(place): \(counts[place]) for p \(p)")
    }
  }

  @Test func `draws the same again for the same seed and step, and something else for another`() throws {
    let hard = try fusion(.init(form: .questionGuided, width: 0, mode: .hard))
    let first = drawn(hard, features, seed: 1, step: 0).1
    #expect(drawn(hard, features, seed: 1, step: 0).1 == first)
    #expect((1...20).contains { drawn(hard, features, seed: 1, step: $0).1 != first })
    #expect((2...21).contains { drawn(hard, features, seed: UInt64($0), step: 0).1 != first })
  }

  @Test func `takes the most probable step in evaluation, every time`() throws {
    let hard = try fusion(.init(form: .questionGuided, width: 0, mode: .hard))
    let soft = try fusion(.init(form: .questionGuided, width: 0))
    var one = Context.evaluation(exportingExtras: true)
    var two = Context.evaluation(exportingExtras: true)
    let weights = soft(features, &one).extras["attention.q.v"]!
    let choice = hard(features, &two).extras["attention.q.v"]!
    #expect(choice.elements == weights.oneHotMaximum().elements)
    #expect(choice.sum(-1).elements == [1, 1, 1, 1])
  }

  @Test func `never draws padding or an absent modality, which then adds nothing to the log-probability`() throws {
    let hard = try fusion(.init(form: .questionGuided, width: 0, mode: .hard))
    let steps = Tensor([0, 1, 0, 1, 1, 1], [2, 3])
    let masked = [features[0], Features(features[1].values, steps: steps, presence: Tensor([1, 0]))]
    let only = Array(features[1].values.elements[3..<6])
    for step in 0..<50 {
      let (fused, values) = drawn(hard, masked, seed: 1, step: step)
      // the mean of two questions that both took step 1
      #expect(zip(values[0..<3], only).allSatisfy { abs($0 - $1) < 1e-6 })
      #expect(Array(values[6..<9]) == [0, 0, 0])
      #expect(fused.logProbability!.elements.allSatisfy { abs($0) < 1e-6 })
    }
  }
}

extension Double {
  /// Natural logarithm, through the engine's own.
  fileprivate var log: Double { Double(Tensor([Float(self)]).log().scalar) }
}
