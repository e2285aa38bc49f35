import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "logSumExp-one": { try $0("x").logSumExp(0) },
    "logSumExp-nothing": { try $0("x").logSumExp(1) },
    "logSumExp-huge": { try $0("x").logSumExp(1) },
  ]
  for axis in [0, 1, -1, -2] {
    cases["logSumExp\(axis)"] = { try $0("x").logSumExp(axis) }
    cases["logSumExp\(axis)-kept"] = { try $0("x").logSumExp(axis, keepingAxis: true) }
  }
  return Parity(family: "reductions", operations: cases)
}()

@Suite struct LogSumExpTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 11) }

  @Test(arguments: parity.names) func `values and gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `infinities have the limits as values and gradients`() {
    let infinity = Float.infinity
    let tape = Tape()
    let x = tape.watch(Tensor([-infinity, -infinity, 0, -infinity, infinity, 0, infinity, infinity], [4, 2]))
    let y = x.logSumExp(1)
    #expect(y.elements == [-infinity, 0, infinity, infinity])
    #expect(y.gradients()[x]?.elements == [0, 0, 1, 0, 1, 0, 0.5, 0.5])
    #expect(Tensor([.nan, 1]).logSumExp(0).scalar.isNaN)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 12, .sampling)
    let x = stream.normal([3, 5])
    let check = differences([x]) { concatenate([$0[0].logSumExp(0), $0[0].logSumExp(1)]) }
    #expect(check.violations == [] && check.count == 15)
  }
}
