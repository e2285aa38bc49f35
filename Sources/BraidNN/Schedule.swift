import BraidTensor

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How the learning rate changes over a run: a factor for every step, to be multiplied with the base rate.
///
/// With w steps of warm-up and T steps in all, step s (from 0) has the factor `min(1, (s + 1) / w) · f(s)`, where f is
/// - constant: 1
/// - step: `factor^⌊s / every⌋`, counted from the start of the run so that drops fall on whole epochs
/// - cosine: `last + (1 − last) (1 + cos(π (s − w) / (T − w))) / 2` after the warm-up, 1 during it
///   (Loshchilov & Hutter 2017, "SGDR", eq. 5, without restarts)
public struct Schedule: Sendable, Hashable {
  /// How the rate falls.
  public enum Form: Sendable, Hashable {
    /// Not at all.
    case constant
    /// Multiplied by `factor` every so many steps.
    case step(every: Int, factor: Double)
    /// Down a half cosine to the share `last` of the base rate at the end of the run.
    case cosine(last: Double)
  }
  /// How the rate changes after the warm-up.
  public let form: Form
  /// Steps over which the rate rises in equal parts; the first step has 1/warmUp of it, none has 0.
  public let warmUp: Int

  /// Stops on a negative warm-up, or a drop every 0 steps.
  public init(_ form: Form = .constant, warmUp: Int = 0) {
    guard warmUp >= 0 else { stop("schedule", "the warm-up has \(warmUp) steps; expected 0 or more") }
    if case .step(let every, _) = form, every < 1 {
      stop("schedule", "the rate drops every \(every) steps; expected 1 or more")
    }
    (self.form, self.warmUp) = (form, warmUp)
  }

  /// The factor of a step.
  /// - Parameters:
  ///   - step: from 0; steps after the last keep the last one's factor for `cosine`.
  ///   - total: steps of the whole run.
  public func factor(step: Int, of total: Int) -> Double {
    let rise = step < warmUp ? Double(step + 1) / Double(warmUp) : 1
    switch form {
    case .constant: return rise
    case .step(let every, let factor): return rise * pow(factor, Double(step / every))
    case .cosine(let last):
      guard step >= warmUp, total > warmUp else { return rise }
      let share = min(Double(step - warmUp) / Double(total - warmUp), 1)
      return last + (1 - last) * (1 + cos(.pi * share)) / 2
    }
  }
}
