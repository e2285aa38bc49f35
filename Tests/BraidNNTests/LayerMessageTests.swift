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

private let mistakes: [Mistake] = [
  Mistake("assign: text.weight has shape [2]; got [3]") {
    Scope(seed: 1)["text"].parameter("weight", [2], .zeros).assign(.zeros([3]))
  },
  Mistake("assign: text.running-mean has shape [3]; got [2]") {
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
  Mistake("dropout: rate 1.0 of text is outside [0, 1)") { _ = Dropout(1, in: Scope(seed: 1)["text"]) },
  Mistake("embedding: 0 words of width 4 in text") { _ = Embedding(0, 4, in: Scope(seed: 1)["text"]) },
  Mistake("embedding: padding id 9 is outside the 5 words of text") {
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
  Mistake("safetensors: two tensors are called \"a\"") {
    _ = Safetensors.encoded([("a", .float32(.zeros([2]))), ("a", .float32(.zeros([2])))])
  },
  Mistake("safetensors: 3 elements for \"a\" of shape [2]") {
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

@Suite struct `A mistake in the use of a layer or an optimiser` {
  private static let all = mistakes + optimizerMistakes

  @Test(arguments: all.indices) func `stops with a sentence that says what, where, and the fix`(_ index: Int) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      [index = index as Int] in
      Self.all[index].make()
    }
    let text = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(text.contains(Self.all[index].sentence), "\(text.prefix(300))")
  }
}
