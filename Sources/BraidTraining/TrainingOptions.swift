import BraidCore
import BraidNN

/// How a model is trained. Every setting has a default.
public struct TrainingOptions: PartOptions {
  public enum OptimizerName: String, Choice { case sgd, adam, adamw }
  public enum ScheduleName: String, Choice { case constant, step, cosine }

  /// Passes over the training split.
  public var epochs = 20
  /// Samples a step; the last batch of an epoch may be smaller.
  public var batchSize = 32
  public var optimizer = OptimizerName.adam
  public var learningRate = 1e-3
  /// For `sgd`.
  public var momentum = 0.9
  /// Decay of weights a step: decoupled for `adamw`, added to the gradient for `sgd` and `adam`.
  public var weightDecay = 0.0
  public var schedule = ScheduleName.constant
  /// Share of all steps over which the rate rises from 0.
  public var warmUp = 0.0
  /// For `step`: every so many epochs the rate is multiplied by `decayFactor`.
  public var decayEvery = 10
  public var decayFactor = 0.1
  /// Largest norm of the whole gradient; 0: no limit.
  public var clipNorm = 0.0
  /// Stop after so many epochs without a better validation value; 0: never. The best epoch's parameters are kept either way.
  public var patience = 0
  /// The metric that decides the best epoch on the validation split; `loss` or one of the file's metrics.
  public var monitor = "loss"
  public init() {}
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
    try require(batchSize >= 1, "batchSize", batchSize, "1 or more")
    try require(learningRate > 0 && learningRate.isFinite, "learningRate", learningRate, "a positive number")
    try require((0..<1).contains(momentum), "momentum", momentum, "at least 0 and below 1")
    try require(weightDecay >= 0 && weightDecay.isFinite, "weightDecay", weightDecay, "0 or more")
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
  /// The optimiser these settings name.
  func makeOptimizer() -> any Optimizer {
    switch optimizer {
    case .sgd: SGD(momentum: momentum, weightDecay: weightDecay)
    case .adam: Adam(weightDecay: weightDecay)
    case .adamw: Adam.adamW(weightDecay: weightDecay)
    }
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
