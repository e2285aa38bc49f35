import BraidCore
import BraidNN
import BraidTensor

/// One promise every encoder makes, as a check that can be run on any of them.
///
/// ```swift
/// @Test(arguments: EncoderCheck.all) func `my encoder keeps its promises`(_ check: EncoderCheck) throws {
///   try check(MyEncoder.self)
/// }
/// ```
/// Each check runs for every kind of input the encoder does not refuse.
public struct EncoderCheck: Sendable, CustomStringConvertible {
  /// The encoder's.
  public let name: String
  /// What is promised.
  public let promise: String
  private let body: @Sendable (EncoderCase) throws -> [String]

  /// - Parameter body: returns one sentence for each way the promise is broken.
  public init(_ name: String, _ promise: String, _ body: @escaping @Sendable (EncoderCase) throws -> [String]) {
    (self.name, self.promise, self.body) = (name, promise, body)
  }

  public var description: String { name }

  /// The ways in which an encoder breaks the promise; empty when it is kept.
  public func violations<E: Encoder>(of encoder: E.Type, _ options: E.Options = E.Options()) throws -> [String] {
    let cases = try EncoderCase.accepted { try E(options, reading: $0, in: $1) }
    guard !cases.isEmpty else { return ["it refuses vectors, sequences, tokens and images"] }
    return try cases.flatMap { each in try body(each).map { "[\(each.input.summary)] \($0)" } }
  }

  /// Throws `Mismatch` unless the encoder keeps the promise with these options.
  public func callAsFunction<E: Encoder>(_ encoder: E.Type, _ options: E.Options = E.Options()) throws {
    let violations = try violations(of: encoder, options)
    guard violations.isEmpty else {
      throw Mismatch("\(E.about.name): \(promise)" + violations.prefix(8).map { "\n  \($0)" }.joined())
    }
  }

  /// Every promise.
  public static let all = [
    outputs, reproducible, sampleIndependence, maskedContent, extraPadding, nothingReal, absentContent,
    everyParameterLearns,
    gradients,
  ]

  /// Catches a modality that does not say what comes out.
  public static let outputs = EncoderCheck("outputs", "features have the kind and width announced, for any batch") {
    each in
    let (encoder, _) = try each.build()
    return [1, 2, 7].flatMap { batch in
      let input = each.make(batch)
      let features = evaluated(encoder, input)
      var wrong: [String] = []
      if features.isSequence != (encoder.output.kind == .sequence) || features.values.shape[-1] != encoder.output.width
      {
        wrong.append("shape \(features.values.shape) for a \(encoder.output.kind.rawValue) of \(encoder.output.width)")
      }
      if features.batch != batch { wrong.append("\(features.batch) samples out of \(batch)") }
      if features.isSequence, input.steps != nil, features.steps == nil { wrong.append("the mask of steps got lost") }
      if let steps = features.steps, steps.shape != Shape(batch, features.values.shape[1]) {
        wrong.append("steps of shape \(steps.shape) for \(features.values.shape)")
      }
      if let grid = features.grid, grid.rows * grid.columns != features.values.shape[1] {
        wrong.append("a grid of \(grid.rows) by \(grid.columns) for \(features.values.shape)")
      }
      if encoder.output.name != each.input.name { wrong.append("the modality is called \(encoder.output.name)") }
      return wrong
    }
  }

  /// Catches hidden state, and randomness from elsewhere than seed and path.
  public static let reproducible = EncoderCheck(
    "reproducible", "the same seed gives the same weights and the same pass"
  ) { each in
    let (encoder, store) = try each.build()
    let (other, otherStore) = try each.build()
    var wrong: [String] = []
    for (a, b) in zip(store.parameters, otherStore.parameters)
    where a.path != b.path || a.value.elements != b.value.elements {
      wrong.append("\(a.path) differs")
    }
    let input = each.make(4)
    func pass(_ encoder: any Encoder, _ context: Context) -> [Float] {
      var context = context
      return encoder(input, &context).values.elements
    }
    if pass(encoder, .training(seed: 1, step: 2)) != pass(other, .training(seed: 1, step: 2)) {
      wrong.append("training passes differ")
    }
    return wrong
  }

  /// Catches samples that see each other.
  public static let sampleIndependence = EncoderCheck(
    "sample-independence", "a sample's features never depend on other samples"
  ) {
    each in
    let (encoder, _) = try each.build()
    let input = each.make(5)
    let together = evaluated(encoder, input)
    return (0..<5).flatMap { sample in
      differences(evaluated(encoder, input.rows([sample])), together, rows: [(0, sample)]).map {
        "sample \(sample): \($0)"
      }
    }
  }

  /// Catches content of padding steps that reaches real ones, a pooled vector, or a gradient.
  public static let maskedContent = EncoderCheck("masked-content", "content of padding steps never matters") { each in
    let (encoder, store) = try each.build()
    let input = each.make(5)
    guard let steps = input.steps else { return [] }
    let garbage = input.replacing(under: steps)
    var wrong = differences(evaluated(encoder, garbage), evaluated(encoder, input))
    let before = parameterGradients(encoder, store, input)
    let after = parameterGradients(encoder, store, garbage)
    for (parameter, (a, b)) in zip(store.parameters, zip(after, before)) {
      let closeness = Closeness("the gradient of \(parameter.path)", a, b, tolerance: 2e-5)
      if !closeness.isWithin { wrong.append(closeness.description) }
    }
    return wrong
  }

  /// Catches results that depend on how far a batch was padded.
  public static let extraPadding = EncoderCheck("extra-padding", "padding a batch further changes nothing") { each in
    let (encoder, _) = try each.build()
    let input = each.make(5)
    guard input.steps != nil else { return [] }
    return differences(evaluated(encoder, input.padded(by: 3)), evaluated(encoder, input))
  }

  /// Catches divisions by the number of real steps, and batches without any time at all.
  public static let nothingReal = EncoderCheck(
    "nothing-real", "samples without a real step, and batches without time, work"
  ) { each in
    let (encoder, store) = try each.build()
    var input = each.make(3)
    guard let steps = input.steps else { return [] }
    input.steps = .zeros(steps.shape)
    var wrong = evaluated(encoder, input).values.isFinite ? [] : ["features are not finite"]
    for (parameter, gradient) in zip(store.parameters, parameterGradients(encoder, store, input))
    where gradient.contains(where: { !$0.isFinite }) { wrong.append("the gradient of \(parameter.path) is not finite") }
    let features = evaluated(encoder, input.withoutTime())
    if features.batch != 3 || !features.values.isFinite {
      wrong.append("without time: features of shape \(features.values.shape)")
    }
    return wrong
  }

  /// Catches batch statistics over samples that lack the modality.
  public static let absentContent = EncoderCheck(
    "absent-content", "what is stored for absent samples never matters to the others"
  ) {
    each in
    let (encoder, _) = try each.build()
    var input = each.make(4)
    input.presence = Tensor([1, 0, 1, 1])
    let garbage = input.replacing(under: Tensor([1, 0, 1, 1]))
    func pass(_ input: Input) -> Features {
      var context = Context.training(seed: 1, step: 1)
      return encoder(input, &context)
    }
    var wrong = differences(pass(garbage), pass(input), rows: [(0, 0), (2, 2), (3, 3)])
    if pass(input).presence?.elements != [1, 0, 1, 1] { wrong.append("presence is not passed on") }
    return wrong
  }

  /// Catches parameters that are declared and never trained.
  public static let everyParameterLearns = EncoderCheck(
    "every-parameter-learns", "every declared parameter receives a gradient"
  ) {
    each in
    let (encoder, store) = try each.build()
    return zip(store.parameters, parameterGradients(encoder, store, each.make(7)))
      .filter { $1.allSatisfy { $0 == 0 } }.map { "\($0.0.path) receives none" }
  }

  /// Catches wrong derivatives, of every parameter and of inputs that are numbers. What stands at padding steps does
  /// not count.
  public static let gradients = EncoderCheck("gradients", "derivatives agree with central differences") { each in
    let (encoder, store) = try each.build()
    let input = each.make(3)
    let inputs = input.values.map { [(name: each.input.name, tensor: $0)] } ?? []
    return checkGradients(of: store, inputs: inputs, most: 24) { values, context in
      var input = input
      if let first = values.first { input.values = first }
      let features = encoder(input, &context)
      return features.values.scaledRows(features.steps)
    }.violations
  }
}
