import BraidTensor
import CBraidKernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Adam (Kingma & Ba 2015, "Adam: a method for stochastic optimization", algorithm 1), and with `.decoupled` decay
/// AdamW (Loshchilov & Hutter 2019, "Decoupled weight decay regularization", algorithm 2).
///
/// In step t of a parameter, with gradient g, decay λ and rate η:
///
///     d = g + λ p                          (decay .gradient)      or   p ← (1 − η λ) p, d = g      (.decoupled)
///     m ← β₁ m + (1 − β₁) d                v ← β₂ v + (1 − β₂) d²
///     p ← p − η (m / (1 − β₁ᵗ)) / (√(v / (1 − β₂ᵗ)) + ε)
///
/// ε stands outside the root, after bias correction, as in the paper's algorithm and in PyTorch. t counts the steps in
/// which the parameter had a gradient. All parameters are updated in one pass over memory.
public struct Adam: Optimizer {
  /// Raised whenever a step computes something else with the same settings: runs of older versions are then stale.
  public static let version = 1

  /// Where weight decay enters.
  public enum Decay: Sendable {
    /// Added to the gradient, and so rescaled with it (L2 regularisation).
    case gradient
    /// Shrinks the parameter directly: AdamW.
    case decoupled
  }
  /// What it was made with.
  public let beta1, beta2, epsilon, weightDecay: Double
  /// How weights decay.
  public let decay: Decay

  private var settings: GroupSettings
  private var first = Moment("first")
  private var second = Moment("second")
  /// Steps taken, by the parameter's number.
  private var steps: [Int] = []

  /// The defaults are the paper's and PyTorch's. Stops on a setting outside its range.
  /// - Parameter groups: parameters with settings of their own.
  public init(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0,
    decay: Decay = .gradient, groups: [ParameterGroup] = []
  ) {
    guard (0..<1).contains(beta1), (0..<1).contains(beta2), epsilon >= 0, weightDecay >= 0 else {
      stop(
        "Adam",
        "beta1 \(beta1) and beta2 \(beta2) must lie in [0, 1), "
          + "epsilon \(epsilon) and weight decay \(weightDecay) at or above 0")
    }
    (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
    (self.weightDecay, self.decay) = (weightDecay, decay)
    settings = GroupSettings(groups, weightDecay: weightDecay)
  }

  /// Adam with decoupled weight decay. The default decay is PyTorch's.
  public static func adamW(
    beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8, weightDecay: Double = 0.01,
    groups: [ParameterGroup] = []
  ) -> Adam {
    Adam(beta1: beta1, beta2: beta2, epsilon: epsilon, weightDecay: weightDecay, decay: .decoupled, groups: groups)
  }

  public mutating func update(_ store: ParameterStore, _ gradients: Gradients, learningRate: Float) {
    let values = store.flat.pointer
    let (m, v) = (first.memory(for: store), second.memory(for: store))
    if steps.isEmpty { steps = Array(repeating: 0, count: store.parameters.count) }
    settings.prepare(for: store)
    for span in gradients.spans(of: store, membership: settings.membership, steps: steps) {
      let (rate, weightDecay) = settings.settings(of: span, rate: learningRate)
      let step = kernelStep(Double(span.steps + 1), rate: rate, weightDecay: weightDecay)
      let places = (values: values + span.offset, m: m + span.offset, v: v + span.offset, span.gradient, step)
      Parallel.split(span.count, unit: 16, work: 4 * span.count, with: places) { places, range in
        let (values, m, v, gradient, step) = places
        let at = range.lowerBound
        withUnsafePointer(to: step) { step in
          braid_adam(values + at, gradient + at, m + at, v + at, range.count, step)
        }
      }
    }
    for parameter in store.parameters where gradients[parameter] != nil { steps[parameter.number] += 1 }
  }

  /// The numbers of step t, computed in double.
  private func kernelStep(_ t: Double, rate: Double, weightDecay: Double) -> braid_adam_step {
    braid_adam_step(
      beta1: Float(beta1), one_minus_beta1: Float(1 - beta1), beta2: Float(beta2), one_minus_beta2: Float(1 - beta2),
      rate: Float(rate / (1 - pow(beta1, t))), root_inverse: Float(1 / (1 - pow(beta2, t)).squareRoot()),
      epsilon: Float(epsilon), decay: decay == .gradient ? Float(weightDecay) : 0,
      shrink: decay == .decoupled ? Float(1 - rate * weightDecay) : 1)
  }

  /// `optimizer.first.<path>`, `optimizer.second.<path>` and `optimizer.steps.<path>` (shape `[2]`: the lower 24 bits of
  /// the number of steps, and what is above them, since a `Float` holds no more exactly).
  public func state(of store: ParameterStore) -> [(name: String, value: Tensor)] {
    guard !steps.isEmpty else { return [] }
    return first.state(of: store) + second.state(of: store)
      + store.parameters.map { parameter in
        let (above, lower) = steps[parameter.number].quotientAndRemainder(dividingBy: 1 << 24)
        return ("optimizer.steps.\(parameter.path)", Tensor([Float(lower), Float(above)]))
      }
  }

  public mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws {
    guard !state.isEmpty else { return }
    let counts = try store.parameters.map { parameter in
      let key = "optimizer.steps.\(parameter.path)"
      let tensor = try find(key, in: state)
      // one number alone: what is above 24 bits is 0
      let parts = tensor.elements.compactMap(Int.init(exactly:))
      guard (1...2).contains(parts.count), parts.count == tensor.count, parts.allSatisfy((0..<1 << 38).contains) else {
        throw OptimizerStateError("\(key): found \(tensor); expected one or two whole numbers at or above 0")
      }
      return parts[0] + (parts.count == 2 ? parts[1] << 24 : 0)
    }
    try first.restore(state, of: store)
    try second.restore(state, of: store)
    steps = counts
  }
}
