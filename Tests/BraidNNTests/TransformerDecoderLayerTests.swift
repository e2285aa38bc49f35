import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `Transformer decoder layer` {
  static let cases: [(name: String, isPreNorm: Bool, activation: Activation, isCausal: Bool)] = [
    ("decoder-post-norm", false, .relu, true), ("decoder-pre-norm", true, .gelu, true),
    ("decoder-pre-norm-masked", true, .relu, true), ("decoder-post-norm-open", false, .gelu, false),
    ("decoder-pre-norm-pairs", true, .relu, true), ("decoder-post-norm-one", false, .relu, true),
    ("decoder-pre-norm-none", true, .gelu, true),
    ("decoder-post-norm-epsilon", false, .quickGelu, true), ("decoder-pre-norm-epsilon", true, .elu, true),
    ("decoder-post-norm-other-width", false, .relu, true), ("decoder-pre-norm-other-width", true, .gelu, true),
  ]

  @Test(arguments: cases)
  func `agrees with PyTorch's in every output and every gradient`(
    _ name: String, _ isPreNorm: Bool, _ activation: Activation, _ isCausal: Bool
  ) throws {
    let fixture = try Fixture("attention/\(name)", of: "TransformerDecoderLayer")
    let scope = Scope(seed: 1)
    let layer = TransformerDecoderLayer(
      6, heads: 2, sourceWidth: try fixture.tensor("input.source").shape[2], feedForward: 9, activation: activation,
      isPreNorm: isPreNorm, epsilon: name.hasSuffix("epsilon") ? 0.1 : 1e-5, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let tape = try #require(context.tape)
    let x = tape.watch(try fixture.tensor("input.x"))
    let source = tape.watch(try fixture.tensor("input.source"))
    let output = layer(
      x, attendingTo: source, steps: try fixture.optional("input.steps"),
      sourceSteps: try fixture.optional("input.sourceSteps"),
      attentionMask: try fixture.optional("input.attentionMask"), sourceMask: try fixture.optional("input.sourceMask"),
      isCausal: isCausal, &context)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [
      ("output", output), ("gradient.input.x", gradients[x]), ("gradient.input.source", gradients[source]),
    ]
    for parameter in scope.parameters {
      if try fixture.tensor("gradient.parameter.\(parameter.path)").elements.allSatisfy({ abs($0) < 1e-12 }) {
        // A bias on the keys adds the same to all scores of a query, and a single key is seen whatever its score: the
        // derivative is zero, up to rounding.
        #expect(gradients[parameter]!.elements.allSatisfy { abs($0) < 1e-5 })
      } else {
        found.append(("gradient.parameter.\(parameter.path)", gradients[parameter]))
      }
    }
    #expect(try fixture.violations(found) == [])
  }

  @Test func `is told apart from one that sees the future, or all of the source, by the same comparison`() throws {
    let fixture = try Fixture("attention/decoder-pre-norm-masked", of: "TransformerDecoderLayer")
    let scope = Scope(seed: 1)
    let layer = TransformerDecoderLayer(6, heads: 2, feedForward: 9, isPreNorm: true, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation()
    let (x, source) = (try fixture.tensor("input.x"), try fixture.tensor("input.source"))
    let (steps, sourceSteps) = (try fixture.tensor("input.steps"), try fixture.tensor("input.sourceSteps"))
    let wrong = [
      layer(x, attendingTo: source, steps: steps, sourceSteps: sourceSteps, isCausal: false, &context),
      layer(x, attendingTo: source, steps: steps, &context),
    ]
    for output in wrong { #expect(try fixture.closeness(of: output, to: "output").worst > 0.01) }
  }

  @Test(arguments: [false, true]) func `sees no later step and nothing under a mask`(_ isPreNorm: Bool) {
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = TransformerDecoderLayer(8, heads: 2, sourceWidth: 5, isPreNorm: isPreNorm, in: scope)
    var stream = RandomStream(seed: 2, .sampling)
    var context = Context.evaluation()
    let x = stream.normal([2, 4, 8])
    let source = stream.normal([2, 3, 5])
    let sourceSteps = Tensor([1, 0, 1, 1, 1, 0], [2, 3])
    func run(_ x: Tensor, _ source: Tensor) -> [Float] {
      layer(x, attendingTo: source, sourceSteps: sourceSteps, &context).elements
    }
    let plain = run(x, source)
    let other = source.copy()
    for row in 0..<6 where sourceSteps.elements[row] == 0 { (other.pointer + row * 5).update(repeating: 50, count: 5) }
    #expect(run(x, other) == plain)
    let later = x.copy()
    for sample in 0..<2 { (later.pointer + (sample * 4 + 2) * 8).update(repeating: 9, count: 16) }  // steps 2 and 3
    let changed = run(later, source)
    for sample in 0..<2 {
      let start = sample * 32
      #expect(changed[start..<start + 16] == plain[start..<start + 16])
      #expect(changed[start + 16..<start + 32] != plain[start + 16..<start + 32])
    }
  }

  @Test func `drops in training only, and another way at every step`() {
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = TransformerDecoderLayer(8, heads: 2, dropout: 0.3, in: scope)
    func run(_ context: Context) -> [Float] {
      var context = context
      return layer(.ones([1, 3, 8]), attendingTo: .ones([1, 2, 8]), &context).elements
    }
    #expect(run(.evaluation()) == run(.evaluation()))
    #expect(run(.training(seed: 1, step: 1)) == run(.training(seed: 1, step: 1)))
    #expect(run(.training(seed: 1, step: 1)) != run(.training(seed: 1, step: 2)))
    #expect(run(.training(seed: 1, step: 1)) != run(.evaluation()))
  }
}
