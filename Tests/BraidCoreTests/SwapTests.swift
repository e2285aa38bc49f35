import BraidCore
import BraidNN
import BraidTensor
import StandardParts
import Testing

/// Joins by a sum of projections; `Product` multiplies them and has other parameters.
private struct Sum: Fusion {
  typealias Options = NoOptions
  static let about = About("sum", "Sum of projections")
  static let accepts = Accepts.vectors
  let layers: [Linear]
  let output = Modality("fused", .vector, width: 4)
  init(_ options: NoOptions, joining modalities: [Modality], in scope: Scope) throws {
    layers = modalities.map { Linear($0.width, 4, in: scope["projection"][$0.name]) }
  }
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    var joined = layers[0](inputs[0].values, &context)
    for (layer, input) in zip(layers, inputs).dropFirst() { joined = joined + layer(input.values, &context) }
    return Fused(joined)
  }
}

private struct Product: Fusion {
  typealias Options = NoOptions
  static let about = About("product", "Product of deeper projections, with dropout")
  static let accepts = Accepts.vectors
  let layers: [MLP]
  let drop: Dropout
  let output = Modality("fused", .vector, width: 6)
  init(_ options: NoOptions, joining modalities: [Modality], in scope: Scope) throws {
    layers = modalities.map { MLP($0.width, [9, 6], activation: .tanh, in: scope["deep"][$0.name]) }
    drop = Dropout(0.5, in: scope["dropout"])
  }
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    var joined = layers[0](inputs[0].values, &context)
    for (layer, input) in zip(layers, inputs).dropFirst() { joined = joined * layer(input.values, &context) }
    return Fused(drop(joined, &context))
  }
}

private let inputs = [
  InputSpecification("picture", .image(channels: 1, height: 8, width: 8)),
  InputSpecification("words", .tokens(vocabulary: 12)),
]

/// A picture and words, joined by one fusion of the catalogue, at one seed.
private func model(_ fusion: String, _ catalogue: Catalogue, seed: UInt64 = 3) throws -> FusionModel {
  let scope = Scope(seed: seed)
  let settings: [String: [String: Setting]] = [
    "cnn": ["channels": .list([.integer(3)]), "dropout": .number(0.3)],
    "gru": ["width": .integer(4), "dropout": .number(0.3)],
  ]
  let encoders = try zip(["cnn", "gru"], inputs).map { name, input in
    try Catalogue.find(name, "encoder", in: catalogue.encoders, at: "encoders")
      .make(settings[name]!, "encoders.\(name)", input, scope["encoder"][input.name])
  }
  let accepts = catalogue.accepts[fusion]!
  let adapters = encoders.map {
    Adapter.needed(for: $0.output, by: accepts, pooling: .mean, in: scope["adapter"][$0.output.name])
  }
  let joined = try Catalogue.find(fusion, "fusion", in: catalogue.fusions, at: "fusion")
    .make([:], "fusion", zip(adapters, encoders).map { $0.output(of: $1.output) }, scope["fusion"])
  let head = try Catalogue.find("classification", "head", in: catalogue.heads, at: "head")
    .make([:], "head", joined.output, .classes(["a", "b", "c"]), scope["head"])
  return FusionModel(encoders: encoders, adapters: adapters, fusion: joined, head: head, in: scope)
}

private func encoderWeights(_ model: FusionModel) -> [String: [Float]] {
  let parameters = model.store.parameters.filter { $0.path.hasPrefix("encoder.") }
  return Dictionary(uniqueKeysWithValues: parameters.map { ($0.path, $0.value.elements) })
}

@Suite struct `Swapping the fusion` {
  let catalogue = Catalogue.standard.adding(Sum.self).adding(Product.self)

  @Test func `leaves every encoder's first weights bit-identical`() throws {
    let reference = encoderWeights(try model("sum", catalogue))
    #expect(reference.keys.contains("encoder.picture.blocks.0.convolution.weight"))
    #expect(reference.keys.contains("encoder.words.words.table"))
    for name in catalogue.fusions.keys.sorted() {
      #expect(try encoderWeights(model(name, catalogue)) == reference, "\(name)")
    }
    #expect(try encoderWeights(model("sum", catalogue, seed: 4)) != reference)
  }

  @Test func `leaves what the encoders compute bit-identical, dropout included`() throws {
    var stream = RandomStream(seed: 1, .sampling)
    let batch = Batch(
      inputs: [
        "picture": Input(values: stream.normal([3, 1, 8, 8])),
        "words": Input(
          tokens: Tokens([2, 3, 0, 4, 0, 0, 5, 6, 7], batch: 3, time: 3),
          steps: Tensor([1, 1, 0, 1, 0, 0, 1, 1, 1], [3, 3])),
      ], target: .classes([0, 1, 2]), samples: [0, 1, 2])
    func encoded(_ fusion: String, step: Int) throws -> [[Float]] {
      let model = try model(fusion, catalogue)
      var context = Context.training(seed: 3, step: step)
      return zip(["picture", "words"], model.encoders).map { $1(batch.inputs[$0]!, &context).values.elements }
    }
    let reference = try encoded("sum", step: 1)
    for name in catalogue.fusions.keys.sorted() { #expect(try encoded(name, step: 1) == reference, "\(name)") }
    #expect(try encoded("sum", step: 2) != reference)
  }
}
