import BraidCore
import BraidNN
import BraidTraining

/// What building a row's model and taking one step with it showed.
struct Trial {
  let adapters: [String: String]
  let parameters: Int
  /// Nil without frozen encoders.
  let frozenParameters: Int?
  let flopsPerSample: Double
  /// Seconds that building the model took.
  let building: Double
  /// Nil unless measured.
  let cost: TrainingCost?

  init(
    of configuration: CellConfiguration, on data: any Dataset, _ catalogue: Catalogue, place: String, measuring: Bool
  ) throws {
    let (composition, seconds) = try timed {
      try Composition(configuration, for: data, catalogue: catalogue, place: place)
    }
    building = seconds
    let count = data.count(.train)
    let measured = configuration.train.samples(of: count, seed: configuration.seed).prefix(
      configuration.train.batchSize)
    let sampled = try composition.sampled(
      data, training: Array(0..<min(32, count)) + (measuring ? Array(measured) : []))
    (parameters, flopsPerSample) = try composition.trial(on: sampled, place: place)
    frozenParameters = composition.frozen.isEmpty ? nil : composition.frozen.map(\.store.count).reduce(0, +)
    adapters = composition.adapters
    cost =
      try !measuring
      ? nil
      : TrainingCost(
        of: composition.model, composition.loss, on: sampled, options: configuration.train, seed: configuration.seed)
  }
}

extension CellConfiguration {
  /// What a trial depends on: of training, only which parameters have settings of their own and, when it is measured,
  /// what a step and an epoch are.
  func trialled(measuring: Bool) -> CellConfiguration {
    var result = self
    result.train = TrainingOptions()
    result.train.groups = train.groups
    if measuring {
      (result.train.share, result.train.batchSize, result.train.optimizer) = (
        train.share, train.batchSize, train.optimizer
      )
    }
    return result
  }
}
