import BraidCore
import BraidNN
import BraidTensor

/// What can be wrong with a fusion. `none` is right; every other case must be caught.
enum Mistake: String, Choice {
  case none
  case attendsAcrossBatch, usesPlaceInBatch
  case ignoresSteps, ignoresPresence, countsPadding, dividesByNothing, treatsNoMaskDifferently
  case forgetsParameter, cancelsBias, stopsGradient, wrongSign, forgetsInput
  case declaresOtherWidth, overflows, ignoresSeed, remembersCalls
  case gateOutsideRange, attentionNotNormalized, extraNotByBatch, changesWhenWatched
}

/// A small right fusion, `z = Σ_m mean tanh(x_m W_m) + b` over real steps, into which one mistake can be put.
struct ToyFusion: Fusion {
  struct Options: PartOptions {
    var mistake = Mistake.none
    init() {}
    init(_ mistake: Mistake) { self.mistake = mistake }
  }
  static let about = About("toy", "Sum of time means", equation: "z = Σ_m mean tanh(x_m W_m) + b")
  static let accepts = Accepts.sequences
  let output: Modality
  let mistake: Mistake
  let names: [String]
  let layers: [Linear]
  let bias: Parameter
  let score: Linear?
  let calls = Calls()

  final class Calls { var count: Float = 0 }

  init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    mistake = options.mistake
    names = modalities.map(\.name)
    layers = modalities.map { Linear($0.width, 3, bias: false, in: scope["layer"][$0.name]) }
    bias = scope.parameter("bias", [3], .zeros)
    if mistake == .forgetsParameter { _ = scope.parameter("forgotten", [2], .ones) }
    score = mistake == .cancelsBias ? Linear(3, 1, in: scope["score"]) : nil
    if mistake == .ignoresSeed, let weight = layers.first?.weight {
      weight.assign(Tensor((0..<weight.count).map { _ in Float.random(in: -1...1) }))
    }
    output = Modality("fused", .vector, width: mistake == .declaresOtherWidth ? 4 : 3)
  }

  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    var extras: [String: Tensor] = [:]
    var sum: Tensor?
    for (index, input) in inputs.enumerated() {
      let batch = input.batch
      let time = input.values.shape[1]
      var steps = input.stepMask
      if mistake == .ignoresSteps { steps = input.presence.map { ($0.reshaped(batch, 1) + .zeros([batch, time])) } }
      if mistake == .ignoresPresence { steps = input.steps }
      var h = layers[index](input.values, &context)  // [B, T, 3]
      if mistake == .stopsGradient { h = linear(input.values, context[layers[index].weight].detached) }
      if mistake == .forgetsInput { h = layers[index](input.values.detached, &context) }
      h = mistake == .overflows ? h.exp() : h.tanh()
      let mean: Tensor  // [B, 3]
      switch mistake {
      case .countsPadding: mean = h.scaledRows(steps).mean(1)
      case .dividesByNothing:
        let ones = steps ?? .ones([batch, time])
        mean = h.scaledRows(steps).sum(1) / ones.sum(1, keepingAxis: true)
      case .treatsNoMaskDifferently where input.steps == nil: mean = h.maximumOverSteps(steps)
      case .cancelsBias:
        let scores = score!(h, &context).reshaped(batch, 1, time)
        mean = batchedMatmul(scores.softmax(mask: steps), h).reshaped(batch, 3)
      default: mean = h.meanOverSteps(steps)
      }
      sum = sum.map { $0 + mean } ?? mean
      let gate: Float = mistake == .gateOutsideRange ? 1.5 : 0.5
      extras["gate.\(names[index])"] = Tensor(repeating: gate, [batch, 1])
      let weights = Tensor(repeating: mistake == .attentionNotNormalized ? 0.4 : 0.5, [batch, 2])
      extras["attention.\(names[index]).\(names[index])"] = weights
    }
    var z = sum! + context[bias]  // [B, 3]
    let batch = z.shape[0]
    if mistake == .extraNotByBatch { extras["constant"] = .ones([3]) }
    if mistake == .attendsAcrossBatch { z = matmul(matmul(z, z, transposeB: true).softmax(), z) }
    if mistake == .usesPlaceInBatch { z = z + Tensor((0..<batch).map(Float.init), [batch, 1]) }
    if mistake == .remembersCalls {
      calls.count += 1
      z = z + calls.count
    }
    if mistake == .changesWhenWatched, context.wantsExtras { z = z + 1 }
    if mistake == .wrongSign { z = wrongNegation(z) }
    return Fused(z, extras: extras)
  }

  /// −x with the derivative of x.
  private func wrongNegation(_ x: Tensor) -> Tensor {
    Tensor(x.elements.map { -$0 }, x.shape).recorded("wrong negation", from: x) { g, sink in sink.add(g, to: x) }
  }
}

/// A fusion whose options do not survive writing, with a name no file can use and no equation.
struct ForgetfulFusion: Fusion {
  struct Options: PartOptions {
    var width = 3
    init() {}
    init(width: Int) { self.width = width }
    init(from decoder: any Swift.Decoder) throws {}
    func encode(to encoder: any Swift.Encoder) throws {
      var box = encoder.container(keyedBy: Key.self)
      try box.encode(width, forKey: .width)
    }
    private enum Key: String, CodingKey { case width }
  }
  static let about = About("Forgetful Fusion", "")
  static let accepts = Accepts.vectors
  let output: Modality
  init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    guard modalities.isEmpty else { throw SetupError("forgetful: joins nothing.") }
    output = Modality("fused", .vector, width: 1)
  }
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused { Fused(inputs[0].values) }
}
