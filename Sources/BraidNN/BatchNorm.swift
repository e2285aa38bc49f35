import BraidTensor

/// Batch normalisation of every channel (Ioffe & Szegedy 2015).
///
/// In training by the batch's own mean and variance, which also move the running statistics; in evaluation by the
/// running statistics. Shapes: `[batch, channels, …] → ` the same. Parameters: `gain [channels]` (ones),
/// `bias [channels]` (zeros); buffers, saved with them: `running-mean [channels]` (zeros),
/// `running-variance [channels]` (ones).
public struct BatchNorm {
  /// What the normalised channels are multiplied by, `[channels]`.
  public let gain: Parameter
  /// What is added to them, `[channels]`.
  public let bias: Parameter
  /// Estimate of the channels' means, `[channels]`: used in evaluation, moved in training.
  public let runningMean: Buffer
  /// Estimate of their variances, `[channels]`.
  public let runningVariance: Buffer
  /// Added to the variance.
  public let epsilon: Float
  /// Share of a batch's statistics in the running ones.
  public let momentum: Float

  /// - Parameters:
  ///   - epsilon: added to the variance; 1e-5 as in PyTorch.
  ///   - momentum: share of the new statistics in the running ones at each training pass; 0.1 as in PyTorch.
  public init(_ channels: Int, epsilon: Float = 1e-5, momentum: Float = 0.1, in scope: Scope) {
    gain = scope.parameter("gain", Shape(channels), .ones)
    bias = scope.parameter("bias", Shape(channels), .zeros)
    runningMean = scope.buffer("running-mean", Shape(channels), 0)
    runningVariance = scope.buffer("running-variance", Shape(channels), 1)
    (self.epsilon, self.momentum) = (epsilon, momentum)
  }

  /// In training every channel needs at least two elements; stops otherwise.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    LayerInput.channels.check(x, self.gain.shape[0], self.gain.path, madeWith: "channels")
    let (gain, bias): (Tensor, Tensor) = (context[gain], context[bias])
    guard context.isTraining else {
      return batchNorm(x, gain, bias, mean: runningMean.value, variance: runningVariance.value, epsilon: epsilon)
    }
    guard x.count >= 2 * self.gain.shape[0] else {
      stop(
        self.gain.path,
        "an input of shape \(x.shape) has less than 2 elements a channel, of which training takes the variance; "
          + "use a larger batch, or leave out a last batch of one")
    }
    let (y, mean, variance) = batchNorm(x, gain, bias, epsilon: epsilon)
    let elements = Float(x.count / mean.count)  // of a channel
    let unbiased = elements / (elements - 1)  // the running variance estimates that of the population, as in PyTorch
    for channel in 0..<mean.count {
      runningMean.value.pointer[channel] += momentum * (mean.pointer[channel] - runningMean.value.pointer[channel])
      runningVariance.value.pointer[channel] +=
        momentum * (unbiased * variance.pointer[channel] - runningVariance.value.pointer[channel])
    }
    return y
  }
}
