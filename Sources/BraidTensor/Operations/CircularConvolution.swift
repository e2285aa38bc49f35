import CBraidKernels

extension FourierTransform {
  /// `z_t = Σ_s x_s y_(t − s mod n)`, the product of the spectra: `[…, n]`, `[…, n] → […, n]`.
  ///
  /// Of two count sketches it is the sketch of their outer product (Pham & Pagh 2013), as compact bilinear pooling fuses
  /// modalities (Fukui et al. 2016, "Multimodal compact bilinear pooling").
  ///
  /// Derivative: dx = the correlation of g with y, by the product of g's spectrum and the conjugate of y's; dy likewise.
  /// Stops unless both are of one shape and their last axis is n.
  public func circularConvolution(_ x: Tensor, _ y: Tensor) -> Tensor {
    guard x.shape == y.shape else {
      stop("circularConvolution", "signals of shapes \(x.shape) and \(y.shape); expected equal shapes")
    }
    check(x, length)
    let (a, b) = (plan.spectra(x), plan.spectra(y))
    let z = plan.inverse(product(a, b), x.shape)
    return z.recorded(
      "circularConvolution", from: x, y, saving: (plan, x, y, a, b), flops: 3 * flops(x.count)
    ) { saved, g, sink in
      let (plan, x, y, a, b) = saved
      let spectra = plan.spectra(g)
      if sink.wants(x) { sink.add(plan.inverse(product(b, spectra, conjugate: true), x.shape), to: x) }
      if sink.wants(y) { sink.add(plan.inverse(product(a, spectra, conjugate: true), y.shape), to: y) }
    }
  }
}

/// a b, or conj(a) b, for spectra whose real parts come before all imaginary ones.
private func product(_ a: Tensor, _ b: Tensor, conjugate: Bool = false) -> Tensor {
  let z = Tensor(uninitialized: a.shape)
  let half = a.count / 2
  Parallel.split(half, unit: 16, work: 4 * half, with: (a.pointer, b.pointer, z.pointer, half, conjugate)) {
    places, range in
    let (a, b, z, half, conjugate) = places
    let at = range.lowerBound
    braid_complex_product(
      a + at, a + half + at, conjugate ? 1 : 0, b + at, b + half + at, z + at, z + half + at, range.count)
  }
  return z
}
