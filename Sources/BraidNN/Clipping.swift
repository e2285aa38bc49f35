import BraidTensor
import CBraidKernels

extension Gradients {
  /// The Euclidean norm of the gradients of all parameters of a store, as if they were one vector: √ Σ g².
  public func norm(of store: ParameterStore) -> Float {
    var sum = 0.0
    for span in spans(of: store) { sum += braid_square_sum(span.gradient, span.count) }
    return Float(sum.squareRoot())
  }

  /// Scales all gradients by one factor so that their common norm is at most `norm` (Pascanu et al. 2013, "On the
  /// difficulty of training recurrent neural networks", algorithm 1).
  ///
  /// The factor is `min(1, norm / (found + 10⁻⁶))`, as in PyTorch. Gradients that are not finite are left alone: the
  /// norm returned says so. Scaled is the one memory that the pass collected them in: copies of these gradients, and
  /// tensors taken out of them before, are scaled with them.
  /// - Parameter norm: the largest norm allowed, above 0.
  /// - Returns: the norm found, before scaling.
  @discardableResult
  public func clip(of store: ParameterStore, norm: Float) -> Float {
    guard norm > 0 else { stop("clip", "the largest norm must be above 0; got \(norm)") }
    let found = self.norm(of: store)
    let factor = norm / (found + 1e-6)
    guard found.isFinite, factor < 1 else { return found }
    for parameter in store.parameters {
      guard let gradient = self[parameter] else { continue }
      braid_scale_in_place(factor, gradient.pointer, gradient.count)
    }
    return found
  }
}
