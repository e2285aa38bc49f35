import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `The Gumbel distribution` {
  @Test func `agrees with PyTorch in every number and every gradient`() throws {
    let probability = try disagreement("distributions/gumbel-log-probability") { input, _ in
      GumbelDistribution(location: input("location"), scale: input("scale")).logProbability(of: input("x"))
    }
    let entropy = try disagreement("distributions/gumbel-entropy") { input, _ in
      GumbelDistribution(location: input("location"), scale: input("scale")).entropy() + input("location") * 0
    }
    let mean = try disagreement("distributions/gumbel-mean") { input, _ in
      GumbelDistribution(location: input("location"), scale: input("scale")).mean
    }
    #expect(probability + entropy + mean == [])
    #expect(
      try !disagreement("distributions/gumbel-mean") { input, _ in
        GumbelDistribution(location: input("location"), scale: input("scale")).entropy()
      }.isEmpty)
  }

  @Test func `gives samples of its mean and variance, with gradients`() {
    let count = 100_000
    let tape = Tape()
    let location = tape.watch(Tensor(repeating: 1, Shape(count)))
    let scale = tape.watch(Tensor(repeating: 2, Shape(count)))
    var stream = RandomStream(seed: 3, .sampling)
    var copy = stream
    let sample = GumbelDistribution(location: location, scale: scale).sample(&stream)
    let found = moments(sample.elements)
    #expect(abs(found.mean - (1 + 2 * 0.5772157)) < 0.04)  // deviation 0.008
    #expect(abs(found.variance - 4 * Double.pi * Double.pi / 6) < 0.25)  // 0.044
    let gradients = sample.gradients()
    #expect(gradients[location]?.elements == Array(repeating: 1, count: count))
    #expect(gradients[scale]?.elements == copy.gumbel(Shape(count)).elements)
  }
}
