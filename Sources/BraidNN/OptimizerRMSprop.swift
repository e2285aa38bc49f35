import BraidTensor
import CBraidKernels

/// RMSprop (Tieleman & Hinton 2012, "Lecture 6.5", Neural networks for machine learning), centred and with momentum if
/// wanted (Graves 2013, "Generating sequences with recurrent neural networks", equations 38 to 41).
///
/// With gradient g, decay λ, smoothing α, momentum μ and rate η:
///
///     d = g + λ p                     v ← α v + (1 − α) d²
///     s = v                           or centred: m ← α m + (1 − α) d, s = v − m²
///     u = d / (√s + ε)                p ← p − η u,    or with momentum: b ← μ b + u, p ← p − η b
///
/// ε stands outside the root, as in PyTorch (Graves and TensorFlow have it inside). Where rounding takes v − m² below 0
/// it counts as 0. One pass over memory.
public struct RMSprop: Optimizer {
  /// Raised whenever a step computes something else with the same settings: runs of older versions are then stale.
  public static let version = 1

  /// What it was made with.
  public let smoothing, epsilon, momentum, weightDecay: Double
  /// Whether the mean of the gradients is taken off before their size is measured.
  public let isCentered: Bool
  private var settings: GroupSettings
  private var square = Moment("square")
  private var mean = Moment("mean")
  private var velocity = Moment("velocity")

  /// The defaults are PyTorch's. Stops on a setting outside its range.
  /// - Parameters:
  ///   - smoothing: α, the share of the running mean that is kept in a step.
  ///   - groups: parameters with settings of their own.
  public init(
    smoothing: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0, isCentered: Bool = false,
    weightDecay: Double = 0, groups: [ParameterGroup] = []
  ) {
    guard (0..<1).contains(smoothing), epsilon >= 0, momentum >= 0, weightDecay >= 0 else {
      stop(
        "RMSprop",
        "smoothing \(smoothing) must lie in [0, 1), "
          + "epsilon \(epsilon), momentum \(momentum) and weight decay \(weightDecay) at or above 0")
    }
    (self.smoothing, self.epsilon, self.momentum) = (smoothing, epsilon, momentum)
    (self.weightDecay, self.isCentered) = (weightDecay, isCentered)
    settings = GroupSettings(groups, weightDecay: weightDecay)
  }

  public mutating func update(_ store: ParameterStore, _ gradients: Gradients, learningRate: Float) {
    let values = store.flat.pointer
    settings.prepare(for: store)
    let square = square.memory(for: store)
    let mean = isCentered ? mean.memory(for: store) : nil
    let velocity = momentum > 0 ? velocity.memory(for: store) : nil
    for span in gradients.spans(of: store, membership: settings.membership) {
      let (rate, decay) = settings.settings(of: span, rate: learningRate)
      var step = braid_rmsprop_step(
        smoothing: Float(smoothing), one_minus_smoothing: Float(1 - smoothing), rate: Float(rate),
        epsilon: Float(epsilon),
        momentum: Float(momentum), decay: Float(decay))
      let at = span.offset
      braid_rmsprop(
        values + at, span.gradient, square + at, mean.map { $0 + at }, velocity.map { $0 + at }, span.count, &step)
    }
  }

  /// `optimizer.square.<path>`, and where they are used `optimizer.mean.<path>` and `optimizer.velocity.<path>`.
  public func state(of store: ParameterStore) -> [(name: String, value: Tensor)] {
    square.state(of: store) + mean.state(of: store) + velocity.state(of: store)
  }

  public mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws {
    guard !state.isEmpty else { return }
    try square.restore(state, of: store)
    if isCentered { try mean.restore(state, of: store) }
    if momentum > 0 { try velocity.restore(state, of: store) }
  }
}
