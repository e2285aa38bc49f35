import BraidTensor

/// Mistakes in the use of operations that stand in no other list; `MessageTests` makes them.
let rareMistakes = [
  Mistake("binaryCrossEntropy: the labels of shape [2] are recorded and would get no gradient; use .detached") {
    let tape = Tape()
    _ = binaryCrossEntropy(zeros(2), tape.watch(zeros(2)))
  },
  Mistake("stack: no parts; expected at least one tensor") { _ = stack([]) },
  Mistake("few: element 2 of 2; expected 0 ..< 2") { _ = Few(1, 2)[2] },
  Mistake("few: element -1 of 5; expected 0 ..< 5") {
    var few = Few([1, 2, 3, 4, 5])
    few[-1] = 0
  },
  Mistake("stack: new axis 3 for parts of shape [2]; expected -2 … 1") { _ = stack([zeros(2)], axis: 3) },
  Mistake("crossEntropy: logits of shape [1, 0]; expected [rows, classes] with at least one class") {
    _ = crossEntropy(zeros(1, 0), [0])
  },
  Mistake("mutualAttention: sequences [2, 3, 4] and [2, 3, 5]; expected [B, Ta, d] and [B, Tb, d]") {
    _ = mutualAttention(zeros(2, 3, 4), zeros(2, 3, 5))
  },
  Mistake("mutualAttention: mask of shape [3] for [2, 3, 4]; expected [2, 3]") {
    _ = mutualAttention(zeros(2, 5, 4), zeros(2, 3, 4), bMask: zeros(3))
  },
  Mistake("lowRankProduct: no factors; expected at least one") { _ = lowRankProduct([], zeros(2)) },
  Mistake("lowRankProduct: factors [[2, 5]] and weights [2]; expected [B, rank · outputs] each, and [rank]") {
    _ = lowRankProduct([zeros(2, 5)], zeros(2))
  },
  Mistake("pairedCrossEntropy: scores of shape [2, 3]; expected [n, n]") { _ = pairedCrossEntropy(zeros(2, 3)) },
  Mistake("pairedCrossEntropy: scale 0.0; expected a number above 0") {
    _ = pairedCrossEntropy(zeros(2, 2), scale: 0)
  },
  Mistake("crossEntropy: smoothing 2.0; expected 0 … 1") { _ = crossEntropy(zeros(1, 3), [0], smoothing: 2) },
  Mistake("embedding: table of shape [7]; expected [vocabulary, width]") { _ = embedding(zeros(7), [0], [1]) },
  Mistake("gathered: a tensor of shape [] has no rows; reshape it to [1]") { _ = Tensor.zeros([]).gathered([0]) },
  Mistake("batchedMatmul: [2, 3, 4] · [4, 5]; expected as many axes on both sides, two at least") {
    _ = batchedMatmul(zeros(2, 3, 4), zeros(4, 5))
  },
  Mistake("layerNorm: input of shape []; expected […, features]") { _ = layerNorm(.zeros([]), nil, nil) },
  Mistake("layerNorm: bias of shape [4] for input [2, 3]; expected [3]") {
    _ = layerNorm(zeros(2, 3), nil, zeros(4))
  },
  Mistake(
    "batchNorm: input of shape [1, 3] has 1 element a channel; training statistics need at least 2: use a larger batch"
  ) { _ = batchNorm(zeros(1, 3), nil, nil) },
  Mistake("batchNorm: input of shape [3]; expected [batch, channels, …]") { _ = batchNorm(zeros(3), nil, nil) },
  Mistake("oneHot: a tensor of shape [] has no last axis to choose from; reshape it to [1]") {
    _ = Tensor.zeros([]).oneHotMaximum()
  },
  Mistake(
    "maxPool2d: padding [2, 0] for a window of [2, 2], input [1, 1, 4, 4]: a window would hold nothing but padding; "
      + "expected less padding than window"
  ) { _ = maxPool2d(zeros(1, 1, 4, 4), window: (2, 2), padding: (2, 0)) },
  Mistake("maxPool2d: input [1, 1, 0, 4] has nothing to pool but padding; expected extents of at least 1") {
    _ = maxPool2d(zeros(1, 1, 0, 4), window: (2, 2), padding: (1, 1))
  },
  Mistake("averagePool1d: input [1, 2, 0] has nothing to pool but padding; expected extents of at least 1") {
    _ = averagePool1d(zeros(1, 2, 0), window: 2, padding: 1)
  },
  Mistake("maxPool2d: a window of [0, 3]; expected at least 1") {
    _ = maxPool2d(zeros(1, 1, 4, 4), window: (0, 3), stride: (1, 1))
  },
  Mistake("mean: a tensor of shape [0, 3] has no elements; a mean needs at least one") { _ = zeros(0, 3).mean() },
  Mistake("reshaped: more than one extent of [-1, -1] is -1; [2, 3] cannot decide both") {
    _ = zeros(2, 3).reshaped(-1, -1)
  },
  Mistake("padded: -1 before and 0 after axis 0 of shape [2, 3]; expected none below 0 (use slice to shorten)") {
    _ = zeros(2, 3).padded(0, before: -1, after: 0)
  },
  Mistake("softmax: a tensor of shape [] has no last axis; reshape it to [1]") { _ = Tensor.zeros([]).softmax() },
  Mistake("scaledRows: the weights of shape [2] are recorded and would get no gradient; use * or .detached") {
    let tape = Tape()
    _ = zeros(2, 3).scaledRows(tape.watch(zeros(2)))
  },
  Mistake("random: a number below 0 was asked for; expected 1 or more") {
    var stream = RandomStream(seed: 0, .sampling)
    _ = stream.below(0)
  },
  Mistake("shape: more than 8 axes; reshape some into one") { _ = zeros(1, 1, 1, 1, 1, 1, 1, 1, 1) },
  Mistake("gradients: the tensor of shape [2] is not recorded on this tape") {
    _ = Tape().gradients(of: zeros(2))
  },
  Mistake("gradients: upstream of shape [3] for a result of shape [2]; expected equal shapes") {
    let tape = Tape()
    _ = tape.watch(zeros(2)).relu().gradients(upstream: zeros(3))
  },
  Mistake(
    "gradients: nothing this tensor of shape [2] was computed from is recorded. Compute it in a recording context"
  ) { _ = zeros(2).gradients() },
  Mistake("tape: operands are recorded on different tapes; compute both in one context") {
    let (one, other) = (Tape(), Tape())
    _ = one.watch(zeros(2)) + other.watch(zeros(2))
  },
  Mistake("view: elements 2 ..< 5 of a tensor of shape [4]; expected them within 0 ..< 4") {
    _ = Tensor(viewing: zeros(4), offset: 2, shape: [3])
  },
]
