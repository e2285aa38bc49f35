import BraidCore
import BraidNN
import BraidTensor
import BraidTraining

/// One cell's configuration made into parts: a model with its loss and metrics, ready to train.
///
/// Every part makes its parameters in a scope of its own: `encoder.<modality>`, `adapter.<modality>`, `fusion`, `head`,
/// `loss`. Parts with the same path and seed start with the same bits, whatever stands beside them.
public struct Composition {
  /// What trains. In the place of a frozen encoder it has one that passes on features computed before.
  public let model: FusionModel
  /// The encoders that do not train, with their parameters.
  public let frozen: [FrozenEncoder]
  /// What is minimised.
  public let loss: any Loss
  /// With the names they are reported under.
  public let metrics: [(name: String, metric: any Metric)]
  /// Of the training.
  public let options: TrainingOptions
  /// What decides first weights, order and dropout.
  public let seed: UInt64
  /// How each modality reaches the fusion: `mean over steps`, `as it is`.
  public let adapters: [String: String]

  /// Builds the parts for a data set.
  /// - Parameters:
  ///   - place: of the row in its file, such as `compare[2]`, for messages.
  ///   - isLoading: whether frozen encoders are given the values of their files; not where `load` or `loadFrozen` is
  ///     called next.
  /// - Throws: `SetupError` naming the key path of a part that does not fit the data or the parts beside it.
  public init(
    _ configuration: CellConfiguration, for data: any Dataset, catalogue: Catalogue, place: String = "compare",
    isLoading: Bool = true
  ) throws {
    let scope = Scope(seed: configuration.seed)
    let accepts = catalogue.accepts[configuration.fusion.name] ?? .either
    var encoders: [any Encoder] = []
    var adapters: [Adapter] = []
    var summaries: [String: String] = [:]
    var frozen: [FrozenEncoder] = []
    for modality in configuration.modalities {
      let path = "encoders.\(modality)"
      guard let input = data.inputs.first(where: { $0.name == modality }), let choice = configuration.encoders[modality]
      else {
        throw SetupError("\(path): the data set has no modality \"\(modality)\", or it has no encoder.")
      }
      let source = configuration.frozen?[modality]
      // what is frozen lies apart, where training does not reach it; its first weights are the same in any scope
      let own = source == nil ? scope : Scope(seed: configuration.seed)
      var encoder = try make(choice, "encoder", in: catalogue.encoders, at: path) { entry, path in
        try entry.make(choice.settings, path, input, own["encoder.\(modality)"])
      }
      if source != nil {
        let version = catalogue.encoders[choice.name]?.about.version ?? 1
        let still = FrozenEncoder(
          encoder, in: own.store, part: "\(choice.name) \(version) \(Setting.map(choice.settings))")
        frozen.append(still)
        encoder = StoredFeatures(encoder.output)
      }
      let adapter = Adapter.needed(
        for: encoder.output, by: accepts, pooling: configuration.pooling, in: scope["adapter.\(modality)"])
      encoders.append(encoder)
      adapters.append(adapter)
      summaries[modality] =
        source == nil
        ? adapter.summary : adapter.summary == Adapter.none.summary ? "frozen" : "frozen, \(adapter.summary)"
    }
    let joined = zip(encoders, adapters).map { $1.output(of: $0.output) }
    let fusion = try make(configuration.fusion, "fusion", in: catalogue.fusions, at: place) { entry, path in
      try entry.make(configuration.fusion.settings, path, joined, scope["fusion"])
    }
    let head = try make(configuration.head, "head", in: catalogue.heads, at: "head") { entry, path in
      try entry.make(configuration.head.settings, path, fusion.output, data.target, scope["head"])
    }
    loss = try make(configuration.loss, "loss", in: catalogue.losses, at: "loss") { entry, path in
      try entry.make(configuration.loss.settings, path, data.target, scope["loss"])
    }
    metrics = try configuration.metrics.enumerated().map { index, choice in
      let metric = try make(choice, "metric", in: catalogue.metrics, at: "metrics[\(index)]") { entry, path in
        try entry.make(choice.settings, path, data.target)
      }
      return (choice.name, metric)
    }
    model = FusionModel(encoders: encoders, adapters: adapters, fusion: fusion, head: head, in: scope)
    try configuration.train.requireGroups(in: model.store, at: "\(place).train")
    (options, seed, self.adapters) = (configuration.train, configuration.seed, summaries)
    self.frozen = frozen
    if isLoading { try loadFrozen(configuration, place: place) }
  }

  /// One forward and backward pass over the first two training samples: what could go wrong goes wrong here, before
  /// anything trains. Returns the trainable numbers and the floating-point operations of one sample's forward pass.
  public func trial(on data: any Dataset, place: String = "compare") throws -> (parameters: Int, flopsPerSample: Double)
  {
    let batch = try data.batch(.train, Array(0..<min(2, data.count(.train))))
    var context = Context.training(seed: seed, step: 0)
    let pass = model(batch, &context)
    let value = loss(pass, &context)
    guard value.scalar.isFinite else {
      throw SetupError(
        "\(place): the loss of the first two training samples is \(value.scalar); expected a finite number.")
    }
    let gradients = value.gradients()
    for parameter in model.store.parameters {
      if let gradient = gradients[parameter], !gradient.isFinite {
        throw SetupError("\(place): the first gradient of \(parameter.path) is not finite.")
      }
    }
    return (model.store.count, try flopsPerSample(model, on: data))
  }
}

/// A part of a shelf, with the key path before an error that does not name one.
private func make<Make, Made>(
  _ choice: PartChoice, _ kind: String, in shelf: [String: Catalogue.Entry<Make>], at place: String,
  _ body: (Catalogue.Entry<Make>, String) throws -> Made
) throws -> Made {
  let path = "\(place).\(choice.name)"
  let entry = try Catalogue.find(choice.name, kind, in: shelf, at: place)
  do { return try body(entry, path) } catch let error as SetupError {
    throw error.description.hasPrefix(place) ? error : SetupError("\(path): \(error)")
  }
}
