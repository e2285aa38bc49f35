import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `The categorical distribution` {
  @Test(arguments: ["", "-one", "-deep", "-vector", "-none"])
  func `agrees with PyTorch in every number and every gradient`(_ kind: String) throws {
    let probability = try disagreement("distributions/categorical-log-probability\(kind)") { input, fixture in
      CategoricalDistribution(logits: input("logits")).logProbability(of: try fixture.integers("input.classes"))
    }
    let entropy = try disagreement("distributions/categorical-entropy\(kind)") { input, _ in
      CategoricalDistribution(logits: input("logits")).entropy()
    }
    let divergence = try disagreement("distributions/categorical-divergence\(kind)") { input, _ in
      CategoricalDistribution(logits: input("a")).kullbackLeibler(to: CategoricalDistribution(logits: input("b")))
    }
    #expect(probability + entropy + divergence == [])
  }

  @Test func `does so with classes excluded, which get no gradient`() throws {
    let entropy = try disagreement("distributions/categorical-entropy-masked") { input, _ in
      CategoricalDistribution(logits: input("logits"), mask: input("mask")).entropy()
    }
    let divergence = try disagreement("distributions/categorical-divergence-masked") { input, _ in
      CategoricalDistribution(logits: input("a"), mask: input("mask"))
        .kullbackLeibler(to: CategoricalDistribution(logits: input("b"), mask: input("mask")))
    }
    let probability = try disagreement("distributions/categorical-log-probability-masked") { input, fixture in
      CategoricalDistribution(logits: input("logits"), mask: input("mask"))
        .logProbability(of: try fixture.integers("input.classes"))
    }
    #expect(entropy + divergence + probability == [])
    // and is told apart from one without the mask
    #expect(
      try !disagreement("distributions/categorical-entropy-masked") { input, _ in
        CategoricalDistribution(logits: input("logits")).entropy()
      }.isEmpty)
  }

  @Test func `has the derivatives that central differences find`() {
    var stream = RandomStream(seed: 4, .sampling)
    let check = checkGradients(inputs: [("a", stream.normal([2, 4])), ("b", stream.normal([2, 4]))]) { tensors, _ in
      let own = CategoricalDistribution(logits: tensors[0])
      return stack([own.logProbability(of: [3, 0]), own.entropy(), own.kullbackLeibler(to: .init(logits: tensors[1]))])
    }
    #expect(check.violations == [])
  }

  @Test func `is infinitely far from one that excludes what it has, and no distance from itself`() {
    let own = CategoricalDistribution(logits: Tensor([0, 1, 2]))
    let narrow = CategoricalDistribution(
      logits: Tensor([0, 1, 2]), mask: Tensor([1, 1, 0]))
    #expect(own.kullbackLeibler(to: narrow).scalar == .infinity)
    #expect(narrow.kullbackLeibler(to: own).scalar.isFinite && own.kullbackLeibler(to: own).scalar == 0)
  }

  @Test func `draws classes with their probabilities, and never an excluded one`() {
    let count = 30_000
    let row = Tensor([-1, 0, 0.5, 2])
    let logits = stack(Array(repeating: row, count: count), axis: 0)  // [count, 4]
    let distribution = CategoricalDistribution(logits: logits, mask: Tensor([1, 0, 1, 1]))
    var stream = RandomStream(seed: 5, .sampling)
    let drawn = distribution.sample(&stream)
    #expect(drawn.count == count)
    for k in 0..<4 {
      let share = Double(drawn.filter { $0 == k }.count) / Double(count)
      #expect(abs(share - Double(distribution.probabilities.elements[k])) < 0.015)  // deviation at most 0.003
    }
    #expect(!drawn.contains(1))
  }

  @Test func `loses nothing at extreme logits`() {
    let tape = Tape()
    let logits = tape.watch(Tensor([1e4, -1e4, 0, -.infinity, 0, 1], [2, 3]))
    let own = CategoricalDistribution(logits: logits)
    #expect(own.entropy().elements[0] == 0)
    #expect(own.logProbability(of: [1, 2]).elements[0] == -2e4)
    let all = stack([own.entropy(), own.logProbability(of: [0, 1])])
    #expect(all.isFinite && all.gradients()[logits]!.isFinite)
  }

  @Test func `stops with a sentence that names row and class`() async {
    func message(_ result: ExitTest.Result?) -> String {
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }
    let count = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CategoricalDistribution(logits: .zeros([2, 3])).logProbability(of: [1])
    }
    let first = message(count)
    #expect(
      first.contains("CategoricalDistribution: 1 classes for log-probabilities of shape [2, 3]; expected 2, one a row"))
    let unknown = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CategoricalDistribution(logits: .zeros([2, 3])).logProbability(of: [1, 3])
    }
    let second = message(unknown)
    #expect(second.contains("CategoricalDistribution: class 3 in row 1; expected 0 ..< 3"))
    let excluded = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var stream = RandomStream(seed: 1, .sampling)
      _ = CategoricalDistribution(logits: .zeros([2, 3]), mask: Tensor([1, 1, 1, 0, 0, 0], [2, 3])).sample(&stream)
    }
    let third = message(excluded)
    #expect(
      third.contains(
        "CategoricalDistribution: row 1 of [2, 3] has no class to draw: all are excluded; keep at least one"))
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = CategoricalDistribution(logits: .zeros([2, 0]))
    }
    let fourth = message(empty)
    #expect(
      fourth.contains(
        "CategoricalDistribution: logits of shape [2, 0]; expected [..., classes] with at least one class"))
  }
}
