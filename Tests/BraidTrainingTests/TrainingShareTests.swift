import BraidCore
import BraidNN
import BraidTensor
import Testing

@testable import BraidTraining

private let both: KeyValuePairs<String, (String, [String: Setting])> = ["left": ("mlp", [:]), "right": ("mlp", [:])]

@Suite("A share of the training split") struct TrainingShareTests {
  private func samples(_ share: Double, of count: Int, seed: UInt64 = 1) -> [Int] {
    TrainingOptions.with { $0.share = share }.samples(of: count, seed: seed)
  }

  @Test func `is so many different samples, all of them in order when it is 1`() {
    #expect(samples(1, of: 5) == [0, 1, 2, 3, 4])
    for (share, expected) in [(0.25, 50), (0.5, 100), (0.999, 200), (0.001, 1)] {
      let drawn = samples(share, of: 200)
      #expect(drawn.count == expected && Set(drawn).count == expected && drawn.allSatisfy { (0..<200).contains($0) })
    }
    #expect(samples(0.5, of: 1) == [0])
  }

  @Test func `is drawn by the seed, and a smaller one is part of a larger one`() {
    #expect(samples(0.3, of: 100) == samples(0.3, of: 100))
    #expect(Set(samples(0.3, of: 100)) != Set(samples(0.3, of: 100, seed: 2)))
    #expect(Set(samples(0.1, of: 100)).isSubset(of: samples(0.3, of: 100)))
  }

  @Test func `is all that training asks for, every epoch; validation and test stay whole`() throws {
    let data = try Toy.exclusiveOr()
    let options = TrainingOptions.with { ($0.epochs, $0.batchSize, $0.share) = (2, 16, 0.25) }
    let result = try Learner(data, both).train(on: data, options, seed: 3)
    let used = options.samples(of: 240, seed: 3)
    // the first two samples are asked for once more, to count operations
    let asked = Array(data.log.batches.filter { $0.split == .train }.map(\.samples).prefix(2 * 4))
    #expect(asked.prefix(4).flatMap { $0 }.sorted() == used.sorted())
    #expect(asked.suffix(4).flatMap { $0 }.sorted() == used.sorted() && asked[0] != asked[4])
    #expect(result.evaluations[.validation]?.count == 80 && result.evaluations[.test]?.count == 80)
  }

  @Test func `out of range is refused`() {
    for share in [0, -0.5, 1.5, .nan] {
      let options = TrainingOptions.with { $0.share = share }
      #expect(throws: SetupError("train.share: found \(share); expected above 0 and at most 1.")) {
        try options.validate(metrics: [], at: "train")
      }
    }
  }
}

@Suite("What training costs") struct TrainingCostTests {
  @Test func `is told from one step and one pass, by the numbers of batches`() throws {
    let data = try Toy.exclusiveOr()  // 240, 80 and 80 samples
    let options = TrainingOptions.with { ($0.batchSize, $0.share) = (32, 0.5) }
    let learner = try Learner(data, both)
    let cost = try TrainingCost(of: learner.model, learner.loss, on: data, options: options, seed: 1)
    #expect(cost.step > 0 && cost.pass > 0)  // which is more, a busy machine decides
    #expect(abs(cost.epoch - (4 * cost.step + 3 * cost.pass)) < 1e-12)  // 120 / 32 and 80 / 32 batches
    #expect(abs(cost.end - 6 * cost.pass) < 1e-12)
    #expect(cost.checkpoint > 0)
    func checkpoints(every interval: Double) -> Double {
      (cost.seconds(epochs: 5, checkpointEvery: interval) - 5 * cost.epoch - cost.end) / cost.checkpoint
    }
    for (interval, kept) in [(0, 5), (cost.epoch / 2, 5), (cost.epoch * 2, 2.5), (.infinity, 0)] {
      #expect(abs(checkpoints(every: interval) - kept) < 1e-3, "every \(interval) s")
    }
  }
}
