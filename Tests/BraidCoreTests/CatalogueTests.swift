import BraidCore
import BraidNN
import BraidTensor
import StandardParts
import Testing

private struct Halving: Encoder {
  struct Options: PartOptions {
    var times = 1
    init() {}
  }
  static let about = About("halving", "Half of every number")
  let output: Modality
  init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    output = Modality(input.name, .vector, width: 2)
  }
  func callAsFunction(_ input: Input, _ context: inout Context) -> Features { Features(input.values! * 0.5) }
}

@Suite struct `The catalogue` {
  @Test func `has every shipped encoder, head, loss and metric`() {
    let standard = Catalogue.standard
    #expect(standard.encoders.keys.sorted() == ["bag-of-words", "cnn", "embedding", "gru", "identity", "lstm", "mlp"])
    #expect(standard.heads.keys.sorted() == ["classification", "multi-label", "regression"])
    #expect(standard.losses.keys.sorted() == ["binary-cross-entropy", "cross-entropy", "mae", "mse"])
    #expect(
      standard.metrics.keys.sorted() == [
        "accuracy", "macro-f1", "mae", "mse", "pearson", "precision", "recall", "weighted-f1",
      ])
    #expect(standard.higherIsBetter["mae"] == false && standard.higherIsBetter["macro-f1"] == true)
  }

  @Test func `makes a part from settings, and knows its defaults`() throws {
    var catalogue = Catalogue()
    catalogue.add(Halving.self)
    let entry = try Catalogue.find("halving", "encoder", in: catalogue.encoders, at: "encoders.x")
    #expect(entry.defaults == ["times": .integer(1)])
    #expect(try entry.resolve([:], "encoders.x") == ["times": .integer(1)])
    let encoder = try entry.make(
      ["times": .integer(2)], "encoders.x", InputSpecification("x", .vector(width: 2)), Scope(seed: 1))
    var context = Context.evaluation()
    #expect(encoder(Input(values: Tensor([2, 4], [1, 2])), &context).values.elements == [1, 2])
  }

  @Test func `names the known parts and the nearest for an unknown one`() {
    #expect(
      throws: SetupError(
        "encoders.text: no encoder is called \"gri\". Known: bag-of-words, cnn, embedding, gru, identity, lstm, mlp. "
          + "Did you mean \"gru\"?")
    ) { _ = try Catalogue.find("gri", "encoder", in: Catalogue.standard.encoders, at: "encoders.text") }
    #expect(
      throws: SetupError("loss: no loss is called \"hinge\". Known: binary-cross-entropy, cross-entropy, mae, mse.")
    ) {
      _ = try Catalogue.find("hinge", "loss", in: Catalogue.standard.losses, at: "loss")
    }
  }

  @Test func `is a value: adding to a copy leaves the original`() {
    let more = Catalogue.standard.adding(Halving.self)
    #expect(more.encoders["halving"] != nil && Catalogue.standard.encoders["halving"] == nil)
  }

  @Test func `stops when two parts have one name`() async {
    await #expect(processExitsWith: .failure) {
      var catalogue = Catalogue()
      catalogue.add(Halving.self)
      catalogue.add(Halving.self)
    }
  }

  @Test func `describes every part in one line`() {
    let standard = Catalogue.standard
    let all =
      standard.encoders.values.map(\.about) + standard.fusions.values.map(\.about) + standard.heads.values.map(\.about)
      + standard.losses.values.map(\.about) + standard.metrics.values.map(\.about)
    for about in all {
      #expect(!about.summary.isEmpty && !about.summary.contains("\n") && !about.summary.hasSuffix("."), "\(about.name)")
      #expect(about.name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "-" }, "\(about.name)")
    }
  }
}
