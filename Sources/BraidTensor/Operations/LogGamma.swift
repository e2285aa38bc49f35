import CBraidKernels

extension Tensor {
  /// log |Γ(x)| for every element, computed in double: ∞ at 0 and at negative whole numbers.
  ///
  /// Derivative: dx = g ψ(x) with ψ the digamma function (Stirling's series after shifts, reflection below 0).
  public func logGamma() -> Tensor {
    let x = self
    let y = Tensor(uninitialized: shape)
    braid_log_gamma(x.pointer, y.pointer, count)
    return y.recorded("logGamma", from: x, flops: Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in braid_log_gamma_gradient(x.pointer, g.pointer, beta, gx, x.count) }
    }
  }
}
