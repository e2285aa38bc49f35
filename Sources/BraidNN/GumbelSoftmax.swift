import BraidTensor

/// softmax((log p + G) / τ) over the last axis with Gumbel noise: a draw of a class that is differentiable in the
/// logits (Jang et al. 2017, "Categorical reparameterization with Gumbel-softmax"; Maddison et al. 2017, "The concrete
/// distribution").
///
/// As τ → 0 the result becomes one-hot with the categorical's probabilities; as it grows, even. Shapes: `[…, K] → […,
/// K]`.
/// - Parameters:
///   - logits: log p up to a constant a row.
///   - temperature: τ, above 0.
///   - isHard: straight-through: the result is exactly one-hot at the largest place and keeps the gradient of the
///     relaxed draw.
///   - mask: as of `softmax`, 0 excludes.
public func gumbelSoftmax(
  _ logits: Tensor, temperature: Float, isHard: Bool = false, mask: Tensor? = nil, _ stream: inout RandomStream
) -> Tensor {
  gumbelSoftmax(logits, noise: stream.gumbel(logits.shape), temperature: temperature, isHard: isHard, mask: mask)
}

/// The same with noise that has been drawn: what is left is a function of its arguments.
public func gumbelSoftmax(
  _ logits: Tensor, noise: Tensor, temperature: Float, isHard: Bool = false, mask: Tensor? = nil
) -> Tensor {
  guard temperature > 0, noise.shape == logits.shape, logits.shape.rank >= 1 else {
    stop(
      "gumbelSoftmax",
      "logits of shape \(logits.shape), noise \(noise.shape), temperature \(temperature); "
        + "expected [..., K] twice and a temperature above 0")
  }
  let soft = ((logits + noise) * (1 / temperature)).softmax(mask: mask)
  guard isHard else { return soft }
  return straightThrough(soft.oneHotMaximum(), soft)  // a row that is excluded altogether stays 0
}
