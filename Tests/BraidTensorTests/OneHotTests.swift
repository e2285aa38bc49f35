import BraidTensor
import Testing

@Suite struct OneHotTests {
  @Test func `the largest of a row is picked out, the first of equal ones, and nothing where all are 0`() {
    let x = Tensor([0.2, 0.5, 0.5, 0, 0, 0, 0.1, 0, 0], [3, 3])
    #expect(x.oneHotMaximum().elements == [0, 1, 0, 0, 0, 0, 1, 0, 0])
    #expect(x.oneHotMaximum().shape == [3, 3])
    #expect(Tensor.zeros([0, 3]).oneHotMaximum().shape == [0, 3])
    #expect(!Tape().watch(x).oneHotMaximum().isRecorded)
  }

  @Test func `places are drawn as often as the elements are large, and those of 0 never`() {
    let count = 20_000
    let x = Tensor([0, 1, 0, 3]).broadcast(to: Shape(count, 4))
    var stream = RandomStream(seed: 4, .sampling)
    let drawn = x.oneHotSample(&stream)
    let shares = drawn.sum(0).elements.map { $0 / Float(count) }
    #expect(shares[0] == 0 && shares[2] == 0 && shares[1] + shares[3] == 1)
    #expect(abs(shares[1] - 0.25) < 0.015)  // deviation 0.003
    #expect(drawn.sum(1).elements.allSatisfy { $0 == 1 })
  }

  @Test func `a row uses one number of the stream, whatever it holds`() {
    var one = RandomStream(seed: 4, .sampling), other = one
    let first = Tensor([0, 0, .nan, 1, 0.5, 0.5], [3, 2]).oneHotSample(&one)
    let second = Tensor([1, 0, 0.3, 0.7, 0.5, 0.5], [3, 2]).oneHotSample(&other)
    #expect(first.slice(0, 2..<3).elements == second.slice(0, 2..<3).elements)
    #expect(one.uniform() == other.uniform())
  }

  @Test func `a NaN makes its row NaN, and no other`() {
    let x = Tensor([.nan, 0.5, .nan, .nan, 0.25, 0.75], [3, 2])
    var stream = RandomStream(seed: 4, .sampling)
    for choice in [x.oneHotMaximum(), x.oneHotSample(&stream)] {
      #expect(choice.elements[0..<4].allSatisfy(\.isNaN) && choice.elements[4..<6].reduce(0, +) == 1)
    }
  }
}
