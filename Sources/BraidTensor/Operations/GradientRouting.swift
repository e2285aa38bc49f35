import CBraidKernels

extension Tensor {
  /// The same values; the gradient turned round: dx = −scale g. What is trained above it to tell things apart trains what is
  /// below to make them alike (Ganin et al. 2016, "Domain-adversarial training of neural networks", JMLR).
  /// - Parameter scale: λ, which usually grows from 0 to 1 over training.
  public func gradientReversed(scale: Float = 1) -> Tensor {
    let x = self
    return Tensor(viewing: x, shape: shape).recorded("gradientReversed", from: x) { g, sink in
      sink.accumulate(into: x) { gx, beta in braid_scale(-scale, g.pointer, beta, gx, x.count) }
    }
  }
}

/// The values of one tensor with the gradient of another of the same shape: dslope = g, none for the value. Rounding, sampling
/// or an arg max is trained through a smooth stand-in so (Bengio, Léonard & Courville 2013, "Estimating or propagating
/// gradients through stochastic neurons"). Stops on different shapes.
///
/// A gradient that goes nowhere is `detached`.
public func straightThrough(_ value: Tensor, _ slope: Tensor) -> Tensor {
  guard value.shape == slope.shape else {
    stop("straightThrough", "a value of shape \(value.shape) and a slope of \(slope.shape); expected equal shapes")
  }
  return Tensor(viewing: value, shape: value.shape).recorded("straightThrough", from: slope) { g, sink in
    sink.add(g, to: slope)
  }
}
