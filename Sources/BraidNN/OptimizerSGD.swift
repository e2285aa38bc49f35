import BraidTensor
import CBraidKernels

/// Stochastic gradient descent, with momentum if wanted.
///
/// With gradient g, decay λ, momentum μ and rate η: `d = g + λ p`, `v ← μ v + d`, `p ← p − η v`; with Nesterov's form
/// `p ← p − η (d + μ v)` (Sutskever et al. 2013, "On the importance of initialization and momentum in deep learning").
/// v starts at 0, so that the first step is plain descent, as in PyTorch.
public struct SGD: Optimizer {
  /// μ; 0: plain descent, which remembers nothing.
  public let momentum: Double
  /// Whether the gradient is taken as if the momentum had already been applied. Needs momentum.
  public let isNesterov: Bool
  /// λ, added to the gradient.
  public let weightDecay: Double
  private var velocity = Moment("velocity")

  /// Stops on a negative setting, or Nesterov's form without momentum.
  public init(momentum: Double = 0, isNesterov: Bool = false, weightDecay: Double = 0) {
    guard momentum >= 0, weightDecay >= 0 else {
      stop("SGD", "momentum \(momentum) and weight decay \(weightDecay) must not be negative")
    }
    guard momentum > 0 || !isNesterov else { stop("SGD", "Nesterov's form needs a momentum above 0") }
    (self.momentum, self.isNesterov, self.weightDecay) = (momentum, isNesterov, weightDecay)
  }

  public mutating func update(_ store: ParameterStore, _ gradients: Gradients, learningRate: Float) {
    store.flatten()
    guard let values = store.flat?.pointer else { return }
    let spans = gradients.spans(of: store)
    if momentum == 0 {
      for span in spans {
        braid_sgd(values + span.offset, span.gradient, span.count, learningRate, Float(weightDecay))
      }
      return
    }
    let velocity = velocity.memory(for: store)
    for span in spans {
      braid_sgd_momentum(
        values + span.offset, span.gradient, velocity + span.offset, span.count, learningRate, Float(momentum),
        Float(weightDecay), isNesterov ? 1 : 0)
    }
  }

  public func state(of store: ParameterStore) -> [(name: String, value: Tensor)] { velocity.state(of: store) }

  public mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws {
    guard momentum > 0, !state.isEmpty else { return }
    try velocity.restore(state, of: store)
  }
}
