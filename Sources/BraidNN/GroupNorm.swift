import BraidTensor

/// Normalisation of groups of channels, sample by sample (Wu & He 2018): where batches are too small for `BatchNorm`.
///
/// The same in training and evaluation. With as many groups as channels it is instance normalisation. Shapes:
/// `[batch, channels, …] → ` the same. Parameters: `gain [channels]` (ones), `bias [channels]` (zeros).
public struct GroupNorm {
  /// What the normalised channels are multiplied by, `[channels]`.
  public let gain: Parameter
  /// What is added to them, `[channels]`.
  public let bias: Parameter
  /// Equal parts the channels are cut into.
  public let groups: Int
  /// Added to the variance.
  public let epsilon: Float

  /// - Parameters:
  ///   - groups: equal parts the channels are cut into. Stops unless the channels are a multiple of it.
  ///   - epsilon: added to the variance; 1e-5 as in PyTorch.
  public init(_ channels: Int, groups: Int, epsilon: Float = 1e-5, in scope: Scope) {
    guard groups >= 1, channels % groups == 0 else {
      stop(
        "GroupNorm",
        "\(channels) channels in \(groups) groups; expected a multiple of the groups. "
          + "Path: \(scope.path.isEmpty ? "gain" : "\(scope.path).gain")")
    }
    gain = scope.parameter("gain", Shape(channels), .ones)
    bias = scope.parameter("bias", Shape(channels), .zeros)
    (self.groups, self.epsilon) = (groups, epsilon)
  }

  /// (x − mean) / √(variance + epsilon) ∘ gain + bias, both of every group of every sample; x's shape. Stops on another
  /// number of channels.
  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    LayerInput.channels.check(x, self.gain.shape[0], self.gain.path, madeWith: "channels")
    let (gain, bias): (Tensor, Tensor) = (context[gain], context[bias])
    return groupNorm(x, groups: groups, gain, bias, epsilon: epsilon)
  }
}
