import BraidTensor

/// Layer normalisation over the last axis (Ba, Kiros & Hinton 2016), with a residual in the same pass where one is
/// given.
///
/// y = (s − mean(s)) / √(variance(s) + epsilon) ∘ gain + bias, s = x + residual. Shapes:
/// `[…, features] → […, features]`. Parameters: `gain [features]` (ones), `bias [features]` (zeros).
public struct LayerNorm {
  /// What the normalised features are multiplied by, `[features]`.
  public let gain: Parameter
  /// What is added to them, `[features]`.
  public let bias: Parameter
  /// Added to the variance.
  public let epsilon: Float

  /// - Parameter epsilon: added to the variance; 1e-5 as in PyTorch.
  public init(_ features: Int, epsilon: Float = 1e-5, in scope: Scope) {
    gain = scope.parameter("gain", Shape(features), .ones)
    bias = scope.parameter("bias", Shape(features), .zeros)
    self.epsilon = epsilon
  }

  /// - Parameter residual: of x's shape, added before normalising.
  public func callAsFunction(_ x: Tensor, adding residual: Tensor? = nil, _ context: inout Context) -> Tensor {
    LayerInput.rows.check(x, self.gain.shape[0], self.gain.path, madeWith: "features")
    if let residual, residual.shape != x.shape {
      stop(
        self.gain.path,
        "a residual of shape \(residual.shape) for an input of shape \(x.shape); give it the same shape")
    }
    let (gain, bias): (Tensor, Tensor) = (context[gain], context[bias])
    return layerNorm(x, gain, bias, epsilon: epsilon, adding: residual)
  }
}
