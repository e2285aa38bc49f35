import BraidCore
import BraidNN
import BraidTensor

/// Trains a model and evaluates it: the whole loop, to be read and copied.
///
/// Each epoch visits the training split once in an order drawn from (seed, epoch), then measures the validation split. The
/// parameters of the best validation epoch are kept; the test split is evaluated once, with them, at the end.
/// - Parameters:
///   - metrics: by the name they are reported under.
///   - seed: of data order and dropout; the model's first weights came from its scope's seed.
///   - observe: called after every epoch; it cannot steer.
/// - Throws: `TrainingFailure` when the loss is not finite; `SetupError` for settings out of range and for an empty training or
///   validation split (an empty test split is allowed: its metrics are NaN).
public func train(
  _ model: FusionModel, _ loss: any Loss, on data: any Dataset, metrics: [(name: String, metric: any Metric)],
  options: TrainingOptions = TrainingOptions(), seed: UInt64, observe: (EpochRecord) throws -> Void = { _ in }
) throws -> TrainingResult {
  try options.validate(metrics: metrics.map(\.name), at: "train")
  let count = data.count(.train)
  guard count > 0 else { throw SetupError("the training split is empty: give it samples (a larger share, or more rows)") }
  guard data.count(.validation) > 0 else {
    throw SetupError("the validation split is empty: the best epoch is chosen on it, so give it samples")
  }
  let identifiers = data.identifiers(.train)
  let batchSize = min(options.batchSize, count)
  let stepsPerEpoch = (count + batchSize - 1) / batchSize
  let schedule = options.makeSchedule(stepsPerEpoch: stepsPerEpoch)
  let steps = stepsPerEpoch * options.epochs
  var optimizer = options.makeOptimizer()
  var best = BestEpoch(monitor: options.monitor, metrics: metrics)
  var records: [EpochRecord] = []
  var step = 0

  for epoch in 1...options.epochs {
    let clock = ContinuousClock.now
    var stream = RandomStream(seed: seed, .order, path: "train", step: UInt64(epoch))
    let order = stream.permutation(count)
    var total = 0.0
    var rate: Float = 0
    for start in stride(from: 0, to: count, by: batchSize) {
      let batch = try data.batch(.train, Array(order[start..<min(start + batchSize, count)]))
      var context = Context.training(seed: seed, step: step)
      let pass = model(batch, &context)
      let value = loss(pass, &context)  // []
      guard value.scalar.isFinite else {
        throw TrainingFailure(
          description: "epoch \(epoch), step \(step): the loss is \(value.scalar.isNaN ? "NaN" : "\(value.scalar)"). The first values that are not finite come "
            + "from \(firstNonFinite(in: pass, of: model, identifiers: identifiers)).")
      }
      total += Double(value.scalar) * Double(batch.count)
      let gradients = objective(value, pass, loss).gradients()
      if options.clipNorm > 0 { gradients.clip(of: model.store, norm: Float(options.clipNorm)) }
      rate = Float(options.learningRate * schedule.factor(step: step, of: steps))
      optimizer.update(model.store, gradients, learningRate: rate)
      step += 1
    }
    let seconds = (ContinuousClock.now - clock).seconds
    let validation = try measure(model, loss, on: data, .validation, metrics)
    let record = EpochRecord(
      epoch: epoch, trainLoss: total / Double(count), validationLoss: validation.loss, metrics: validation.metrics,
      learningRate: Double(rate), seconds: seconds)
    records.append(record)
    best.consider(record, model.store)
    try observe(record)
    if options.patience > 0, epoch - best.epoch >= options.patience { break }
  }

  best.restore(to: model.store)
  let validation = try measure(model, loss, on: data, .validation, metrics)
  let test = try measure(model, loss, on: data, .test, metrics)
  return TrainingResult(
    epochs: records, bestEpoch: best.epoch,
    evaluations: [.validation: validation.evaluation, .test: test.evaluation],
    metrics: [
      .validation: validation.metrics.merging(["loss": validation.loss]) { $1 },
      .test: test.metrics.merging(["loss": test.loss]) { $1 },
    ],
    parameters: model.store.count, flopsPerSample: try flopsPerSample(model, on: data),
    secondsPerEpoch: records.map(\.seconds).reduce(0, +) / Double(records.count))
}

private func measure(
  _ model: FusionModel, _ loss: any Loss, on data: any Dataset, _ split: Split,
  _ metrics: [(name: String, metric: any Metric)]
) throws -> (evaluation: Evaluation, metrics: [String: Double], loss: Double) {
  let (evaluation, value) = try evaluate(model, loss, on: data, split)
  let measured = metrics.map { ($0.name, evaluation.count == 0 ? .nan : $0.metric(evaluation)) }
  return (evaluation, Dictionary(measured) { $1 }, value)
}

extension Duration {
  fileprivate var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
