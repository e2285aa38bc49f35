import BraidTensor

/// Normalisation of groups of channels, sample by sample (Wu & He 2018): where batches are too small for `BatchNorm`.
///
/// The same in training and evaluation. With as many groups as channels it is instance normalisation. Shapes:
/// `[batch, channels, …] → ` the same. Parameters: `gain [channels]` (ones), `bias [channels]` (zeros).
public struct GroupNorm {
  public let gain: Parameter
  public let bias: Parameter
  public let groups: Int
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

  public func callAsFunction(_ x: Tensor, _ context: inout Context) -> Tensor {
    let (gain, bias): (Tensor, Tensor) = (context[gain], context[bias])
    return groupNorm(x, groups: groups, gain, bias, epsilon: epsilon)
  }
}
