import BraidTensor
import BraidTesting
import Testing

@Suite struct LowRankProductTests {
  /// 3 terms of 18 outputs: a whole group of sixteen and two more.
  private let inputs: [(name: String, tensor: Tensor)] = {
    var stream = RandomStream(seed: 6, .sampling, path: "low rank")
    return [
      ("p", stream.normal([2, 54])), ("q", stream.normal([2, 54])), ("r", stream.normal([2, 54])),
      ("weights", stream.normal([3])),
    ]
  }()

  @Test func `has the derivatives that central differences find`() {
    let check = checkGradients(inputs: inputs) { x, _ in lowRankProduct([x[0], x[1], x[2]], x[3]) }
    #expect(check.violations == [])
  }

  @Test func `a factor of zeros has the derivative that division would not find`() {
    let check = checkGradients(inputs: inputs) { x, _ in lowRankProduct([x[0] * 0, x[1], x[2]], x[3]) }
    #expect(check.violations == [])
    let tape = Tape()
    let zeros = tape.watch(Tensor.zeros([2, 54]))
    let gradient = lowRankProduct([zeros, inputs[1].tensor], inputs[3].tensor).gradients()[zeros]
    let other = inputs[1].tensor.elements, weights = inputs[3].tensor.elements
    #expect(gradient?.elements == other.indices.map { other[$0] * weights[$0 % 54 / 18] })
  }
}
