import BraidTensor
import BraidTesting
import Testing

private let parity = Parity(
  family: "reductions",
  operations: ["logGamma": { try $0("x").logGamma() }, "digamma": { try $0("x").digamma() }])

@Suite struct LogGammaTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 11) }

  @Test(arguments: parity.names) func `log-gamma and digamma agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `factorials, poles and infinities`() throws {
    // Γ(n) = (n − 1)!, Γ(½) = √π
    let x = Tensor([1, 2, 5, 0.5])
    try expectClose(x.logGamma(), [0, 0, 3.178_053_830_347_946, 0.572_364_942_924_700_1], 1e-7)
    #expect(Tensor([0, -1, -7, .infinity, -.infinity]).logGamma().elements == Array(repeating: .infinity, count: 5))
    #expect(Tensor([.nan]).logGamma().scalar.isNaN)
    let tape = Tape()
    let leaf = tape.watch(Tensor([0, .infinity, 1e-30, 1e30]))
    let slopes = try #require(leaf.logGamma().gradients()[leaf]).elements
    #expect(Array(slopes[0...1]) == [-.infinity, .infinity])
    #expect(abs(slopes[2] / -1e30 - 1) < 1e-6 && abs(slopes[3] - 69.077_55) < 1e-4)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 4, .sampling)
    let check = differences([stream.normal([3, 5]).squared() + 0.3, stream.uniform([7]) - 4]) {
      $0[0].logGamma().sum() + $0[1].logGamma().clamped(from: -10, to: 10).sum()
    }
    #expect(check.violations == [] && check.count == 22)
    let second = differences([stream.uniform([7]) + 0.3]) { $0[0].digamma() }
    #expect(second.violations == [] && second.count == 7)
  }
}
