import BraidTensor

/// One layer of a Transformer encoder (Vaswani et al. 2017, section 3.1): self-attention and a feed-forward net, each with a
/// residual and layer normalisation.
///
/// ```text
/// post-norm (the original):           x ← norm(x + attend(x))     x ← norm(x + net(x))
/// pre-norm (Xiong et al. 2020):       x ← x + attend(norm(x))     x ← x + net(norm(x))
/// ```
/// with net(x) = f(x W₁ + b₁) W₂ + b₂. Shapes: `[B, T, width] → [B, T, width]`. Parameters: `attention.…` (see
/// `MultiHeadAttention`), `attention-norm.…`, `expand.…` (W₁), `contract.…` (W₂), `feed-forward-norm.…`.
public struct TransformerEncoderLayer {
  /// Self-attention.
  public let attention: MultiHeadAttention
  /// The first map of the feed-forward net, with its activation.
  public let expand: Linear
  /// The second map of it.
  public let contract: Linear
  /// The normalisation of the half that attends.
  public let attentionNorm: LayerNorm
  /// The normalisation of the feed-forward half.
  public let feedForwardNorm: LayerNorm
  /// Whether the normalisation stands before each half instead of after its sum.
  public let isPreNorm: Bool
  private let dropout: Dropout?

  /// - Parameters:
  ///   - feedForward: width inside the feed-forward net; 4 · width by default.
  ///   - activation: f; `.gelu` in BERT, `.quickGelu` in CLIP.
  ///   - isPreNorm: whether the normalisation stands before each half instead of after its sum.
  ///   - epsilon: of the normalisations; 1e-5 as in PyTorch. BERT has 1e-12.
  ///   - dropout: rate on the attention probabilities and on what each half adds to the residual.
  public init(
    _ width: Int, heads: Int, feedForward: Int? = nil, activation: Activation = .relu, isPreNorm: Bool = false,
    epsilon: Float = 1e-5, dropout: Double = 0, in scope: Scope
  ) {
    let hidden = feedForward ?? 4 * width
    attention = MultiHeadAttention(width, heads: heads, dropout: dropout, in: scope["attention"])
    expand = Linear(width, hidden, activation: activation, initializer: .suiting(activation), in: scope["expand"])
    contract = Linear(hidden, width, in: scope["contract"])
    attentionNorm = LayerNorm(width, epsilon: epsilon, in: scope["attention-norm"])
    feedForwardNorm = LayerNorm(width, epsilon: epsilon, in: scope["feed-forward-norm"])
    self.isPreNorm = isPreNorm
    self.dropout = dropout > 0 ? Dropout(dropout, in: scope["dropout"]) : nil
  }

  /// - Parameters:
  ///   - steps: `[B, T]`, 1 for a real step; no step attends to a masked one. Results at masked steps mean nothing.
  ///   - attentionMask: `[T, T]`, or `[B, T, T]` where samples differ: row i has 1 for the steps that step i may see.
  ///   - isCausal: whether step i sees steps 0 … i only.
  public func callAsFunction(
    _ x: Tensor, steps: Tensor? = nil, attentionMask: Tensor? = nil, isCausal: Bool = false, _ context: inout Context
  ) -> Tensor {
    LayerInput.sequences.check(x, attentionNorm.gain.shape[0], attention.query.weight.path, madeWith: "width")
    let (batch, time, width) = (x.shape[0], x.shape[1], x.shape[2])
    let masks = SlicedMasks(steps: steps, places: attentionMask)
    guard masks.fit(batch, time, source: time) else { return all(x, masks, isCausal, &context) }
    let floats = time * (4 * width + expand.weight.shape[1])
    let weights = width * (4 * width + 2 * expand.weight.shape[1])
    return context.inSlices(of: Few(CollectionOfOne(x)), floats: floats, weights: weights) { samples, context in
      all(x.slice(0, samples), masks.of(samples), isCausal, &context)
    }
  }

  /// The layer, for all the samples given.
  private func all(_ x: Tensor, _ masks: SlicedMasks, _ isCausal: Bool, _ context: inout Context) -> Tensor {
    func attend(_ x: Tensor, _ context: inout Context) -> Tensor {
      kept(
        attention(x, keyMask: masks.steps, attentionMask: masks.places, isCausal: isCausal, &context).output, &context)
    }
    if isPreNorm {
      let middle = x + attend(attentionNorm(x, &context), &context)
      return middle + net(feedForwardNorm(middle, &context), &context)
    }
    let middle = attentionNorm(attend(x, &context), adding: x, &context)
    return feedForwardNorm(net(middle, &context), adding: middle, &context)
  }

  private func net(_ x: Tensor, _ context: inout Context) -> Tensor {
    kept(contract(expand(x, &context), &context), &context)  // [B, T, hidden] inside
  }

  /// What dropout leaves of what is added to a residual.
  private func kept(_ x: Tensor, _ context: inout Context) -> Tensor { dropout?(x, &context) ?? x }
}
