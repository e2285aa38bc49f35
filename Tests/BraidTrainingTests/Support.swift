import BraidCore
import BraidData
import BraidNN
import BraidTensor
import BraidTraining
import StandardParts
import Synchronization
import Testing

/// Prepared data that writes down which samples are asked for, and can spoil one of them.
struct ObservedData: Dataset {
  typealias Options = NoOptions
  static let about = About("observed", "Samples in memory that know who asked for them")
  final class Log: Sendable {
    private let entries = Mutex<[(split: Split, samples: [Int])]>([])
    func add(_ split: Split, _ samples: [Int]) { entries.withLock { $0.append((split, samples)) } }
    func clear() { entries.withLock { $0 = [] } }
    /// The batches asked for so far, in order.
    var batches: [(split: Split, samples: [Int])] { entries.withLock { $0 } }
  }
  /// One number of the training split, put in place of what is there.
  struct Spoilt {
    var modality: String
    var sample: Int
    var value: Float = .nan
  }
  let data: PreparedData
  let log = Log()
  var spoilt: Spoilt?
  var hidden: Set<Split> = []

  init(_ data: PreparedData) { self.data = data }
  init(_ options: NoOptions) throws { throw SetupError("observed data are made from arrays") }
  var inputs: [InputSpecification] { data.inputs }
  var target: TargetSpecification { data.target }
  var digest: String { data.digest }
  func count(_ split: Split) -> Int { hidden.contains(split) ? 0 : data.count(split) }
  func identifiers(_ split: Split) -> [String] { hidden.contains(split) ? [] : data.identifiers(split) }
  func batch(_ split: Split, _ samples: [Int]) throws -> Batch {
    log.add(split, samples)
    let batch = try data.batch(split, samples)
    guard let spoilt, split == .train, let place = samples.firstIndex(of: spoilt.sample) else { return batch }
    var inputs = batch.inputs
    let values = inputs[spoilt.modality]!.values!.copy()
    values.pointer[place * (values.count / samples.count)] = spoilt.value
    inputs[spoilt.modality]!.values = values
    return Batch(inputs: inputs, target: batch.target, samples: samples)
  }
}

/// Small data drawn from a seed.
enum Toy {
  /// The first `train` samples to train on, the others half and half.
  static func splits(_ count: Int, train: Int) -> [Split] {
    (0..<count).map { $0 < train ? .train : $0 < train + (count - train) / 2 ? .validation : .test }
  }

  /// The class is whether the signs of `left` and `right` differ: neither alone says anything about it.
  static func exclusiveOr(
    _ count: Int = 400, train: Int = 240, shuffled: Bool = false, presence: [Bool]? = nil
  ) throws -> ObservedData {
    var stream = RandomStream(seed: 11, .sampling)
    var left: [Float] = [], right: [Float] = [], classes: [Int] = []
    for _ in 0..<count {
      let (a, b) = (stream.next32() & 1 == 0, stream.next32() & 1 == 0)
      left += [(a ? 1 : -1) * (0.5 + stream.uniform()), stream.normal()]
      right += [(b ? 1 : -1) * (0.5 + stream.uniform())]
      classes.append(a == b ? 0 : 1)
    }
    if shuffled { classes = classes.map { _ in Int(stream.next32() & 1) } }
    return ObservedData(
      try PreparedData(
        [
          SourceColumn("left", .vectors(left, width: 2), presence: presence),
          SourceColumn("right", .vectors(right, width: 1)),
        ], target: .classes(classes, names: ["same", "different"]), splits: splits(count, train: train),
        identifiers: (0..<count).map { "sample \($0)" }))
  }

  /// A question names one of four keys; each of four steps, in random order, holds one key and ±1. The class is the sign that stands
  /// with the key asked for.
  static func lookup(_ count: Int = 400, train: Int = 300) throws -> ObservedData {
    var stream = RandomStream(seed: 12, .sampling)
    var questions: [Float] = [], steps: [Float] = [], classes: [Int] = []
    for _ in 0..<count {
      let asked = Int(stream.below(4))
      questions += (0..<4).map { $0 == asked ? 1 : 0 }
      for key in stream.permutation(4) {
        let sign: Float = stream.next32() & 1 == 0 ? 1 : -1
        steps += (0..<4).map { $0 == key ? 1 : 0 } + [sign]
        if key == asked { classes.append(sign > 0 ? 1 : 0) }
      }
    }
    return ObservedData(
      try PreparedData(
        [
          SourceColumn("question", .vectors(questions, width: 4)),
          SourceColumn("steps", .sequences(steps, width: 5, lengths: [Int](repeating: 4, count: count))),
        ], target: .classes(classes, names: ["minus", "plus"]), splits: splits(count, train: train)))
  }

  /// `y = 2 left − right`, a tenth of noise.
  static func linear(_ count: Int = 120, train: Int = 80) throws -> ObservedData {
    var stream = RandomStream(seed: 5, .sampling)
    let left = (0..<count).map { _ in stream.normal() }, right = (0..<count).map { _ in stream.normal() }
    let values = zip(left, right).map { 2 * $0 - $1 + 0.1 * stream.normal() }
    return ObservedData(
      try PreparedData(
        [SourceColumn("left", .vectors(left, width: 1)), SourceColumn("right", .vectors(right, width: 1))],
        target: .values(values, names: ["y"]), splits: splits(count, train: train)))
  }

  /// Pictures of 4×4 that are bright on top (class 0) or below.
  static func pictures(_ count: Int = 48, train: Int = 24) throws -> ObservedData {
    var stream = RandomStream(seed: 6, .sampling)
    let classes = (0..<count).map { _ in Int(stream.next32() & 1) }
    let pixels = classes.flatMap { label in
      (0..<16).map { UInt8((($0 < 8) == (label == 0) ? 120 : 60) + stream.below(80)) }
    }
    return ObservedData(
      try PreparedData(
        [SourceColumn("picture", .images(pixels, channels: 1, height: 4, width: 4))],
        target: .classes(classes, names: ["top", "bottom"]), splits: splits(count, train: train)))
  }
}

/// A model with its loss and metrics, as an experiment file would compose them.
struct Learner {
  var model: FusionModel
  var loss: any Loss
  var metrics: [(name: String, metric: any Metric)]

  /// - Parameters:
  ///   - modalities: those to be joined, with the encoder of each and its settings.
  ///   - fusion: by name, with settings.
  init(
    _ data: any Dataset, _ modalities: KeyValuePairs<String, (String, [String: Setting])>,
    _ fusion: (String, [String: Setting]) = ("concat", [:]), loss: String? = nil, seed: UInt64 = 1
  ) throws {
    let catalogue = Catalogue.standard
    let scope = Scope(seed: seed)
    let encoders = try modalities.map { name, choice in
      try Catalogue.find(choice.0, "encoder", in: catalogue.encoders, at: "encoders")
        .make(choice.1, "encoders.\(name)", data.inputs.first { $0.name == name }!, scope["encoder.\(name)"])
    }
    let adapters = encoders.map {
      Adapter.needed(
        for: $0.output, by: catalogue.accepts[fusion.0]!, pooling: .mean, in: scope["adapter.\($0.output.name)"])
    }
    let joined = try Catalogue.find(fusion.0, "fusion", in: catalogue.fusions, at: "fusion")
      .make(fusion.1, "fusion", zip(adapters, encoders).map { $0.output(of: $1.output) }, scope["fusion"])
    let names: (head: String, loss: String, metric: String) =
      switch data.target {
      case .classes: ("classification", "cross-entropy", "accuracy")
      case .labels: ("multi-label", "binary-cross-entropy", "accuracy")
      case .values: ("regression", "mse", "mse")
      }
    let head = try catalogue.heads[names.head]!.make([:], "head", joined.output, data.target, scope["head"])
    model = FusionModel(encoders: encoders, adapters: adapters, fusion: joined, head: head, in: scope)
    self.loss = try catalogue.losses[loss ?? names.loss]!.make([:], "loss", data.target, scope["loss"])
    metrics = [(names.metric, try catalogue.metrics[names.metric]!.make([:], "metrics", data.target))]
  }

  func train(
    on data: any Dataset, _ options: TrainingOptions = .init(), seed: UInt64 = 1,
    observe: (EpochRecord) throws -> Void = { _ in }
  ) throws -> TrainingResult {
    try BraidTraining.train(model, loss, on: data, metrics: metrics, options: options, seed: seed, observe: observe)
  }

  /// Every parameter and buffer, by path.
  var state: [String: [Float]] {
    let parameters = model.store.parameters.map { ($0.path, $0.value.elements) }
    return Dictionary(uniqueKeysWithValues: parameters + model.store.buffers.map { ($0.path, $0.value.elements) })
  }
}

extension TrainingOptions {
  static func with(_ change: (inout TrainingOptions) -> Void) -> TrainingOptions {
    var options = TrainingOptions()
    change(&options)
    return options
  }
  /// Few fast epochs.
  static let short = with { ($0.epochs, $0.batchSize, $0.learningRate) = (3, 16, 0.01) }
}

extension TrainingOptions.Group {
  static func with(_ change: (inout Self) -> Void) -> Self {
    var group = Self()
    change(&group)
    return group
  }
}

extension TrainingResult {
  /// The epochs without their times.
  var course: [[Double]] { epochs.map { [Double($0.epoch), $0.trainLoss, $0.validationLoss, $0.learningRate] } }
}

/// Encoders used again and again.
let hidden: (String, [String: Setting]) = ("mlp", ["layers": .list([.integer(8)])])
let identity: (String, [String: Setting]) = ("identity", [:])

/// The text of the error that `body` throws; fails when there is none.
func message(_ sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) -> String {
  do {
    try body()
    Issue.record("expected an error", sourceLocation: sourceLocation)
    return ""
  } catch { return "\(error)" }
}
