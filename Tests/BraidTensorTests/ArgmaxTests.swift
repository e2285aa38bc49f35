import BraidTensor
import Testing

@Suite struct ArgmaxTests {
  private let x = Tensor([3, 1, 3, 0, 1, 0], [2, 3])

  @Test func `the first of the largest and of the smallest, along every axis`() {
    #expect(x.argmax(1) == Indices([0, 1], [2]))
    #expect(x.argmax(0) == Indices([0, 0, 0], [3]))
    #expect(x.argmin(1) == Indices([1, 0], [2]))
    #expect(x.argmin(-2, keepingAxis: true) == Indices([1, 0, 1], [1, 3]))
  }

  @Test func `the places agree with the maximum`() {
    var stream = RandomStream(seed: 6, .sampling)
    let x = stream.normal([3, 17, 5])
    for axis in 0..<3 {
      let largest = x.gathered(along: axis, x.argmax(axis, keepingAxis: true))
      #expect(largest.elements == x.maximum(axis, keepingAxis: true).elements)
      let smallest = x.gathered(along: axis, x.argmin(axis, keepingAxis: true))
      #expect(smallest.elements == (-(-x).maximum(axis, keepingAxis: true)).elements)
    }
  }

  @Test func `the first NaN wins, and infinities count`() {
    let x = Tensor([1, .nan, 5, .nan, -.infinity, .infinity, 2, .infinity], [2, 4])
    #expect(x.argmax(1).elements == [1, 1])
    #expect(x.argmin(1).elements == [1, 0])
    #expect(zeros(0, 3).argmax(1).elements == [])
  }
}
