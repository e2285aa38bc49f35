import BraidCore
import BraidNN
import BraidTensor

/// Of the loop below, with its schedule, averages and evaluation: raised whenever it computes something else with the same
/// settings. Runs of older versions are then stale.
public let trainingVersion = 1

/// Trains a model and evaluates it: the whole loop, to be read and copied.
///
/// Each epoch visits the training split (or the `share` of it that is used) once in an order drawn from (seed, epoch), then measures the validation split. The
/// parameters of the best validation epoch are kept; the test split is evaluated once, with them, at the end. With an
/// average over steps (`emaDecay`) it is the average that is validated and kept, while training goes on with the
/// parameters themselves.
/// - Parameters:
///   - metrics: by the name they are reported under.
///   - seed: of data order and dropout; the model's first weights came from its scope's seed.
///   - splits: measured at the end with the best epoch's parameters. Without `test` no test sample is asked for.
///   - checkpoint: written after epochs, as often as it asks. Where the file is there already, training goes on from it,
///     to the same bits as if it had never stopped; it stays when training is over.
///   - observe: called after every epoch, and first of all for those of the checkpoint; it cannot steer.
/// - Throws: `TrainingFailure` when the loss is not finite; `SetupError` for settings out of range and for an empty training or
///   validation split (an empty test split is allowed: its metrics are NaN); `TrainingCheckpointError` for a checkpoint
///   that is damaged or of another run, before anything has changed; `TrainingStopped` when the checkpoint was told to end it.
public func train(
  _ model: FusionModel, _ loss: any Loss, on data: any Dataset, metrics: [(name: String, metric: any Metric)],
  options: TrainingOptions = TrainingOptions(), seed: UInt64, measuring splits: [Split] = [.validation, .test],
  checkpoint: TrainingCheckpoint? = nil,
  observe: (EpochRecord) throws -> Void = { _ in }
) throws -> TrainingResult {
  try options.validate(metrics: metrics.map(\.name), at: "train")
  try options.requireGroups(in: model.store, at: "train")
  guard data.count(.train) > 0 else {
    throw SetupError("the training split is empty: give it samples (a larger share, or more rows)")
  }
  guard data.count(.validation) > 0 else {
    throw SetupError("the validation split is empty: the best epoch is chosen on it, so give it samples")
  }
  let identifiers = data.identifiers(.train)
  let samples = options.samples(of: data.count(.train), seed: seed)
  let count = samples.count
  let batchSize = min(options.batchSize, count)
  let batches = (count + batchSize - 1) / batchSize
  let samplesPerStep = min(options.accumulate, batches) * batchSize
  let stepsPerEpoch = (count + samplesPerStep - 1) / samplesPerStep
  let schedule = options.makeSchedule(stepsPerEpoch: stepsPerEpoch)
  let steps = stepsPerEpoch * options.epochs
  var run = TrainingState(options, metrics: metrics)
  var saved = try checkpoint.map {
    try CheckpointFile($0, of: model.store, options, metrics: metrics.map(\.name), seed: seed, data: data)
  }
  if try saved?.restore(&run, model.store) == true {
    for record in run.records { try observe(record) }
  }

  while !run.isOver(options) {
    let epoch = run.epoch + 1
    let clock = ContinuousClock.now
    var stream = RandomStream(seed: seed, .order, path: "train", step: UInt64(epoch))
    let order = stream.permutation(count).map { samples[$0] }
    var total = 0.0
    var rate: Float = 0
    for start in stride(from: 0, to: count, by: samplesPerStep) {
      try saved?.stopIfAsked(after: run.epoch)
      try Denormals.flushed {
        let end = min(start + samplesPerStep, count)
        var gradients: Gradients?
        for part in stride(from: start, to: end, by: batchSize) {
          let batch = try data.batch(.train, Array(order[part..<min(part + batchSize, end)]))
          var context = Context.training(seed: seed, step: run.passes)
          let pass = model(batch, &context)
          let value = loss(pass, &context)  // []
          guard value.scalar.isFinite else {
            throw TrainingFailure(
              description: "epoch \(epoch), step \(run.step): the loss is "
                + "\(value.scalar.isNaN ? "NaN" : "\(value.scalar)"). The first values that are not finite come from "
                + "\(firstNonFinite(in: pass, of: model, identifiers: identifiers)).")
          }
          run.passes += 1
          total += Double(value.scalar) * Double(batch.count)
          // each batch's loss is a mean, so its part of the step's is its share of the samples
          let share = Float(batch.count) / Float(end - start)
          let found = objective(value, pass, loss).gradients(upstream: Tensor(repeating: share, []))
          if gradients == nil { gradients = found } else { gradients?.add(found) }
        }
        guard let gradients else { return }
        if options.clipNorm > 0 { gradients.clip(of: model.store, norm: Float(options.clipNorm)) }
        rate = Float(options.learningRate * schedule.factor(step: run.step, of: steps))
        run.optimizer.update(model.store, gradients, learningRate: rate)
        run.average?.update(model.store)
        run.step += 1
      }
    }
    let seconds = (ContinuousClock.now - clock).seconds
    run.average?.swap(with: model.store)
    let validation = try measure(model, loss, on: data, .validation, metrics)
    let record = EpochRecord(
      epoch: epoch, trainLoss: total / Double(count), validationLoss: validation.loss, metrics: validation.metrics,
      learningRate: Double(rate), seconds: seconds)
    run.records.append(record)
    run.best.consider(record, model.store)
    run.average?.swap(with: model.store)
    run.epoch = epoch
    try saved?.writeIfDue(run, model.store)
    try observe(record)
  }

  run.best.restore(to: model.store)
  var evaluations: [Split: Evaluation] = [:]
  var measured: [Split: [String: Double]] = [:]
  for split in splits {
    let end = try measure(model, loss, on: data, split, metrics)
    (evaluations[split], measured[split]) = (end.evaluation, end.metrics.merging(["loss": end.loss]) { $1 })
  }
  return TrainingResult(
    epochs: run.records, bestEpoch: run.best.epoch, evaluations: evaluations, metrics: measured,
    parameters: model.store.count, flopsPerSample: try flopsPerSample(model, on: data),
    secondsPerEpoch: run.records.map(\.seconds).reduce(0, +) / Double(run.records.count))
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
  var seconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
