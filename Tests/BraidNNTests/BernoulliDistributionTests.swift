import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `The Bernoulli distribution` {
  private func probability(_ kind: String) throws -> [String] {
    try disagreement("distributions/bernoulli-\(kind)") { input, _ in
      BernoulliDistribution(logits: input("logits")).logProbability(of: input("x"))
    }
  }

  private func entropy(_ kind: String) throws -> [String] {
    try disagreement("distributions/bernoulli-entropy\(kind)") { input, _ in
      BernoulliDistribution(logits: input("logits")).entropy()
    }
  }

  @Test(arguments: ["", "-one", "-none", "-vector"])
  func `agrees with PyTorch in every number and every gradient`(_ kind: String) throws {
    let divergence = try disagreement("distributions/bernoulli-divergence\(kind)") { input, _ in
      BernoulliDistribution(logits: input("a")).kullbackLeibler(to: BernoulliDistribution(logits: input("b")))
    }
    let found = try probability("log-probability\(kind)") + entropy(kind) + divergence
    #expect(found == [])
  }

  @Test func `broadcasts, and keeps its digits where a draw is all but certain`() throws {
    let found = try probability("broadcast") + probability("log-probability-sure") + entropy("-sure")
    #expect(found == [])
    let sure = BernoulliDistribution(logits: Tensor([15, -15, 40]))
    // by far the largest term of each is e⁻¹⁵ (15 + 1), or e⁻⁴⁰ · 41
    try expectClose(sure.entropy(), [4.894_436e-6, 4.894_436e-6, 1.741_825e-16], 2e-6)
    let likely = sure.logProbability(of: Tensor([1, 0, 1]))
    try expectClose(likely, [-3.059_022_7e-7, -3.059_022_7e-7, -4.248_354e-18], 2e-6)
    // one logit further on: of e⁻¹⁵ − (e⁻¹⁵ − e⁻¹⁶), e⁻¹⁶ is left
    let next = sure.kullbackLeibler(to: BernoulliDistribution(logits: Tensor([16, -15, 40])))
    try expectClose(next, [1.125_35e-7, 0, 0], 2e-5)
  }

  @Test func `is told apart from the divergence the other way`() throws {
    #expect(
      try !disagreement("distributions/bernoulli-divergence") { input, _ in
        BernoulliDistribution(logits: input("b")).kullbackLeibler(to: BernoulliDistribution(logits: input("a")))
      }.isEmpty)
  }

  @Test func `has the derivatives that central differences find`() {
    var stream = RandomStream(seed: 4, .sampling)
    let check = checkGradients(inputs: [("a", stream.normal([2, 3])), ("b", stream.normal([2, 3]))]) { tensors, _ in
      let own = BernoulliDistribution(logits: tensors[0])
      return stack([
        own.logProbability(of: Tensor([1, 0, 1])), own.entropy(), own.kullbackLeibler(to: .init(logits: tensors[1])),
      ])
    }
    #expect(check.violations == [])
  }

  @Test func `draws NaN where the probability is`() {
    let distribution = BernoulliDistribution(logits: Tensor([.nan, 50]))
    var stream = RandomStream(seed: 5, .sampling)
    let draws = [
      distribution.sample(&stream), distribution.relaxedSample(temperature: 1, isHard: true, &stream),
      distribution.relaxedSample(temperature: 1, &stream),
    ]
    for draw in draws { #expect(draw.elements[0].isNaN && draw.elements[1] > 0.99) }
  }

  @Test func `draws 1 with its probability`() {
    let count = 30_000
    let logits = stack([-2, 0, 1, 3].map { Tensor(repeating: $0, Shape(count)) })
    let distribution = BernoulliDistribution(logits: logits)
    var stream = RandomStream(seed: 5, .sampling)
    let drawn = distribution.sample(&stream)
    let soft = distribution.relaxedSample(temperature: 0.5, &stream)
    let hard = distribution.relaxedSample(temperature: 0.5, isHard: true, &stream)
    for row in 0..<4 {
      let p = Double(distribution.probability.elements[row * count])
      for draws in [drawn, hard] {
        let part = Array(draws.elements[row * count..<(row + 1) * count])
        #expect(part.allSatisfy { $0 == 0 || $0 == 1 })
        #expect(abs(moments(part).mean - p) < 0.015)  // deviation at most 0.003
      }
      // relaxed draws are above a half as often as hard ones are 1
      let above = soft.elements[row * count..<(row + 1) * count].filter { $0 > 0.5 }.count
      #expect(abs(Double(above) / Double(count) - p) < 0.015)
    }
    #expect(!drawn.isRecorded)
  }

  @Test func `lets gradients through a draw by the probability's, or the relaxed draw's`() throws {
    let values = Tensor([-1, 0.5, 2])
    let tape = Tape()
    let logits = tape.watch(values)
    var stream = RandomStream(seed: 5, .sampling)
    let straight = BernoulliDistribution(logits: logits).sample(&stream, isStraightThrough: true)
    let p = BernoulliDistribution(logits: values).probability.elements
    try expectClose(try #require(straight.gradients()[logits]), p.map { Double($0 * (1 - $0)) })

    func relaxed(isHard: Bool) -> (value: [Float], gradient: [Float]) {
      let tape = Tape()
      let logits = tape.watch(values)
      var stream = RandomStream(seed: 6, .sampling)
      let sample = BernoulliDistribution(logits: logits).relaxedSample(temperature: 0.7, isHard: isHard, &stream)
      return (sample.elements, sample.gradients()[logits]!.elements)
    }
    let (soft, hard) = (relaxed(isHard: false), relaxed(isHard: true))
    #expect(soft.gradient == hard.gradient && hard.value == soft.value.map { $0 < 0.5 ? 0 : 1 })
    try expectClose(Tensor(soft.gradient), soft.value.map { Double($0 * (1 - $0) / 0.7) })
  }

  @Test func `loses nothing at extreme logits`() {
    let tape = Tape()
    let logits = tape.watch(Tensor([-1e4, -100, 100, 1e4]))
    let own = BernoulliDistribution(logits: logits)
    let certain = own.logProbability(of: Tensor([0, 0, 1, 1]))
    // e⁻¹⁰⁰ is as good as nothing
    #expect(certain.elements.allSatisfy { abs($0) < 1e-40 }, "what is certain has probability 1")
    #expect(own.logProbability(of: Tensor([1, 1, 0, 0])).elements == [-1e4, -100, -100, -1e4])
    #expect(own.entropy().elements.allSatisfy { abs($0) < 1e-40 })
    let all = stack([certain, own.entropy(), own.kullbackLeibler(to: .init(logits: .zeros([4])))])
    #expect(all.isFinite && all.gradients()[logits]!.isFinite)
  }

  @Test func `takes infinite logits for certainty`() {
    let tape = Tape()
    let logits = tape.watch(Tensor([-.infinity, .infinity, 0]))
    let own = BernoulliDistribution(logits: logits)
    #expect(own.entropy().elements == [0, 0, 0.693_147_2])
    let right = own.logProbability(of: Tensor([0, 1, 1])), wrong = own.logProbability(of: Tensor([1, 0, 1]))
    #expect(right.elements == [0, 0, -0.693_147_2] && wrong.elements == [-.infinity, -.infinity, -0.693_147_2])
    #expect(wrong.gradients()[logits]?.elements == [1, -1, 0.5])
    let other = BernoulliDistribution(logits: Tensor([2, 5, 0]))
    let divergence = own.kullbackLeibler(to: other).elements
    #expect(abs(divergence[0] - 2.126_928) < 1e-6 && abs(divergence[1] - 0.006_715_3) < 1e-6 && divergence[2] == 0)
    #expect(other.kullbackLeibler(to: own).elements == [.infinity, .infinity, 0])
    #expect(own.kullbackLeibler(to: own).elements == [0, 0, 0])
    // beside certainty other elements keep their digits, and certainty of the other is infinitely far from all but itself
    let mixed = BernoulliDistribution(logits: Tensor([20, 20, .infinity, 20]))
    let far = mixed.kullbackLeibler(to: .init(logits: Tensor([40, .infinity, .infinity, -.infinity]))).elements
    #expect(abs(far[0] / 3.916_191_9e-8 - 1) < 1e-4 && far[1] == .infinity && far[2] == 0 && far[3] == .infinity)
    // a logit that broadcasts
    let one = BernoulliDistribution(logits: Tensor([.infinity], [1, 1])).logProbability(of: Tensor([0, 1], [1, 2]))
    #expect(one.elements == [-.infinity, 0])
  }

  @Test func `stops at a temperature that is not above 0`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var stream = RandomStream(seed: 1, .sampling)
      _ = BernoulliDistribution(logits: .zeros([1])).relaxedSample(temperature: 0, &stream)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("BernoulliDistribution: temperature 0.0; expected one above 0"))
  }
}
