import BraidCore
import BraidTraining

/// What building a row's model and taking one step with it showed.
struct Trial {
  let adapters: [String: String]
  let parameters: Int
  let flopsPerSample: Double
  /// Nil unless measured.
  let cost: TrainingCost?

  init(
    of configuration: CellConfiguration, on data: any Dataset, _ catalogue: Catalogue, place: String, measuring: Bool
  ) throws {
    let composition = try Composition(configuration, for: data, catalogue: catalogue, place: place)
    (parameters, flopsPerSample) = try composition.trial(on: data, place: place)
    adapters = composition.adapters
    cost =
      try !measuring
      ? nil
      : TrainingCost(
        of: composition.model, composition.loss, on: data, options: configuration.train, seed: configuration.seed)
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
