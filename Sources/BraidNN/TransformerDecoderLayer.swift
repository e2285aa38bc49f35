import BraidTensor

/// One layer of a Transformer decoder (Vaswani et al. 2017, section 3.1): causal self-attention, attention to a source,
/// and a feed-forward net, each with a residual and layer normalisation.
///
/// ```text
/// post-norm (the original):           x ← norm(x + self(x))   x ← norm(x + cross(x, source))   x ← norm(x + net(x))
/// pre-norm (Xiong et al. 2020):       x ← x + self(norm(x))   x ← x + cross(norm(x), source)   x ← x + net(norm(x))
/// ```
/// with net(x) = f(x W₁ + b₁) W₂ + b₂. Shapes: `x [B, T, width], source [B, S, sourceWidth] → [B, T, width]`.
/// Parameters: `self-attention.…` and `cross-attention.…` (see `MultiHeadAttention`), `self-attention-norm.…`,
/// `cross-attention-norm.…`, `expand.…` (W₁), `contract.…` (W₂), `feed-forward-norm.…`.
public struct TransformerDecoderLayer {
  /// Attention of the steps to each other.
  public let selfAttention: MultiHeadAttention
  /// Attention of the steps to the source.
  public let crossAttention: MultiHeadAttention
  /// The first map of the feed-forward net, with its activation.
  public let expand: Linear
  /// The second map of it.
  public let contract: Linear
  /// The normalisation of self-attention's third.
  public let selfAttentionNorm: LayerNorm
  /// The normalisation of cross-attention's third.
  public let crossAttentionNorm: LayerNorm
  /// The normalisation of the feed-forward third.
  public let feedForwardNorm: LayerNorm
  /// Whether the normalisation stands before each third instead of after its sum.
  public let isPreNorm: Bool
  private let dropout: Dropout?

  /// - Parameters:
  ///   - sourceWidth: features of what is attended to; `width` by default.
  ///   - feedForward: width inside the feed-forward net; 4 · width by default.
  ///   - activation: f; `.gelu` in BERT, `.quickGelu` in CLIP.
  ///   - isPreNorm: whether the normalisation stands before each third instead of after its sum.
  ///   - epsilon: of the normalisations; 1e-5 as in PyTorch. BERT has 1e-12.
  ///   - dropout: rate on the attention probabilities and on what each third adds to the residual.
  public init(
    _ width: Int, heads: Int, sourceWidth: Int? = nil, feedForward: Int? = nil, activation: Activation = .relu,
    isPreNorm: Bool = false, epsilon: Float = 1e-5, dropout: Double = 0, in scope: Scope
  ) {
    let hidden = feedForward ?? 4 * width
    selfAttention = MultiHeadAttention(width, heads: heads, dropout: dropout, in: scope["self-attention"])
    crossAttention = MultiHeadAttention(
      width, heads: heads, sourceWidth: sourceWidth, dropout: dropout, in: scope["cross-attention"])
    expand = Linear(width, hidden, activation: activation, initializer: .suiting(activation), in: scope["expand"])
    contract = Linear(hidden, width, in: scope["contract"])
    selfAttentionNorm = LayerNorm(width, epsilon: epsilon, in: scope["self-attention-norm"])
    crossAttentionNorm = LayerNorm(width, epsilon: epsilon, in: scope["cross-attention-norm"])
    feedForwardNorm = LayerNorm(width, epsilon: epsilon, in: scope["feed-forward-norm"])
    self.isPreNorm = isPreNorm
    self.dropout = dropout > 0 ? Dropout(dropout, in: scope["dropout"]) : nil
  }

  /// - Parameters:
  ///   - source: what is attended to, such as an encoder's states.
  ///   - steps: `[B, T]`, 1 for a real step; no step attends to a masked one. Results at masked steps mean nothing.
  ///   - sourceSteps: `[B, S]`, 1 for a real step of the source. A sample whose source has none gets the output map's
  ///     bias from it.
  ///   - attentionMask: `[T, T]`, or `[B, T, T]` where samples differ: row i has 1 for the steps of x that step i may see.
  ///   - sourceMask: `[T, S]`, or `[B, T, S]`: row i has 1 for the steps of the source that step i may see.
  ///   - isCausal: whether step i sees steps 0 … i of x only.
  public func callAsFunction(
    _ x: Tensor, attendingTo source: Tensor, steps: Tensor? = nil, sourceSteps: Tensor? = nil,
    attentionMask: Tensor? = nil, sourceMask: Tensor? = nil, isCausal: Bool = true, _ context: inout Context
  ) -> Tensor {
    LayerInput.sequences.check(x, selfAttentionNorm.gain.shape[0], selfAttention.query.weight.path, madeWith: "width")
    let (batch, time, width) = (x.shape[0], x.shape[1], x.shape[2])
    let own = SlicedMasks(steps: steps, places: attentionMask)
    let across = SlicedMasks(steps: sourceSteps, places: sourceMask)
    let sourceWidth = crossAttention.key.weight.shape[0]
    guard source.shape.rank == 3, source.shape[0] == batch, source.shape[2] == sourceWidth,
      own.fit(batch, time, source: time), across.fit(batch, time, source: source.shape[1])
    else { return all(x, source, own, across, isCausal, &context) }
    let floats = time * (4 * width + expand.weight.shape[1]) + source.shape[1] * (sourceWidth + 2 * width)
    let weights = width * (6 * width + 2 * sourceWidth + 2 * expand.weight.shape[1])
    return context.inSlices(of: Few(x, source), floats: floats, weights: weights) { samples, context in
      all(x.slice(0, samples), source.slice(0, samples), own.of(samples), across.of(samples), isCausal, &context)
    }
  }

  /// The layer, for all the samples given; `own` are the masks of attention to x, `across` those of attention to the
  /// source.
  private func all(
    _ x: Tensor, _ source: Tensor, _ own: SlicedMasks, _ across: SlicedMasks, _ isCausal: Bool,
    _ context: inout Context
  ) -> Tensor {
    func attend(_ x: Tensor, _ context: inout Context) -> Tensor {
      kept(
        selfAttention(x, keyMask: own.steps, attentionMask: own.places, isCausal: isCausal, &context).output, &context)
    }
    func look(_ x: Tensor, _ context: inout Context) -> Tensor {
      kept(
        crossAttention(
          x, attendingTo: source, keyMask: across.steps, attentionMask: across.places, &context
        ).output, &context)
    }
    if isPreNorm {
      let attended = x + attend(selfAttentionNorm(x, &context), &context)
      let both = attended + look(crossAttentionNorm(attended, &context), &context)
      return both + net(feedForwardNorm(both, &context), &context)
    }
    let attended = selfAttentionNorm(attend(x, &context), adding: x, &context)
    let both = crossAttentionNorm(look(attended, &context), adding: attended, &context)
    return feedForwardNorm(net(both, &context), adding: both, &context)
  }

  private func net(_ x: Tensor, _ context: inout Context) -> Tensor {
    kept(contract(expand(x, &context), &context), &context)  // [B, T, hidden] inside
  }

  /// What dropout leaves of what is added to a residual.
  private func kept(_ x: Tensor, _ context: inout Context) -> Tensor { dropout?(x, &context) ?? x }
}
