import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `The normal distribution` {
  @Test(arguments: ["", "-one", "-none", "-vector"])
  func `agrees with PyTorch in every number and every gradient`(_ kind: String) throws {
    let probability = try disagreement("distributions/normal-log-probability\(kind)") { input, _ in
      NormalDistribution(mean: input("mean"), deviation: input("deviation")).logProbability(of: input("x"))
    }
    let divergence = try disagreement("distributions/normal-divergence\(kind)") { input, _ in
      NormalDistribution(mean: input("a"), deviation: input("s"))
        .kullbackLeibler(to: NormalDistribution(mean: input("b"), deviation: input("t")))
    }
    let standard = try disagreement("distributions/normal-standard\(kind)") { input, _ in
      NormalDistribution(mean: input("mean"), logVariance: input("logVariance")).kullbackLeiblerToStandard()
    }
    #expect(probability + divergence + standard == [])
  }

  @Test func `does so for entropies, logarithms of variances and shapes that broadcast`() throws {
    for kind in ["", "-one", "-none", "-vector"] {
      #expect(
        try disagreement("distributions/normal-entropy\(kind)") { input, _ in
          // the mean is in it, with a gradient of 0
          NormalDistribution(mean: input("mean"), deviation: input("deviation")).entropy() + input("mean") * 0
        } == [])
    }
    #expect(
      try disagreement("distributions/normal-log-variance") { input, _ in
        NormalDistribution(mean: input("mean"), logVariance: input("logVariance")).logProbability(of: input("x"))
      } == [])
    #expect(
      try disagreement("distributions/normal-broadcast") { input, _ in
        NormalDistribution(mean: input("mean"), deviation: input("deviation")).logProbability(of: input("x"))
      } == [])
  }

  @Test func `is told apart from another by the same comparison`() throws {
    #expect(
      try !disagreement("distributions/normal-divergence") { input, _ in
        NormalDistribution(mean: input("b"), deviation: input("t"))
          .kullbackLeibler(to: NormalDistribution(mean: input("a"), deviation: input("s")))
      }.isEmpty)
  }

  @Test func `has the derivatives that central differences find`() {
    var stream = RandomStream(seed: 4, .sampling)
    let inputs = ["x", "mean", "logVariance", "other"].map { (name: $0, tensor: stream.normal([2, 3])) }
    let check = checkGradients(inputs: inputs) { tensors, _ in
      let own = NormalDistribution(mean: tensors[1], logVariance: tensors[2])
      let other = NormalDistribution(mean: tensors[3], logVariance: tensors[0] * 0.5)
      return stack([
        own.logProbability(of: tensors[0]), own.entropy(), own.kullbackLeibler(to: other),
        own.kullbackLeiblerToStandard(),
      ])
    }
    #expect(check.violations == [])
  }

  @Test func `gives samples through which gradients reach both parameters`() {
    let tape = Tape()
    let mean = tape.watch(Tensor([1, -2, 0]))
    let deviation = tape.watch(Tensor([0.5, 2, 0.1]))
    var stream = RandomStream(seed: 3, .sampling, path: "latent")
    var copy = stream
    let sample = NormalDistribution(mean: mean, deviation: deviation).sample(&stream)
    let noise = copy.normal([3])
    #expect(sample.elements == zip([1, -2, 0], zip([0.5, 2, 0.1], noise.elements)).map { $0 + $1.0 * $1.1 })
    let gradients = sample.gradients()
    #expect(gradients[mean]?.elements == [1, 1, 1] && gradients[deviation]?.elements == noise.elements)
    #expect(stream.next() == copy.next(), "one number an element")
  }

  @Test func `gives samples of its mean and variance`() {
    var stream = RandomStream(seed: 3, .sampling)
    let count = 100_000
    let distribution = NormalDistribution(
      mean: Tensor(repeating: 3, Shape(count)), deviation: Tensor(repeating: 2, Shape(count)))
    let found = moments(distribution.sample(&stream).elements)
    #expect(abs(found.mean - 3) < 0.03)  // deviation 0.0063
    #expect(abs(found.variance - 4) < 0.09)  // 0.018
  }

  @Test func `holds at the ends of the range it promises`() {
    for size in [-170, 170] as [Float] {
      let tape = Tape()
      let mean = tape.watch(Tensor([0, 1]))
      let logVariance = tape.watch(Tensor(repeating: size, [2]))
      let own = NormalDistribution(mean: mean, logVariance: logVariance)
      let all = stack([own.logProbability(of: Tensor([0, 1])), own.entropy(), own.kullbackLeibler(to: own)])
      #expect(all.isFinite)
      let gradients = all.gradients()
      #expect(gradients[mean]!.isFinite && gradients[logVariance]!.isFinite)
    }
  }

  @Test func `stops where mean and deviation have different shapes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = NormalDistribution(mean: .zeros([2, 3]), deviation: .ones([3]))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.contains("NormalDistribution: mean of shape [2, 3] and deviation of shape [3]; expected the same shape"))
  }

  /// σ = e^(±5000) is 0 or infinite as a number, what is told of it is not.
  @Test(arguments: [-1e4, 1e4] as [Float]) func `knows the logarithm of a deviation that is no number`(_ size: Float) {
    let tape = Tape()
    let mean = tape.watch(Tensor([0, 1])), logVariance = tape.watch(Tensor(repeating: size, [2]))
    let own = NormalDistribution(mean: mean, logVariance: logVariance)
    let probability = own.logProbability(of: Tensor([0, 1]))
    #expect(probability.elements.allSatisfy { abs($0 + size / 2 + 0.918_938_5) < 1e-3 })
    #expect(own.kullbackLeibler(to: own).elements == [0, 0])
    let gradients = probability.gradients()
    #expect(gradients[mean]?.elements == [0, 0] && gradients[logVariance]?.elements == [-0.5, -0.5])
    let elsewhere = own.logProbability(of: Tensor([1, 2]))
    #expect(elsewhere.elements.allSatisfy { size < 0 ? $0 == -.infinity : abs($0 + 5000.918_9) < 1e-3 })
  }
}
