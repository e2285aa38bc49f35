import CBraidKernels

extension Tensor {
  /// ψ(x) = d log Γ(x) / dx for every element, computed in double: −∞ at 0, NaN at negative whole numbers. Divergences of
  /// Dirichlet distributions have it.
  ///
  /// Derivative: dx = g ψ′(x) with ψ′ the trigamma function.
  public func digamma() -> Tensor {
    let x = self
    let y = Tensor(uninitialized: shape)
    braid_digamma(x.pointer, y.pointer, count)
    return y.recorded("digamma", from: x, flops: Double(count)) { g, sink in
      sink.accumulate(into: x) { gx, beta in braid_digamma_gradient(x.pointer, g.pointer, beta, gx, x.count) }
    }
  }
}
