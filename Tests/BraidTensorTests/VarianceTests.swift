import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "variance-far": { try $0("x").variance(1, correction: 0) },
    "variance-two": { try $0("x").variance(-1) },
    "deviation-one": { try $0("x").standardDeviation(-1, correction: 0) * 2 },
  ]
  for axis in [0, 1, -1, -2] {
    cases["variance\(axis)"] = { try $0("x").variance(axis) }
    cases["variance\(axis)-kept"] = { try $0("x").variance(axis, keepingAxis: true) }
    cases["deviation\(axis)"] = { try $0("x").standardDeviation(axis, correction: 0) }
    cases["deviation\(axis)-kept"] = { try $0("x").standardDeviation(axis, correction: 0, keepingAxis: true) }
  }
  return Parity(family: "reductions", operations: cases)
}()

let momentMistakes = [
  Mistake("variance: axis 1 of shape [2, 1] with correction 1; expected a correction from 0 to below 1") {
    _ = zeros(2, 1).variance(1)
  },
  Mistake("standardDeviation: axis 0 of shape [0] with correction 0; expected a correction from 0 to below 0") {
    _ = zeros(0).standardDeviation(0, correction: 0)
  },
]

@Suite struct VarianceTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 19) }

  @Test(arguments: parity.names) func `variances, deviations and their gradients agree with PyTorch`(_ name: String)
    throws
  {
    #expect(try parity.violations(name) == [])
  }

  @Test func `equal elements have deviation 0 and a gradient of 0`() {
    let tape = Tape()
    let x = tape.watch(Tensor(repeating: 0.1, [2, 3]))
    let y = x.standardDeviation(1)
    #expect(y.elements == [0, 0])
    #expect(y.gradients()[x]?.elements == Array(repeating: 0, count: 6))
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 11, .sampling)
    let x = stream.normal([3, 5])
    let check = differences([x]) { concatenate([$0[0].variance(0), $0[0].standardDeviation(1)]) }
    #expect(check.violations == [] && check.count == 15)
  }
}
