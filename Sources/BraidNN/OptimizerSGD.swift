import BraidTensor
import CBraidKernels

/// Stochastic gradient descent, with momentum if wanted.
///
/// With gradient g, decay λ, momentum μ and rate η: `d = g + λ p`, `v ← μ v + d`, `p ← p − η v`; with Nesterov's form
/// `p ← p − η (d + μ v)` (Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning").
/// v starts at 0, so that the first step is plain descent, as in PyTorch.
public struct SGD: Optimizer {
  /// Raised whenever a step computes something else with the same settings: runs of older versions are then stale.
  public static let version = 1

  /// μ; 0: plain descent, which remembers nothing.
  public let momentum: Double
  /// Whether the gradient is taken as if the momentum had already been applied. Needs momentum.
  public let isNesterov: Bool
  /// λ, added to the gradient.
  public let weightDecay: Double
  private var settings: GroupSettings
  private var velocity = Moment("velocity")

  /// Stops on a negative setting, or Nesterov's form without momentum.
  /// - Parameter groups: parameters with settings of their own.
  public init(
    momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0, groups: [ParameterGroup] = []
  ) {
    guard momentum >= 0, weightDecay >= 0 else {
      stop("SGD", "momentum \(momentum) and weight decay \(weightDecay) must not be negative")
    }
    guard momentum > 0 || !isNesterov else { stop("SGD", "Nesterov's form needs a momentum above 0") }
    (self.momentum, self.isNesterov, self.weightDecay) = (momentum, isNesterov, weightDecay)
    settings = GroupSettings(groups, weightDecay: weightDecay)
  }

  public mutating func update(_ store: ParameterStore, _ gradients: Gradients, learningRate: Float) {
    let values = store.flat.pointer
    settings.prepare(for: store)
    let velocity = momentum > 0 ? velocity.memory(for: store) : nil
    for span in gradients.spans(of: store, membership: settings.membership) {
      let (rate, decay) = settings.settings(of: span, rate: learningRate)
      if let velocity {
        braid_sgd_momentum(
          values + span.offset, span.gradient, velocity + span.offset, span.count, Float(rate), Float(momentum),
          Float(decay), isNesterov ? 1 : 0)
      } else {
        braid_sgd(values + span.offset, span.gradient, span.count, Float(rate), Float(decay))
      }
    }
  }

  public func state(of store: ParameterStore) -> [(name: String, value: Tensor)] { velocity.state(of: store) }

  public mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws {
    guard momentum > 0, !state.isEmpty else { return }
    try velocity.restore(state, of: store)
  }
}
