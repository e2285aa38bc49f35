import BraidNN
import BraidTensor
import Foundation
import Testing

private struct Mistake: Sendable {
  let sentence: String
  let make: @Sendable () -> Void
  init(_ sentence: String, _ make: @escaping @Sendable () -> Void) { (self.sentence, self.make) = (sentence, make) }
}

/// A store with one parameter of two elements, and the gradients of a pass through it.
private func small() -> (scope: Scope, gradients: Gradients) {
  let scope = Scope(seed: 1)
  return (scope, gradients(scope.parameter("weight", [2], .zeros)))
}

private func gradients(_ parameter: Parameter) -> Gradients {
  let context = Context.evaluation(recording: true)
  return context[parameter].squared().sum().gradients()
}

/// Evaluates a part of seven samples, two or three of them at a time.
private func sliced(_ part: (_ x: Tensor, _ samples: Range<Int>) -> Tensor) {
  var context = Context.evaluation()
  let x = Tensor.ones([7, 2])
  _ = Threads.with(1) {
    context.inSlices(of: Few(CollectionOfOne(x)), floats: 65 << 10) { samples, _ in part(x, samples) }
  }
}

private let mistakes: [Mistake] = [
  Mistake("assign: text.weight has shape [2]; got [3]; give it as many elements") {
    Scope(seed: 1)["text"].parameter("weight", [2], .zeros).assign(.zeros([3]))
  },
  Mistake("assign: text.running-mean has shape [3]; got [2]; give it as many elements") {
    BatchNorm(3, in: Scope(seed: 1)["text"]).runningMean.assign(.zeros([2]))
  },
  Mistake("parameter: the path \"a.weight\" is made twice; give each part its own scope") {
    let scope = Scope(seed: 1)
    _ = scope["a"].parameter("weight", [2], .zeros)
    _ = scope.parameter("a.weight", [2], .zeros)
  },
  Mistake("clip: the largest norm must be above 0; got 0.0") {
    var (scope, gradients) = small()
    gradients.clip(of: scope.store, norm: 0)
  },
  Mistake("inSlices: a part made a scalar; expected [samples, …]") { sliced { _, _ in Tensor([1], []) } },
  Mistake(
    "inSlices: a part made [7, 2] of 1 samples; expected [1, 2]: read the samples of the range only"
  ) { sliced { x, _ in x } },
  Mistake(
    "inSlices: a part made a recorded [1, 2]; expected a constant: name all it reads as inputs"
  ) {
    let tape = Tape()
    let other = tape.watch(.ones([7, 2]))
    sliced { x, samples in x.slice(0, samples) * other.slice(0, samples) }
  },
  Mistake("dropout: rate 1.0 of text is outside [0, 1)") { _ = Dropout(1, in: Scope(seed: 1)["text"]) },
  // the nearest Float is 1
  Mistake("dropout: rate 0.99999999 of text is outside [0, 1)") { _ = Dropout(0.99999999, in: Scope(seed: 1)["text"]) },
  Mistake("embedding: 0 words of width 4 in text; expected at least one of each") {
    _ = Embedding(0, 4, in: Scope(seed: 1)["text"])
  },
  Mistake("embedding: padding id 9 is outside the 5 words of text; expected 0 ..< 5, or nil for none") {
    _ = Embedding(5, 4, paddingId: 9, in: Scope(seed: 1)["text"])
  },
  Mistake("GumbelDistribution: location of shape [2] and scale of shape [3]; expected the same shape") {
    _ = GumbelDistribution(location: .zeros([2]), scale: .ones([3]))
  },
  Mistake("LearnedPositions: 0 positions of width 4 in text; expected at least one of each") {
    _ = LearnedPositions(0, 4, in: Scope(seed: 1)["text"])
  },
  Mistake("SinusoidalPositions: the width is 0; expected 1 or more") { _ = SinusoidalPositions(0) },
  Mistake("schedule: the warm-up has -1 steps; expected 0 or more") { _ = Schedule(warmUp: -1) },
  Mistake("schedule: the rate drops every 0 steps; expected 1 or more") {
    _ = Schedule(.step(every: 0, factor: 0.5))
  },
  Mistake("safetensors: two tensors are called \"a\"; rename one") {
    _ = Safetensors.encoded([("a", .float32(.zeros([2]))), ("a", .float32(.zeros([2])))])
  },
  Mistake("safetensors: 3 elements for \"a\" of shape [2]; expected 2") {
    _ = Safetensors.encoded([("a", .int32([1, 2, 3], [2]))])
  },
]

private let optimizerMistakes: [Mistake] = [
  Mistake("SGD: momentum -1.0 and weight decay 0.0 must not be negative") { _ = SGD(momentum: -1) },
  Mistake("SGD: Nesterov's form needs a momentum above 0") { _ = SGD(isNesterov: true) },
  Mistake("Adam: beta1 1.0 and beta2 0.999 must lie in [0, 1), epsilon 1e-08 and weight decay 0.0 at or above 0") {
    _ = Adam(beta1: 1)
  },
  Mistake("Adadelta: smoothing 0.9 must lie in [0, 1), epsilon 0.0 above 0 and weight decay 0.0 at or above 0") {
    _ = Adadelta(epsilon: 0)
  },
  Mistake(
    "RMSprop: smoothing 2.0 must lie in [0, 1), epsilon 1e-08, momentum 0.0 and weight decay 0.0 at or above 0"
  ) { _ = RMSprop(smoothing: 2) },
  Mistake(
    "optimizer: the state holds 2 elements, the model 5. Make every parameter before the first step"
  ) {
    let (scope, first) = small()
    var adam = Adam()
    adam.update(scope.store, first, learningRate: 1)
    adam.update(scope.store, gradients(scope.parameter("late", [3], .zeros)), learningRate: 1)
  },
  Mistake(
    "ExponentialAverage: the average holds 2 elements, the model 5. Make every parameter before the first step"
  ) {
    let scope = small().scope
    var average = ExponentialAverage(decay: 0.9)
    average.update(scope.store)
    _ = scope.parameter("late", [3], .zeros)
    average.update(scope.store)
  },
  Mistake(
    "gradients: parameters of 5 elements added to those of 2; make every parameter before the first pass"
  ) {
    var (scope, first) = small()
    first.add(gradients(scope.parameter("late", [3], .zeros)))
  },
]

/// A layer of `encoder.words` given the wrong thing.
private func wrong(
  _ sentence: String, _ extents: Int..., make: @escaping @Sendable (Scope, Tensor, inout Context) -> Void
) -> Mistake {
  Mistake("encoder.words.\(sentence)") {
    var context = Context.training(seed: 1, step: 0)
    make(Scope(seed: 1)["encoder.words"], .zeros(Shape(extents)), &context)
  }
}

private let shapeMistakes: [Mistake] = [
  wrong(
    "weight: the layer reads [..., 300], found an input of shape [64, 74]; give it 300 there, or make the layer with "
      + "inputs: 74", 64, 74
  ) { _ = Linear(300, 8, in: $0)($1, &$2) },
  wrong(
    "layers.0.weight: the layer reads [..., 300], found an input of shape [2, 64, 74]; give it 300 there, or make the "
      + "layer with inputs: 74", 2, 64, 74
  ) { _ = MLP(300, [8, 3], in: $0)($1, &$2) },
  wrong("weight: the layer reads [..., 300], found an input of shape []; give it that many axes") {
    _ = Linear(300, 8, in: $0)($1, &$2)
  },
  wrong(
    "weight: the layer reads [batch, 6, length], found an input of shape [2, 3, 9]; give it 6 there, or make the layer "
      + "with inputs: 3", 2, 3, 9
  ) { _ = Conv1d(6, 4, window: 3, groups: 2, in: $0)($1, &$2) },
  wrong(
    "weight: the layer reads [batch, 6, length], found an input of shape [2, 3, 9]; give it 6 there, or make the layer "
      + "with inputs: 3", 2, 3, 9
  ) { _ = ConvTranspose1d(6, 4, window: 3, groups: 2, in: $0)($1, &$2) },
  wrong(
    "weight: the layer reads [batch, 6, height, width], found an input of shape [2, 3, 9, 9]; give it 6 there, or make "
      + "the layer with inputs: 3", 2, 3, 9, 9
  ) { _ = Conv2d(6, 4, window: (3, 3), in: $0)($1, &$2) },
  wrong(
    "weight: the layer reads [batch, 6, height, width], found an input of shape [2, 6, 9]; give it that many axes",
    2, 6, 9
  ) { _ = Conv2d(6, 4, window: (3, 3), in: $0)($1, &$2) },
  wrong(
    "weight: the layer reads [batch, 6, height, width], found an input of shape [2, 3, 9, 9]; give it 6 there, or make "
      + "the layer with inputs: 3", 2, 3, 9, 9
  ) { _ = ConvTranspose2d(6, 4, window: (3, 3), in: $0)($1, &$2) },
  wrong(
    "weight: a window of [3] with dilation [4], which covers [9], does not fit input [2, 6, 8] with padding [0]: [8] with "
      + "its padding; use a smaller window or more padding", 2, 6, 8
  ) { _ = Conv1d(6, 4, window: 3, dilation: 4, in: $0)($1, &$2) },
  wrong(
    "weight: a window of [7, 3] does not fit input [2, 6, 4, 8] with padding [1, 0]: [6, 8] with its padding; use a "
      + "smaller window or more padding", 2, 6, 4, 8
  ) { _ = Conv2d(6, 4, window: (7, 3), padding: (1, 0), in: $0)($1, &$2) },
  wrong("weight: stride (0, 1) and padding (0, 0); expected at least 1 and at least 0", 2, 6, 4, 8) {
    _ = Conv2d(6, 4, window: (3, 3), stride: (0, 1), in: $0)($1, &$2)
  },
  wrong(
    "weight: input [2, 6, 1] and a window of [3] with padding [2] leave a result of [-1]; use less padding or a larger "
      + "input", 2, 6, 1
  ) { _ = ConvTranspose1d(6, 4, window: 3, padding: 2, in: $0)($1, &$2) },
  wrong(
    "weight: output padding [2, 0] with stride [2, 1] and dilation [1, 1]; expected at least 0 and less than one of them",
    2, 6, 4, 8
  ) { _ = ConvTranspose2d(6, 4, window: (3, 3), stride: (2, 1), outputPadding: (2, 0), in: $0)($1, &$2) },
  wrong(
    "gain: the layer reads [..., 8], found an input of shape [2, 6]; give it 8 there, or make the layer with features: 6",
    2, 6
  ) { _ = LayerNorm(8, in: $0)($1, &$2) },
  wrong(
    "gain: the layer reads [batch, 8, ...], found an input of shape [2, 6]; give it 8 there, or make the layer with "
      + "channels: 6", 2, 6
  ) { _ = BatchNorm(8, in: $0)($1, &$2) },
  wrong(
    "gain: the layer reads [batch, 8, ...], found an input of shape [2, 6, 3]; give it 8 there, or make the layer with "
      + "channels: 6", 2, 6, 3
  ) { _ = GroupNorm(8, groups: 2, in: $0)($1, &$2) },
  wrong(
    "layers.0.forward.input-weight: the layer reads [batch, time, 5], found an input of shape [2, 3, 4]; give it 5 "
      + "there, or make the layer with inputs: 4", 2, 3, 4
  ) { _ = RNN(5, 3, in: $0)($1, &$2) },
  wrong(
    "layers.0.forward.input-weight: the layer reads [batch, time, 5], found an input of shape [2, 3, 4]; give it 5 "
      + "there, or make the layer with inputs: 4", 2, 3, 4
  ) { _ = LSTM(5, 3, isBidirectional: true, in: $0)($1, &$2) },
  wrong(
    "layers.0.forward.input-weight: the layer reads [batch, time, 5], found an input of shape [2, 5]; give it that many "
      + "axes", 2, 5
  ) { _ = GRU(5, 3, layers: 2, in: $0)($1, &$2) },
  wrong(
    "query.weight: the layer reads [batch, time, 8], found an input of shape [2, 3, 6]; give it 8 there, or make the "
      + "layer with width: 6", 2, 3, 6
  ) { _ = MultiHeadAttention(8, heads: 2, in: $0)($1, &$2) },
  wrong(
    "key.weight: the layer reads [batch, time, 5], found an input of shape [2, 3, 8]; give it 5 there, or make the "
      + "layer with sourceWidth: 8", 2, 3, 8
  ) { _ = MultiHeadAttention(8, heads: 2, sourceWidth: 5, in: $0)($1, &$2) },
  wrong(
    "key.weight: a source of shape [1, 3, 8] for an input of shape [2, 3, 8]; give it 2 samples as well", 2, 3, 8
  ) { _ = MultiHeadAttention(8, heads: 2, in: $0)($1, attendingTo: .zeros([1, 3, 8]), &$2) },
  wrong(
    "key.weight: a key mask of shape [2, 4] for a source of shape [2, 3, 8]; give it [2, 3]", 2, 3, 8
  ) { _ = MultiHeadAttention(8, heads: 2, in: $0)($1, keyMask: .ones([2, 4]), &$2) },
  wrong(
    "key.weight: an attention mask of shape [5, 3] for an input of shape [2, 3, 8] and a source of shape [2, 5, 8]; "
      + "give it [3, 5] or [2, 3, 5]", 2, 3, 8
  ) {
    _ = MultiHeadAttention(8, heads: 2, in: $0)($1, attendingTo: .zeros([2, 5, 8]), attentionMask: .ones([5, 3]), &$2)
  },
  wrong("gain: a residual of shape [2, 1] for an input of shape [2, 8]; give it the same shape", 2, 8) {
    _ = LayerNorm(8, in: $0)($1, adding: .zeros([2, 1]), &$2)
  },
  wrong(
    "gain: an input of shape [1, 8] has less than 2 elements a channel, of which training takes the variance; use a "
      + "larger batch, or leave out a last batch of one", 1, 8
  ) { _ = BatchNorm(8, in: $0)($1, &$2) },
  wrong(
    "layers.0.forward.input-weight: steps of shape [2, 4] for an input of shape [2, 3, 5]; give them [2, 3]", 2, 3, 5
  ) { _ = GRU(5, 3, in: $0)($1, steps: .ones([2, 4]), &$2) },
  wrong(
    "layers.0.forward.input-weight: an initial state of shape [1, 3] for an input of shape [2, 3, 5]; give it [2, 3]",
    2, 3, 5
  ) {
    let state = RecurrentState(hidden: Few(.zeros([2, 3]), .zeros([1, 3])))
    _ = RNN(5, 3, isBidirectional: true, in: $0)($1, steps: nil, from: state, &$2)
  },
  wrong(
    "attention.query.weight: the layer reads [batch, time, 8], found an input of shape [2, 3, 6]; give it 8 there, or "
      + "make the layer with width: 6", 2, 3, 6
  ) { _ = TransformerEncoderLayer(8, heads: 2, isPreNorm: true, in: $0)($1, &$2) },
  wrong(
    "self-attention.query.weight: the layer reads [batch, time, 8], found an input of shape [2, 8]; give it that many "
      + "axes", 2, 8
  ) { _ = TransformerDecoderLayer(8, heads: 2, in: $0)($1, attendingTo: .zeros([2, 3, 8]), &$2) },
  wrong(
    "cross-attention.key.weight: the layer reads [batch, time, 5], found an input of shape [2, 3, 8]; give it 5 there, "
      + "or make the layer with sourceWidth: 8", 2, 3, 8
  ) { _ = TransformerDecoderLayer(8, heads: 2, sourceWidth: 5, in: $0)($1, attendingTo: $1, &$2) },
  wrong("table: 2 ids for places of shape [3]; give it 3, one a place") {
    _ = Embedding(5, 4, in: $0)([1, 2], [3], &$2)
  },
  wrong(
    "table: id 7 at place 1 of [2]; give it ids in 0 ..< 5, or make the layer with vocabulary: 8 or more"
  ) { _ = Embedding(5, 4, in: $0)([1, 7], [2], &$2) },
]

@Suite struct `A mistake in the use of a layer or an optimiser` {
  private static let all = mistakes + optimizerMistakes + shapeMistakes

  @Test(arguments: all.indices) func `stops with a sentence that says what, where, and the fix`(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      Self.all[index].make()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.all[index].sentence), "\(text.prefix(300))")
  }
}
