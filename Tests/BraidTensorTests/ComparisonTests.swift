import BraidTensor
import Testing

let comparisonMistakes = [
  Mistake(
    ".>: shapes [2, 3] and [2] do not fit; aligned at their last axes, extents must be equal or 1. Reshape one of them"
  ) { _ = zeros(2, 3) .> zeros(2) }
]

@Suite struct ComparisonTests {
  let a = Tensor([1, 2, 3, .nan, -0.0, .infinity]), b = Tensor([2, 2, 2, .nan, 0, 1])

  @Test func `masks are ones where it is so, and zeros of NaN`() {
    #expect((a .> b).elements == [0, 0, 1, 0, 0, 1])
    #expect((a .>= b).elements == [0, 1, 1, 0, 1, 1])
    #expect((a .< b).elements == [1, 0, 0, 0, 0, 0])
    #expect((a .<= b).elements == [1, 1, 0, 0, 1, 0])
    #expect((a .== b).elements == [0, 1, 0, 0, 1, 0])
    #expect((a .!= b).elements == [1, 0, 1, 1, 0, 1])
  }

  @Test func `a number is compared with every element`() {
    #expect((a .> 1).elements == [0, 1, 1, 0, 0, 1] && (a .>= 1).elements == [1, 1, 1, 0, 0, 1])
    #expect((a .< 1).elements == [0, 0, 0, 0, 1, 0] && (a .<= 1).elements == [1, 0, 0, 0, 1, 0])
    #expect((a .== 1).elements == [1, 0, 0, 0, 0, 0] && (a .!= 1).elements == [0, 1, 1, 1, 1, 1])
  }

  @Test func `shapes are broadcast both ways`() {
    let column = Tensor([1, 2, 3], [3, 1]), row = Tensor([2, 3])
    #expect((column .< row).elements == [1, 1, 0, 1, 0, 0] && (column .< row).shape == [3, 2])
    #expect((row .<= column).elements == [0, 0, 1, 0, 1, 1])
    #expect((Tensor.zeros([0, 3]) .== Tensor.zeros([3])).shape == [0, 3])
  }

  @Test func `no gradient flows through a mask, and it selects`() {
    let tape = Tape()
    let x = tape.watch(Tensor([-1, 2, -3]))
    let mask = x .> 0
    #expect(!mask.isRecorded)
    let y = select(mask, x, x * 0.5)
    #expect(y.elements == [-0.5, 2, -1.5])
    #expect(y.gradients(upstream: Tensor([1, 1, 1]))[x]?.elements == [0.5, 1, 0.5])
  }
}
