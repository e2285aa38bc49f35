import CBraidKernels

/// Denormal numbers: those closer to 0 than 2⁻¹²⁶ ≈ 1.2·10⁻³⁸, which a Float holds with fewer digits the smaller they are.
///
/// Some processors (Intel's) take a hundred times as long for an operation that meets one, and training meets them by the
/// thousand: gradients of samples that are learnt, and Adam's averages of gradients that have died out. A step of low-rank
/// fusion that had converged took four times as long. To count them as 0 loses nothing that a sum with any other
/// number would have kept.
public enum Denormals {
  /// Does some work with denormal numbers counted as 0, both as operands and as results, by the calling thread and by those
  /// that share out its operations; afterwards the thread is as it was. `train` and `evaluate` work so; do the same around
  /// the steps of a loop of your own. Double's denormals (below 2⁻¹⁰²²) are 0 meanwhile, too.
  /// - Throws: what the work throws.
  public static func flushed<Result>(_ work: () throws -> Result) rethrows -> Result {
    let before = braid_arithmetic()
    braid_set_arithmetic(braid_without_denormals(before))
    defer { braid_set_arithmetic(before) }
    return try work()
  }
}
