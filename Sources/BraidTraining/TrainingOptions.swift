import BraidCore
import BraidNN
import BraidTensor

/// How a model is trained. Every setting has a default.
public struct TrainingOptions: PartOptions {
  /// Whose rule updates the parameters.
  public enum OptimizerName: String, Choice { case sgd, adam, adamw, rmsprop, adadelta }
  /// How the learning rate changes.
  public enum ScheduleName: String, Choice { case constant, step, cosine }

  /// Passes over the training split.
  public var epochs = 20
  /// Share of the training split that is used, above 0. Which samples is drawn by the run's seed, and at one seed those of
  /// a smaller share are among those of a larger one.
  public var share = 1.0
  /// Samples a batch; the last one of an epoch may be smaller.
  public var batchSize = 32
  /// Batches a step: their gradients are added up, each with its share of the samples, before the parameters change.
  /// For batches that do not fit into memory: with a loss that is a plain mean over samples, a model without batch
  /// normalisation learns what it would from batches so many times as large.
  public var accumulate = 1
  /// Whose rule updates the parameters.
  public var optimizer = OptimizerName.adam
  /// Of every step, before the schedule. `adadelta` is meant to have 1.
  public var learningRate = 1e-3
  /// For `sgd`.
  public var momentum = 0.9
  /// Decay of weights a step: decoupled for `adamw`, added to the gradient for the others.
  public var weightDecay = 0.0
  /// Parameters with settings of their own, by the beginning of their paths (`{encoder.words: {rate: 0.1}}`) or by a
  /// pattern (`{"*.{bias,gain}": {weightDecay: 0}}`). Of several of a kind that match the longest counts: see
  /// `ParameterGroup`.
  public var groups: OptionsMap<Group> = [:]
  /// Decay of an exponential average of the parameters over the steps, such as 0.99; 0: none. Where there is one,
  /// validation and test are measured with it, and the run keeps it.
  public var emaDecay = 0.0
  /// How the learning rate changes.
  public var schedule = ScheduleName.constant
  /// Share of all steps over which the rate rises from 0.
  public var warmUp = 0.0
  /// For `step`: every so many epochs the rate is multiplied by `decayFactor`.
  public var decayEvery = 10
  /// For `step`: what the rate is multiplied by.
  public var decayFactor = 0.1
  /// Largest norm of the whole gradient; 0: no limit.
  public var clipNorm = 0.0
  /// Stop after so many epochs without a better validation value; 0: never. The best epoch's parameters are kept either way.
  public var patience = 0
  /// The metric that decides the best epoch on the validation split; `loss` or one of the file's metrics.
  public var monitor = "loss"
  public init() {}

  /// What differs for some of the parameters.
  public struct Group: PartOptions {
    /// What their learning rate is multiplied by; 0: they stay as they are.
    public var rate = 1.0
    /// Their weight decay; below 0: that of the others.
    public var weightDecay = -1.0
    public init() {}
  }
}

extension TrainingOptions {
  /// Checks what types cannot: ranges, and that `monitor` names something that is measured.
  /// - Parameters:
  ///   - metrics: the names the file's metrics are reported under.
  ///   - path: where the settings stand, for messages.
  public func validate(metrics: [String], at path: String) throws {
    func require(_ holds: Bool, _ key: String, _ found: Any, _ expected: String) throws {
      if !holds { throw SetupError("\(path).\(key): found \(found); expected \(expected).") }
    }
    try require(epochs >= 1, "epochs", epochs, "1 or more")
    try require(share > 0 && share <= 1, "share", share, "above 0 and at most 1")
    try require(batchSize >= 1, "batchSize", batchSize, "1 or more")
    try require(accumulate >= 1, "accumulate", accumulate, "1 or more")
    try require(learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "a positive number")
    try require((0..<1).contains(momentum), "momentum", momentum, "at least 0 and below 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "0 or more")
    for name in groups.names {
      let group = groups[name] ?? Group()
      try require(!name.isEmpty, "groups", "an empty name", "the beginning of a parameter's path")
      try require(group.rate >= 0 && group.rate.isFinite, "groups.\(name).rate", group.rate, "0 or more")
      try require(
        group.weightDecay.isFinite, "groups.\(name).weightDecay", group.weightDecay,
        "0 or more, or -1 for that of the others")
    }
    try require((0..<1).contains(emaDecay), "emaDecay", emaDecay, "0 (no average) or more, and below 1")
    try require((0...1).contains(warmUp), "warmUp", warmUp, "a share between 0 and 1")
    try require(decayEvery >= 1, "decayEvery", decayEvery, "1 or more")
    try require(decayFactor > 0 && decayFactor.isFinite, "decayFactor", decayFactor, "a positive number")
    // the limit is applied in single precision, where the smallest doubles are 0 and would mean "no limit"
    try require(
      clipNorm == 0 || Float(clipNorm) > 0, "clipNorm", clipNorm, "0 (no limit) or a positive number of ordinary size")
    try require(patience >= 0, "patience", patience, "0 (never stop early) or more")
    let known = ["loss"] + metrics
    guard known.contains(monitor) else {
      throw SetupError(
        "\(path).monitor: \"\(monitor)\" is not measured. Measured: \(known.joined(separator: ", "))."
          + suggestion(for: monitor, among: known))
    }
  }
}

extension TrainingOptions {
  /// Checks that every group has parameters in a model.
  /// - Throws: `SetupError` naming the group and how paths begin.
  public func requireGroups(in store: ParameterStore, at path: String) throws {
    for name in groups.names {
      let group = ParameterGroup(name)
      if store.parameters.contains(where: { group.holds($0.path) }) { continue }
      let known = Set(store.parameters.flatMap { beginnings(of: $0.path) }).sorted()
      let short = known.filter { $0.filter { $0 == "." }.count < 2 }.joined(separator: ", ")
      // how paths end, where the name may be about that
      let endings = group.isWild ? store.parameters.map { "*." + $0.path.split(separator: ".").suffix(1).joined() } : []
      throw SetupError(
        "\(path).groups: no parameter's path is \"\(name)\" or begins with \"\(name).\". Paths begin with: \(short)."
          + suggestion(for: name, among: known + endings))
    }
  }

  /// `a.b.c`: `a`, `a.b`, `a.b.c`.
  private func beginnings(of path: String) -> [String] {
    path.indices.filter { path[$0] == "." }.map { String(path[..<$0]) } + [path]
  }

  /// The optimiser these settings name.
  func makeOptimizer() -> any Optimizer {
    let groups = self.groups.entries.map { name, group in
      ParameterGroup(name, rate: group.rate, weightDecay: group.weightDecay < 0 ? nil : group.weightDecay)
    }
    return switch optimizer {
    case .sgd: SGD(momentum: momentum, weightDecay: weightDecay, groups: groups)
    case .adam: Adam(weightDecay: weightDecay, groups: groups)
    case .adamw: Adam.adamW(weightDecay: weightDecay, groups: groups)
    case .rmsprop: RMSprop(weightDecay: weightDecay, groups: groups)
    case .adadelta: Adadelta(weightDecay: weightDecay, groups: groups)
    }
  }

  /// The version of the optimiser these settings name.
  public var optimizerVersion: Int {
    switch optimizer {
    case .sgd: SGD.version
    case .adam, .adamw: Adam.version
    case .rmsprop: RMSprop.version
    case .adadelta: Adadelta.version
    }
  }

  /// The samples of a training split that are used, at least one: all of them in order, or the first of a permutation.
  public func samples(of count: Int, seed: UInt64) -> [Int] {
    guard share < 1 else { return Array(0..<count) }
    var stream = RandomStream(seed: seed, .sampling, path: "train.share")
    return Array(stream.permutation(count).prefix(max(1, Int((share * Double(count)).rounded()))))
  }

  /// The course of the learning rate, in steps.
  func makeSchedule(stepsPerEpoch: Int) -> Schedule {
    let form: Schedule.Form =
      switch schedule {
      case .constant: .constant
      // a drop after the last epoch is none, however many epochs were asked for
      case .step: .step(every: min(decayEvery, epochs) * stepsPerEpoch, factor: decayFactor)
      case .cosine: .cosine(last: 0)
      }
    return Schedule(form, warmUp: Int((warmUp * Double(stepsPerEpoch * epochs)).rounded()))
  }
}
