import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import RecurrentEncoders
import Testing

private var catalogue: Catalogue {
  var catalogue = Catalogue()
  catalogue.add(GRUEncoder.self)
  catalogue.add(LSTMEncoder.self)
  return catalogue
}

private func options(
  _ output: RecurrentOptions.Output, layers: Int = 1, bidirectional: Bool = false, dropout: Double = 0
) -> RecurrentOptions {
  var options = RecurrentOptions()
  (options.width, options.embedding, options.output) = (3, 2, output)
  (options.layers, options.bidirectional, options.dropout) = (layers, bidirectional, dropout)
  return options
}

@Suite struct `Recurrent encoders` {
  @Test(arguments: ["gru", "lstm"], ["sequence", "last", "mean"])
  func `read words or numbers as PyTorch would`(_ name: String, _ output: String) throws {
    let fixture = try Fixture("encoders/\(name)-\(output)")
    #expect(try Probe.violations("encoder:\(name)", of: catalogue, against: fixture) == [])
    guard output != "sequence" else { return }
    let other: [String: Setting] = [
      "width": .integer(3), "embedding": .integer(2), "output": .text(output == "last" ? "mean" : "last"),
    ]
    #expect(try !Probe.violations("encoder:\(name)", of: catalogue, against: fixture, settings: other).isEmpty)
  }

  @Test(arguments: EncoderCheck.all) func `gru keeps its promises`(_ check: EncoderCheck) throws {
    for output in RecurrentOptions.Output.allCases { try check(GRUEncoder.self, options(output)) }
    try check(GRUEncoder.self, options(.last, layers: 2, bidirectional: true, dropout: 0.3))
  }

  @Test(arguments: EncoderCheck.all) func `lstm keeps its promises`(_ check: EncoderCheck) throws {
    for output in RecurrentOptions.Output.allCases { try check(LSTMEncoder.self, options(output)) }
    try check(LSTMEncoder.self, options(.sequence, layers: 2, bidirectional: true, dropout: 0.3))
  }

  @Test func `are twice as wide in both directions`() throws {
    let input = InputSpecification("text", .tokens(vocabulary: 5))
    let both = try GRUEncoder(options(.last, bidirectional: true), reading: input, in: Scope(seed: 1))
    #expect(both.output == Modality("text", .vector, width: 6))
    #expect(
      try LSTMEncoder(options(.sequence), reading: input, in: Scope(seed: 1)).output
        == Modality("text", .sequence, width: 3))
  }

  @Test func `refuse vectors and images and name the encoder for them`() {
    #expect(throws: SetupError("encoder gru for \"x\": it reads tokens and sequences, not a vector of 4. Use mlp.")) {
      _ = try GRUEncoder(options(.last), reading: InputSpecification("x", .vector(width: 4)), in: Scope(seed: 1))
    }
    #expect(throws: SetupError("encoder lstm for \"x\": it reads tokens and sequences, not an image 1×2×3. Use cnn.")) {
      _ = try LSTMEncoder(
        options(.last), reading: InputSpecification("x", .image(channels: 1, height: 2, width: 3)), in: Scope(seed: 1))
    }
    #expect(throws: SetupError("encoder gru for \"x\": layers is 0; expected 1 or more")) {
      _ = try GRUEncoder(
        options(.last, layers: 0), reading: InputSpecification("x", .sequence(width: 4)), in: Scope(seed: 1))
    }
  }
}
