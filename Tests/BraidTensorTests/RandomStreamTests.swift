@testable import BraidTensor
import Testing

@Suite struct `Random streams` {
  /// The known answers that Random123 publishes for philox4x32-10.
  @Test(arguments: [
    (SIMD4<UInt32>(0, 0, 0, 0), SIMD2<UInt32>(0, 0), SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
    (
      SIMD4<UInt32>(repeating: .max), SIMD2<UInt32>(repeating: .max),
      SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4<UInt32>(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2<UInt32>(0xa409_3822, 0x299f_31d0),
      SIMD4<UInt32>(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func `Philox gives its known answers`(_ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>, _ answer: SIMD4<UInt32>) {
    #expect(philox(counter: counter, key: key) == answer)
    #expect(philox(counter: counter &+ SIMD4(1, 0, 0, 0), key: key) != answer)
  }

  private func stream() -> RandomStream { RandomStream(seed: 7, .sampling, path: "a.b", step: 3) }

  /// From every place within a block, and across the 32 blocks a kernel makes at a time.
  @Test(arguments: [0, 1, 2, 3, 127]) func `filling a tensor draws what drawing one by one draws`(_ before: Int) {
    for count in [0, 1, 2, 5, 63, 64, 65, 300] {
      var one = stream(), many = stream()
      for _ in 0..<before { _ = (one.next32(), many.next32()) }
      #expect(many.uniform(Shape(count), from: -2, to: 3).elements == (0..<count).map { _ in -2 + 5 * one.uniform() })
      #expect(
        many.normal(Shape(count), mean: 1, deviation: 2).elements == (0..<count).map { _ in 1 + 2 * one.normal() })
      #expect(many.gumbel(Shape(count)).elements == (0..<count).map { _ in one.gumbel() })
      let drawn = dropout(.ones(Shape(count)), rate: 0.25, &many)
      #expect(drawn.elements == (0..<count).map { _ in one.uniform() >= 0.25 ? 1 / 0.75 : 0 })
      #expect(many.next() == one.next())
    }
  }

  @Test func `every part of the key makes another stream`() {
    func first(_ seed: UInt64, _ purpose: RandomStream.Purpose, _ path: String, _ step: UInt64) -> UInt64 {
      var stream = RandomStream(seed: seed, purpose, path: path, step: step)
      return stream.next()
    }
    let keys = [
      first(7, .sampling, "a.b", 3), first(8, .sampling, "a.b", 3), first(7, .dropout, "a.b", 3),
      first(7, .sampling, "a.c", 3),
      first(7, .sampling, "a.b", 4), first(7, .sampling, "", 3), first(3, .sampling, "a.b", 7),
    ]
    #expect(Set(keys).count == keys.count)
    #expect(first(7, .sampling, "a.b", 3) == keys[0])
  }

  @Test func `streams of neighbouring keys are uncorrelated`() {
    let count = 20_000
    var a = RandomStream(seed: 1, .dropout, path: "x", step: 0), b = RandomStream(seed: 1, .dropout, path: "x", step: 1)
    let x = a.normal(Shape(count)), y = b.normal(Shape(count))
    // the mean of n products has deviation 1/√n = 0.007; a stream with itself gives 1
    #expect(abs((x * y).mean().scalar) < 0.03)
    #expect(abs((x * x).mean().scalar - 1) < 0.05)
  }

  @Test func `the upper end of a range is never drawn, though most of the numbers before it are rounded to it`() {
    var stream = stream()
    // [2²⁴, 2²⁴ + 2) holds one Float; a draw in [1000, 1001) is rounded to its end three times in 100,000
    #expect(stream.uniform([10_000], from: 0x1p24, to: 0x1p24 + 2).elements.allSatisfy { $0 == 0x1p24 })
    let far = stream.uniform([300_000], from: 1000, to: 1001).elements
    #expect(far.allSatisfy { $0 >= 1000 && $0 < 1001 } && far.contains(Float(1001).nextDown))
    #expect(stream.uniform([100], from: 5, to: 5).elements.allSatisfy { $0 == 5 })
  }

  @Test func `moments of the two distributions`() {
    var stream = stream()
    let count = 50_000
    let u = stream.uniform(Shape(count)), z = stream.normal(Shape(count))
    #expect(u.elements.allSatisfy { $0 >= 0 && $0 < 1 })
    #expect(abs(u.mean().scalar - 0.5) < 0.006)  // deviation 0.0013
    #expect(abs(z.mean().scalar) < 0.02)  // 0.0045
    #expect(abs((z * z * z * z).mean().scalar - 3) < 0.2)  // 0.044
  }

  @Test func `moments of the Gumbel distribution, and its ends`() {
    var stream = stream()
    let x = stream.gumbel([50_000])
    let mean = x.mean().scalar, variance = (x * x).mean().scalar - mean * mean
    #expect(abs(mean - 0.5772157) < 0.025)  // deviation 0.0057
    #expect(abs(variance - .pi * .pi / 6) < 0.08)  // 0.015
    #expect(x.elements.allSatisfy { $0 > -3.2 && $0 < 23 })
  }

  @Test func `whole numbers below a bound are even, and a permutation holds each once`() {
    var stream = stream()
    var counts = [0, 0, 0]
    for _ in 0..<30_000 { counts[Int(stream.below(3))] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 400 })  // deviation 82
    let order = stream.permutation(100)
    #expect(order.sorted() == Array(0..<100) && order != Array(0..<100))
    #expect(stream.permutation(0) == [])
  }

  @Test func `dropout keeps the mean, repeats with its stream, and its gradient uses the same mask`() {
    var first = stream(), second = stream()
    let tape = Tape()
    let x = tape.watch(.ones([100, 100]))
    let y = dropout(x, rate: 0.3, &first)
    #expect(y.elements == dropout(.ones([100, 100]), rate: 0.3, &second).elements)
    #expect(abs(y.mean().scalar - 1) < 0.04)  // deviation 0.0065
    #expect(y.gradients()[x]?.elements == y.elements)  // x = 1: the mask is the output
  }

  @Test func `dropout of rate 0 returns x and draws nothing`() {
    var stream = stream(), untouched = self.stream()
    let x = Tensor([1, 2])
    #expect(dropout(x, rate: 0, &stream).pointer == x.pointer)
    #expect(stream.next() == untouched.next())
  }
}
