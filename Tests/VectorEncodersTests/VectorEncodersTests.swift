import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import Testing
import VectorEncoders

private var catalogue: Catalogue {
  var catalogue = Catalogue()
  catalogue.add(MLPEncoder.self)
  catalogue.add(IdentityEncoder.self)
  return catalogue
}

@Suite struct `Vector encoders` {
  @Test(arguments: ["vector", "sequence", "gelu"])
  func `mlp computes what PyTorch does`(_ name: String) throws {
    let fixture = try Fixture("encoders/mlp-\(name)")
    #expect(try Probe.violations("encoder:mlp", of: catalogue, against: fixture) == [])
    let other: [String: Setting] = ["layers": .list([.integer(4), .integer(3)]), "activation": .text("sigmoid")]
    #expect(try !Probe.violations("encoder:mlp", of: catalogue, against: fixture, settings: other).isEmpty)
  }

  @Test(arguments: EncoderCheck.all) func `mlp keeps its promises`(_ check: EncoderCheck) throws {
    try check(MLPEncoder.self, .init(layers: [4, 3], activation: .tanh))
    try check(MLPEncoder.self, .init(layers: [6], dropout: 0.4))
  }

  @Test(arguments: EncoderCheck.all) func `identity keeps its promises`(_ check: EncoderCheck) throws {
    try check(IdentityEncoder.self)
  }

  @Test func `identity passes numbers on untouched`() throws {
    let encoder = try IdentityEncoder(
      NoOptions(), reading: InputSpecification("sensor", .vector(width: 2)), in: Scope(seed: 1))
    var context = Context.evaluation()
    #expect(encoder(Input(values: Tensor([1, -2, 3, 4], [2, 2])), &context).values.elements == [1, -2, 3, 4])
  }

  @Test(arguments: [
    (
      "mlp", InputSpecification.Kind.tokens(vocabulary: 9), [:],
      "encoder mlp for \"x\": it reads vectors and sequences of numbers, not tokens of 9 words. "
        + "Use bag-of-words, embedding, gru or lstm."
    ),
    (
      "mlp", .image(channels: 3, height: 8, width: 9), [:],
      "encoder mlp for \"x\": it reads vectors and sequences of numbers, not an image 3×8×9. Use cnn."
    ),
    (
      "mlp", .vector(width: 4), ["layers": Setting.list([])],
      "encoder mlp for \"x\": layers is empty; expected at least one width, or the identity encoder"
    ),
    (
      "mlp", .vector(width: 4), ["layers": .list([.integer(3), .integer(0)])],
      "encoder mlp for \"x\": layers[1] is 0; expected 1 or more"
    ),
    (
      "mlp", .vector(width: 4), ["dropout": .integer(1)],
      "encoder mlp for \"x\": dropout is 1.0; expected at least 0 and less than 1"
    ),
    (
      "identity", .tokens(vocabulary: 9), [:],
      "encoder identity for \"x\": it passes vectors and sequences of numbers on, not tokens of 9 words. "
        + "Use cnn for images; bag-of-words, embedding, gru or lstm for tokens."
    ),
  ])
  func `say what they cannot read and what to do`(
    _ name: String, _ kind: InputSpecification.Kind, _ settings: [String: Setting], _ sentence: String
  ) throws {
    let encoder = try Catalogue.find(name, "encoder", in: catalogue.encoders, at: "encoders.x")
    #expect(throws: SetupError(sentence)) {
      _ = try encoder.make(settings, "encoders.x.\(name)", InputSpecification("x", kind), Scope(seed: 1))
    }
  }
}
