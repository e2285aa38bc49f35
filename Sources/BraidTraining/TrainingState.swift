import BraidCore
import BraidNN
import BraidTensor

/// Everything that changes while training runs, but for the model itself. Random streams are keyed by step and epoch,
/// so the position says all about them.
struct TrainingState {
  /// Epochs done; steps and passes taken in them.
  var epoch = 0, step = 0, passes = 0
  var optimizer: any Optimizer
  var average: ExponentialAverage?
  var best: BestEpoch
  /// One an epoch.
  var records: [EpochRecord] = []
  /// Names of the metrics, in their order in a saved record.
  private let metrics: [String]

  init(_ options: TrainingOptions, metrics: [(name: String, metric: any Metric)]) {
    optimizer = options.makeOptimizer()
    average = options.emaDecay > 0 ? ExponentialAverage(decay: options.emaDecay) : nil
    best = BestEpoch(monitor: options.monitor, metrics: metrics)
    self.metrics = metrics.map(\.name)
  }

  /// Whether training is over: all epochs are done, or none was better for as many as there is patience for.
  func isOver(_ options: TrainingOptions) -> Bool {
    epoch >= options.epochs || (options.patience > 0 && epoch - best.epoch >= options.patience)
  }

  /// As named tensors, the model's parameters and buffers among them.
  func saved(with store: ParameterStore) -> [(name: String, value: Safetensors.Value)] {
    let model = store.parameters.map { ($0.path, $0.value) } + store.buffers.map { ($0.path, $0.value) }
    let named =
      model.map { ("model.\($0.0)", $0.1) } + best.state(of: store) + optimizer.state(of: store)
      + (average?.state(of: store) ?? [])
    let rows = records.flatMap { record in
      [record.trainLoss, record.validationLoss, record.learningRate, record.seconds]
        + metrics.map { record.metrics[$0] ?? .nan }
    }
    return named.map { ($0.0, .float32($0.1)) } + [
      ("position", .float64([epoch, step, passes, best.epoch].map(Double.init), [4])),
      ("best-value", .float64([best.value], [1])),
      ("records", .float64(rows, Shape(records.count, 4 + metrics.count))),
    ]
  }

  /// Takes over what `saved` gave, and gives the model its values. Nothing changes unless everything fits.
  /// - Throws: what is missing or does not fit.
  mutating func restore(from file: Safetensors, to store: ParameterStore) throws {
    func tensors(_ prefix: String) throws -> [String: Tensor] {
      Dictionary(uniqueKeysWithValues: try file.names.filter { $0.hasPrefix(prefix) }.map { ($0, try file.tensor($0)) })
    }
    var restored = self
    let position = try file.doubles("position").compactMap { Int(exactly: $0) }
    guard position.count == 4 else { throw SafetensorsError("position: expected four whole numbers") }
    (restored.epoch, restored.step, restored.passes) = (position[0], position[1], position[2])
    try restored.optimizer.restore(tensors("optimizer."), of: store)
    try restored.average?.restore(tensors("average."), of: store)
    try restored.best.restore(
      tensors("best."), epoch: position[3], value: file.doubles("best-value").first ?? .nan, of: store)
    let columns = 4 + metrics.count
    let rows = try file.doubles("records")
    guard rows.count == restored.epoch * columns else {
      throw SafetensorsError("records: \(rows.count) numbers; expected \(columns) for each of \(restored.epoch) epochs")
    }
    restored.records = (0..<restored.epoch).map { index in
      let row = Array(rows[index * columns..<(index + 1) * columns])
      return EpochRecord(
        epoch: index + 1, trainLoss: row[0], validationLoss: row[1],
        metrics: Dictionary(zip(metrics, row[4...])) { $1 }, learningRate: row[2], seconds: row[3])
    }
    try store.load(from: file, prefix: "model.")
    self = restored
  }
}
