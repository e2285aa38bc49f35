import BraidTensor
import BraidTesting
import Testing

@Suite struct `The expectation` {
  @Test(arguments: ["", "-one", "-wide", "-empty"])
  func `agrees with PyTorch in every output and every gradient`(_ kind: String) throws {
    let fixture = try Fixture("distributions/expectation\(kind)")
    let tape = Tape()
    let p = tape.watch(try fixture.tensor("input.p"))
    let v = tape.watch(try fixture.tensor("input.v"))
    let output = expectation(p, of: v)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    let found: [(String, Tensor?)] = [
      ("output", output), ("gradient.input.p", gradients[p]), ("gradient.input.v", gradients[v]),
    ]
    #expect(try fixture.violations(found) == [])
    if kind == "" { #expect(try fixture.closeness(of: expectation(p, of: p), to: "output").worst > 0.01) }
  }

  @Test func `has the derivative that central differences find, also of a second use`() {
    var stream = RandomStream(seed: 1, .sampling)
    let check = checkGradients(inputs: [("p", stream.normal([2, 3])), ("v", stream.normal([2, 3]))]) { tensors, _ in
      expectation(tensors[0], of: tensors[1]) + expectation(tensors[0], of: tensors[1] * tensors[0])
    }
    #expect(check.violations == [])
  }

  @Test func `counts a term of probability 0 as 0, whatever its value`() {
    let tape = Tape()
    let p = tape.watch(Tensor([0.25, 0, 0.75, 0]))
    let v = tape.watch(Tensor([4, -.infinity, 8, 5]))
    let output = expectation(p, of: v)
    #expect(output.scalar == 7)
    let gradients = output.gradients()
    #expect(gradients[p]?.elements == [4, 0, 8, 5])
    #expect(gradients[v]?.elements == [0.25, 0, 0.75, 0])
    // with a probability above 0 an infinite value counts
    #expect(expectation(Tensor([0.5, 0.5]), of: Tensor([1, -.infinity])).scalar == -.infinity)
  }

  @Test func `stops on different shapes`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = expectation(.zeros([2, 3]), of: .zeros([3]))
    }
    #expect(
      result.message.contains(
        "expectation: probabilities of shape [2, 3] and values [3]; expected the same shape [..., K]"))
  }
}
