import BraidCore
import BraidNN
import BraidTensor

/// A model's answers over a split, and the loss over all of it: evaluation mode, nothing recorded.
///
/// A loss that comes apart by sample (`Loss.samples`) is summed over the whole split before it is divided; any other is the mean
/// of its batches, each weighing as many samples as it has.
/// - Parameter batchSize: samples a pass; it changes neither the answers nor a loss that comes apart by sample.
public func evaluate(
  _ model: FusionModel, _ loss: any Loss, on data: any Dataset, _ split: Split, batchSize: Int = 256
) throws -> (evaluation: Evaluation, loss: Double) {
  guard batchSize >= 1 else { stop("evaluate", "batchSize is \(batchSize); expected 1 or more") }
  let batchSize = min(batchSize, max(data.count(split), 1))
  let count = data.count(split)
  let outputs = data.target.names.count
  var scores: [Float] = []
  scores.reserveCapacity(count * outputs)
  var classes: [Int] = []
  var values: [Float] = []
  var (total, weight) = (0.0, 0.0)
  for start in stride(from: 0, to: count, by: batchSize) {
    let batch = try data.batch(split, Array(start..<min(start + batchSize, count)))
    Denormals.flushed {
      var context = Context.evaluation()
      let pass = model(batch, &context)
      if let samples = loss.samples(pass) {
        total += samples.values.reduce(0, +)
        weight += samples.weights.reduce(0, +)
      } else {
        total += Double(loss(pass, &context).scalar) * Double(batch.count)
        weight += Double(batch.count)
      }
      scores += model.head.scores(pass.prediction).elements  // [B, outputs]
    }
    switch batch.target {
    case .classes(let numbers): classes += numbers.map(Int.init)
    case .labels(let tensor), .values(let tensor): values += tensor.elements
    }
  }
  let evaluation = Evaluation(target: data.target, count: count, scores: scores, classes: classes, values: values)
  // no sample has any weight: 0, as the loss of such a batch
  return (evaluation, count == 0 ? .nan : weight == 0 ? 0 : total / weight)
}

/// Floating-point operations of one sample's forward pass (a multiply-add is two), averaged over up to `samples` of the
/// training split and including the steps they are padded to.
public func flopsPerSample(_ model: FusionModel, on data: any Dataset, samples: Int = 32) throws -> Double {
  let count = min(samples, data.count(.train))
  guard count > 0 else { return 0 }
  let batch = try data.batch(.train, Array(0..<count))
  var context = Context.evaluation(recording: true)
  guard let tape = context.tape else { return 0 }
  // Only what depends on a leaf is recorded and counted: with the inputs as leaves, work on raw data counts as well.
  let inputs = batch.inputs.mapValues { input in
    var watched = input
    watched.values = input.values.map { tape.watch($0) }
    return watched
  }
  _ = model(Batch(inputs: inputs, target: batch.target, samples: batch.samples), &context)
  return tape.floatingPointOperations / Double(count)
}
