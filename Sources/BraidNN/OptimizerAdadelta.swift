import BraidTensor
import CBraidKernels

/// Adadelta (Zeiler 2012, "ADADELTA: an adaptive learning rate method", algorithm 1).
///
/// With gradient g, decay λ, smoothing ρ and rate η:
///
///     d = g + λ p                     v ← ρ v + (1 − ρ) d²
///     c = √(u + ε) / √(v + ε) · d     u ← ρ u + (1 − ρ) c²        p ← p − η c
///
/// The paper has no rate (η = 1): the size of a step comes from the steps before, and ε decides how large the first
/// ones are. One pass over memory.
public struct Adadelta: Optimizer {
  /// Raised whenever a step computes something else with the same settings: runs of older versions are then stale.
  public static let version = 1

  /// What it was made with.
  public let smoothing, epsilon, weightDecay: Double
  private var settings: GroupSettings
  private var square = Moment("square")
  private var change = Moment("change")

  /// The defaults are PyTorch's; the paper's experiments have a smoothing of 0.95. Stops on a setting outside its
  /// range.
  /// - Parameters:
  ///   - smoothing: ρ, the share of the running means that is kept in a step.
  ///   - groups: parameters with settings of their own.
  public init(
    smoothing: Double = 0.9, epsilon: Double = 1e-6, weightDecay: Double = 0, groups: [ParameterGroup] = []
  ) {
    guard (0..<1).contains(smoothing), epsilon > 0, weightDecay >= 0 else {
      stop(
        "Adadelta",
        "smoothing \(smoothing) must lie in [0, 1), "
          + "epsilon \(epsilon) above 0 and weight decay \(weightDecay) at or above 0"
      )
    }
    (self.smoothing, self.epsilon, self.weightDecay) = (smoothing, epsilon, weightDecay)
    settings = GroupSettings(groups, weightDecay: weightDecay)
  }

  public mutating func update(_ store: ParameterStore, _ gradients: Gradients, learningRate: Float) {
    let values = store.flat.pointer
    settings.prepare(for: store)
    let (square, change) = (square.memory(for: store), change.memory(for: store))
    for span in gradients.spans(of: store, membership: settings.membership) {
      let (rate, decay) = settings.settings(of: span, rate: learningRate)
      braid_adadelta(
        values + span.offset, span.gradient, square + span.offset, change + span.offset, span.count, Float(smoothing),
        Float(1 - smoothing), Float(rate), Float(epsilon), Float(decay))
    }
  }

  /// `optimizer.square.<path>` and `optimizer.change.<path>`.
  public func state(of store: ParameterStore) -> [(name: String, value: Tensor)] {
    square.state(of: store) + change.state(of: store)
  }

  public mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws {
    guard !state.isEmpty else { return }
    try square.restore(state, of: store)
    try change.restore(state, of: store)
  }
}
