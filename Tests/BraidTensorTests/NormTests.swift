import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "norm-all": { try $0("x").norm() },
    "norm-one": { try $0("x").norm(0) },
    "norm-nothing": { try $0("x").norm(1) },
    "norm-long": { try $0("x").norm(1) },
  ]
  for axis in [0, 1, -1, -2] {
    cases["norm\(axis)"] = { try $0("x").norm(axis) }
    cases["norm\(axis)-kept"] = { try $0("x").norm(axis, keepingAxis: true) }
  }
  return Parity(family: "reductions", operations: cases)
}()

@Suite struct NormTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 12) }

  @Test(arguments: parity.names) func `lengths and their gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `the derivative at zero is zero`() {
    let tape = Tape()
    let x = tape.watch(Tensor([0, 0, 3, 4], [2, 2]))
    let y = x.norm(1)
    #expect(y.elements == [0, 5])
    #expect(y.gradients()[x]?.elements == [0, 0, 0.6, 0.8])
  }

  @Test func `squares of huge and tiny elements neither overflow nor vanish`() {
    for scale: Float in [1e30, 1e-30] {
      let tape = Tape()
      let x = tape.watch(Tensor([3 * scale, 4 * scale]))
      let y = x.norm()
      #expect(abs(y.scalar / (5 * scale) - 1) < 1e-6)
      let slopes = y.gradients()[x]?.elements ?? []
      #expect(abs(slopes[0] - 0.6) < 1e-6 && abs(slopes[1] - 0.8) < 1e-6)
    }
    let tape = Tape()
    let x = tape.watch(Tensor([-.infinity, 1]))
    let y = x.norm()
    #expect(y.scalar == .infinity)
    #expect(y.gradients()[x]?.elements == [-1, 0])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 10, .sampling)
    let x = stream.normal([3, 5])
    let check = differences([x]) { concatenate([$0[0].norm(0), $0[0].norm(1), $0[0].norm().reshaped(1)]) }
    #expect(check.violations == [] && check.count == 15)
  }
}
