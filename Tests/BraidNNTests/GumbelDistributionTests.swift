import BraidNN
import BraidTensor
import BraidTesting
import Foundation
import Testing

@Suite struct `The Gumbel distribution` {
  @Test(arguments: ["", "-one", "-none", "-vector"])
  func `agrees with PyTorch in every number and every gradient`(_ kind: String) throws {
    let probability = try disagreement("distributions/gumbel-log-probability\(kind)") { input, _ in
      GumbelDistribution(location: input("location"), scale: input("scale")).logProbability(of: input("x"))
    }
    let entropy = try disagreement("distributions/gumbel-entropy\(kind)") { input, _ in
      GumbelDistribution(location: input("location"), scale: input("scale")).entropy() + input("location") * 0
    }
    let mean = try disagreement("distributions/gumbel-mean\(kind)") { input, _ in
      GumbelDistribution(location: input("location"), scale: input("scale")).mean
    }
    #expect(probability + entropy + mean == [])
  }

  @Test func `broadcasts, and its mean is told from its entropy`() throws {
    let broadcast = try disagreement("distributions/gumbel-broadcast") { input, _ in
      GumbelDistribution(location: input("location"), scale: input("scale")).logProbability(of: input("x"))
    }
    #expect(broadcast == [])
    #expect(
      try !disagreement("distributions/gumbel-mean") { input, _ in
        GumbelDistribution(location: input("location"), scale: input("scale")).entropy()
      }.isEmpty)
  }

  @Test(arguments: ["", "-one", "-none", "-vector"]) func `has PyTorch's divergence`(_ kind: String) throws {
    let name = "distributions/gumbel-divergence\(kind)"
    func divergence(_ input: (String) -> Tensor, swapped: Bool = false) -> Tensor {
      let one = GumbelDistribution(location: input("a"), scale: input("s"))
      let other = GumbelDistribution(location: input("b"), scale: input("t"))
      return swapped ? other.kullbackLeibler(to: one) : one.kullbackLeibler(to: other)
    }
    #expect(try disagreement(name) { input, _ in divergence(input) } == [])
    if kind == "" { #expect(try !disagreement(name) { input, _ in divergence(input, swapped: true) }.isEmpty) }
  }

  @Test func `has the divergence that the integral of its definition gives`() {
    // ∫ p₁ log (p₁ / p₂) dx by the trapezoidal rule, whose error falls off exponentially for such functions
    for (a, s, b, t) in [(0.0, 1.0, 0.0, 1.0), (0.5, 2, -1, 1.5), (-2, 0.4, 1, 3), (1, 1, 1, 0.6)] {
      var integral = 0.0
      for index in 0..<60_000 {
        let x = a + s * (-8 + 0.001 * Double(index))
        let (y, z) = ((x - a) / s, (x - b) / t)
        let logarithm = -y - exp(-y) - log(s)
        integral += exp(logarithm) * (logarithm + z + exp(-z) + log(t)) * 0.001 * s
      }
      let one = GumbelDistribution(location: Tensor([Float(a)]), scale: Tensor([Float(s)]))
      let other = GumbelDistribution(location: Tensor([Float(b)]), scale: Tensor([Float(t)]))
      let found = Double(one.kullbackLeibler(to: other).scalar)
      #expect(abs(found - integral) < 2e-6 * max(1, integral), "\(a) \(s) \(b) \(t)")
    }
  }

  /// Γ(1 + r) leaves single precision at a ratio of 34.
  @Test(arguments: [35, 1e4] as [Float], [0, 3, -3] as [Float])
  func `a divergence too large for a number has slopes of the right sign`(_ ratio: Float, _ distance: Float) throws {
    let tape = Tape()
    let (a, s) = (tape.watch(Tensor([0])), tape.watch(Tensor([ratio])))
    let (b, t) = (tape.watch(Tensor([distance])), tape.watch(Tensor([1])))
    let divergence = GumbelDistribution(location: a, scale: s).kullbackLeibler(to: .init(location: b, scale: t))
    #expect(divergence.scalar == .infinity || ratio == 35 && divergence.scalar > 1e36)
    let gradients = divergence.gradients()
    let slopes = try [a, s, b, t].map { try #require(gradients[$0]).scalar }
    #expect(slopes[0] < -1e34 && slopes[1] > 1e34 && slopes[2] > 1e34 && slopes[3] < -1e34, "\(slopes)")
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
