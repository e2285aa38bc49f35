import BraidTensor
import Testing

/// A mistake in a caller's code and the sentence the program stops with.
struct Mistake: Sendable {
  let sentence: String
  let make: @Sendable () -> Void
  init(_ sentence: String, _ make: @escaping @Sendable () -> Void) { (self.sentence, self.make) = (sentence, make) }
}

func zeros(_ extents: Int...) -> Tensor { .zeros(Shape(extents)) }

private let mistakes: [Mistake] =
  first + gatherMistakes + stridedMistakes + selectMistakes + orderMistakes + momentMistakes
  + segmentMistakes + reductionMistakes + comparisonMistakes + einsumMistakes + algebraMistakes + fourierMistakes
  + routingMistakes + rareMistakes + temporalClassificationMistakes

private let first: [Mistake] = [
  Mistake(
    "+: shapes [2, 3] and [2] do not fit; aligned at their last axes, extents must be equal or 1. Reshape one of them"
  ) {
    _ = zeros(2, 3) + zeros(2)
  },
  Mistake("matmul: inner sizes differ, [32, 64] · [128, 10]; expected [64, _] on the right") {
    _ = matmul(zeros(32, 64), zeros(128, 10))
  },
  Mistake("matmul: inner sizes differ, [32, 64] · [10, 128]ᵀ; expected [_, 64] on the right") {
    _ = matmul(zeros(32, 64), zeros(10, 128), transposeB: true)
  },
  Mistake("matmul: [2, 3, 4] · [4, 5]; expected two matrices (batchedMatmul takes leading axes)") {
    _ = matmul(zeros(2, 3, 4), zeros(4, 5))
  },
  Mistake("batchedMatmul: leading axes differ, [2, 3, 4] · [3, 4, 5]; expected 2 as axis 0 on the right") {
    _ = batchedMatmul(zeros(2, 3, 4), zeros(3, 4, 5))
  },
  Mistake("batchedMatmul: inner sizes differ, [2, 3, 4] · [2, 3, 5]; expected […, 4, _] on the right") {
    _ = batchedMatmul(zeros(2, 3, 4), zeros(2, 3, 5))
  },
  Mistake("outerProduct: [2, 3] ⊗ [3, 3]; expected [batch, m] and [batch, n] with one batch size") {
    _ = outerProduct(zeros(2, 3), zeros(3, 3))
  },
  Mistake("linear: inner sizes differ, [2, 3] · [4, 5]; expected [3, _] on the right") {
    _ = linear(zeros(2, 3), zeros(4, 5))
  },
  Mistake("linear: bias of shape [4] for 5 outputs; expected [5]") { _ = linear(zeros(2, 3), zeros(3, 5), zeros(4)) },
  Mistake("reshaped: [2, 3] has 6 elements, [4, 2] has 8; keep the number, or let one extent be -1") {
    _ = zeros(2, 3).reshaped(4, 2)
  },
  Mistake("reshaped: [2, 3] has 6 elements, which [4, -1] cannot hold; its other extents multiply to 4") {
    _ = zeros(2, 3).reshaped(4, -1)
  },
  Mistake("transposed: a tensor of shape [3] has no two axes to exchange; reshape it first") {
    _ = zeros(3).transposed()
  },
  Mistake("slice: 2..<4 of axis 1 of shape [2, 3]; expected a range within 0 ..< 3") {
    _ = zeros(2, 3).slice(-1, 2..<4)
  },
  Mistake("split: sizes [1, 1] for axis 1 of shape [2, 3]; expected sizes that add up to 3") {
    _ = zeros(2, 3).split(1, [1, 1])
  },
  Mistake("embedding: id -1 at place 2 of [3]; expected 0 ..< 7, the rows of the table [7, 2]") {
    _ = embedding(zeros(7, 2), [0, 6, -1], [3])
  },
  Mistake("embedding: 2 ids for places of shape [3], which holds 3; give it one a place") {
    _ = embedding(zeros(7, 2), [0, 6], [3])
  },
  Mistake("concatenate: shapes [2, 3], [3, 3] differ outside axis 1; expected equal extents there") {
    _ = concatenate([zeros(2, 3), zeros(3, 3)])
  },
  Mistake("concatenate: no parts; expected at least one tensor") { _ = concatenate([]) },
  Mistake("stack: shapes [2], [3] differ; expected all [2]") { _ = stack([zeros(2), zeros(3)]) },
  Mistake("mean: axis 0 of shape [0, 3] is empty; a mean needs at least one element") { _ = zeros(0, 3).mean(0) },
  Mistake("maximum: axis 0 of shape [0, 3] is empty; a maximum needs at least one element") {
    _ = zeros(0, 3).maximum(0)
  },
  Mistake("shape: axis 2 of shape [2, 3], which has 2 axes; expected -2 ..< 2") { _ = zeros(2, 3).sum(2) },
  Mistake("softmax: mask of shape [2, 4] for [2, 3]; expected [2, 3] with any extents 1, [3], or [batch, 3]") {
    _ = zeros(2, 3).softmax(mask: zeros(2, 4))
  },
  // with three axes a mask of two is [batch, T], never aligned with the middle axis
  Mistake("softmax: mask of shape [5, 3] for [2, 5, 3]; expected [2, 5, 3] with any extents 1, [3], or [batch, 3]") {
    _ = zeros(2, 5, 3).softmax(mask: zeros(5, 3))
  },
  Mistake("meanOverSteps: steps of shape [2, 4] for values [2, 3, 5]; expected [2, 3]") {
    _ = zeros(2, 3, 5).meanOverSteps(zeros(2, 4))
  },
  Mistake("lastStep: values of shape [2, 3]; expected [batch, time, width]") { _ = zeros(2, 3).lastStep(nil) },
  Mistake("scaledRows: weights of shape [3] for [2, 3]; expected how that begins, such as [2]") {
    _ = zeros(2, 3).scaledRows(zeros(3))
  },
  Mistake("crossEntropy: class 3 in row 1 for logits of shape [2, 3]; expected 0 ..< 3") {
    _ = crossEntropy(zeros(2, 3), [0, 3])
  },
  Mistake("crossEntropy: 1 classes for logits of shape [2, 3]; expected 2, one a row") {
    _ = crossEntropy(zeros(2, 3), [0])
  },
  Mistake("crossEntropy: weights of shape [2] for logits of shape [1, 3]; expected [3]") {
    _ = crossEntropy(zeros(1, 3), [0], weights: zeros(2))
  },
  Mistake("binaryCrossEntropy: labels of shape [3] for logits of shape [2]; expected [2]") {
    _ = binaryCrossEntropy(zeros(2), zeros(3))
  },
  Mistake("dropout: rate 1.0 for a tensor of shape [2]; expected 0 ..< 1") {
    var stream = RandomStream(seed: 0, .dropout)
    _ = dropout(zeros(2), rate: 1, &stream)
  },
  Mistake("tensor: 2 elements for shape [3], which holds 3; give it as many") { _ = Tensor([1, 2], [3]) },
  Mistake("scalar: a tensor of shape [2] has 2 elements, not one; take its sum, its mean or a slice") {
    _ = zeros(2).scalar
  },
  Mistake("shape: extent -1 is outside 0 … 2147483647") { _ = Shape(2, -1) },
]

@Suite struct `A mistake in the caller's code` {
  @Test(arguments: mistakes.indices) func `stops with a sentence that says what, which shapes, and the fix`(
    _ index: Int
  ) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      mistakes[index].make()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(mistakes[index].sentence), "\(text.prefix(300))")
  }
}
