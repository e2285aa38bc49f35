import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import Testing
import TextEncoders

private var catalogue: Catalogue {
  var catalogue = Catalogue()
  catalogue.add(BagOfWordsEncoder.self)
  catalogue.add(EmbeddingEncoder.self)
  return catalogue
}

private func bag(_ weighting: BagOfWordsEncoder.Weighting) -> BagOfWordsEncoder.Options {
  var options = BagOfWordsEncoder.Options()
  (options.width, options.weighting, options.activation) = (3, weighting, .tanh)
  return options
}

private func words(_ output: EmbeddingEncoder.Output, dropout: Double = 0) -> EmbeddingEncoder.Options {
  var options = EmbeddingEncoder.Options()
  (options.width, options.output, options.dropout) = (3, output, dropout)
  return options
}

@Suite struct `Text encoders` {
  @Test(arguments: BagOfWordsEncoder.Weighting.allCases)
  func `bag-of-words is the linear map of a dense count vector`(_ weighting: BagOfWordsEncoder.Weighting) throws {
    let fixture = try Fixture("encoders/bag-of-words-\(weighting.rawValue)")
    #expect(try Probe.violations("encoder:bag-of-words", of: catalogue, against: fixture) == [])
    let other: [String: Setting] = [
      "width": .integer(3), "weighting": .text(weighting == .counts ? "binary" : "counts"),
    ]
    #expect(try !Probe.violations("encoder:bag-of-words", of: catalogue, against: fixture, settings: other).isEmpty)
  }

  @Test(arguments: EmbeddingEncoder.Output.allCases)
  func `embedding looks words up and pools real ones`(_ output: EmbeddingEncoder.Output) throws {
    let fixture = try Fixture("encoders/embedding-\(output.rawValue)")
    #expect(try Probe.violations("encoder:embedding", of: catalogue, against: fixture) == [])
    guard output != .sequence else { return }
    let other: [String: Setting] = ["width": .integer(4), "output": .text(output == .mean ? "max" : "mean")]
    #expect(try !Probe.violations("encoder:embedding", of: catalogue, against: fixture, settings: other).isEmpty)
  }

  @Test(arguments: EncoderCheck.all) func `bag-of-words keeps its promises`(_ check: EncoderCheck) throws {
    for weighting in BagOfWordsEncoder.Weighting.allCases { try check(BagOfWordsEncoder.self, bag(weighting)) }
  }

  @Test(arguments: EncoderCheck.all) func `embedding keeps its promises`(_ check: EncoderCheck) throws {
    for output in EmbeddingEncoder.Output.allCases { try check(EmbeddingEncoder.self, words(output)) }
    try check(EmbeddingEncoder.self, words(.mean, dropout: 0.3))
  }

  @Test func `a text without words gives the activated bias, and the order of words is lost`() throws {
    let encoder = try BagOfWordsEncoder(
      bag(.counts), reading: InputSpecification("text", .tokens(vocabulary: 6)), in: Scope(seed: 3))
    var context = Context.evaluation()
    let tokens = Tokens([0, 0, 0, 2, 5, 3, 5, 3, 2], batch: 3, time: 3)
    let steps = Tensor([0, 0, 0, 1, 1, 1, 1, 1, 1], [3, 3])
    let found = encoder(Input(tokens: tokens, steps: steps), &context).values.elements
    #expect(Array(found[0..<3]) == [0, 0, 0])
    try expectClose(Tensor(Array(found[3..<6])), found[6..<9].map(Double.init), 1e-6)
  }

  @Test func `refuse what is not text and name the encoder for it`() {
    #expect(throws: SetupError("encoder embedding for \"x\": it reads tokens, not image 3×8×9. Use cnn.")) {
      _ = try EmbeddingEncoder(
        words(.mean), reading: InputSpecification("x", .image(channels: 3, height: 8, width: 9)), in: Scope(seed: 1))
    }
    #expect(
      throws: SetupError("encoder bag-of-words for \"x\": it reads tokens, not sequence of 4. Use gru, lstm or mlp.")
    ) {
      _ = try BagOfWordsEncoder(bag(.counts), reading: InputSpecification("x", .sequence(width: 4)), in: Scope(seed: 1))
    }
    var options = words(.mean)
    options.width = 0
    #expect(throws: SetupError("encoder embedding for \"x\": width is 0; expected 1 or more")) {
      _ = try EmbeddingEncoder(options, reading: InputSpecification("x", .tokens(vocabulary: 4)), in: Scope(seed: 1))
    }
  }
}
