import BraidTensor

/// Multi-head attention (Vaswani et al. 2017, section 3.2.2): queries, keys and values are linear maps of their inputs, each head
/// attends over its share of the width, and a last linear map joins the heads.
///
/// Shapes: `x [B, Tq, width], source [B, Tk, sourceWidth] → [B, Tq, width]`. Parameters: `query`, `key`, `value`, `output`, each a
/// `Linear` with `weight` (Glorot uniform) and `bias` (zeros).
public struct MultiHeadAttention {
  /// The linear map of queries, `width → width`.
  public let query: Linear
  /// That of keys, `sourceWidth → width`.
  public let key: Linear
  /// That of values, `sourceWidth → width`.
  public let value: Linear
  /// The linear map of the joined heads, `width → width`.
  public let output: Linear
  /// Equal parts the width is cut into, each attending on its own.
  public let heads: Int
  private let dropout: Dropout?

  /// Stops unless `heads` divides `width`.
  /// - Parameters:
  ///   - width: features of the queries and of the result.
  ///   - sourceWidth: features of what is attended to; `width` by default.
  ///   - bias: whether the linear maps have one.
  ///   - dropout: rate on the probabilities in training, as in PyTorch: a query loses some of what it attends to,
  ///     whatever their features. Dropout on the result belongs to who adds it to a residual.
  public init(
    _ width: Int, heads: Int, sourceWidth: Int? = nil, bias: Bool = true, dropout: Double = 0, in scope: Scope
  ) {
    guard heads > 0, width % heads == 0 else {
      stop(
        "MultiHeadAttention",
        "\(heads) heads of \(scope.path) do not divide the width \(width); expected a divisor of it")
    }
    self.heads = heads
    query = Linear(width, width, bias: bias, in: scope["query"])
    key = Linear(sourceWidth ?? width, width, bias: bias, in: scope["key"])
    value = Linear(sourceWidth ?? width, width, bias: bias, in: scope["value"])
    output = Linear(width, width, bias: bias, in: scope["output"])
    self.dropout = dropout > 0 ? Dropout(dropout, in: scope["dropout"]) : nil
  }

  /// Attends from every step of `x` to the steps of `source`, or of `x` itself.
  /// - Parameters:
  ///   - source: what is attended to; `x` by default.
  ///   - keyMask: `[B, Tk]`, 1 for a step of the source that may be seen. A sample with none gets the output map's bias.
  ///   - attentionMask: `[Tq, Tk]`, or `[B, Tq, Tk]` where samples differ: 1 lets a step of `x` see a step of the source. One
  ///     that sees none gets the output map's bias.
  ///   - isCausal: whether step i sees steps 0 … i only.
  ///   - wantsWeights: whether the probabilities `[B, heads, Tq, Tk]` are returned, as constants and before dropout.
  public func callAsFunction(
    _ x: Tensor, attendingTo source: Tensor? = nil, keyMask: Tensor? = nil, attentionMask: Tensor? = nil,
    isCausal: Bool = false, wantsWeights: Bool = false, _ context: inout Context
  ) -> (output: Tensor, weights: Tensor?) {
    let source = source ?? x
    LayerInput.sequences.check(x, query.weight.shape[0], query.weight.path, madeWith: "width")
    LayerInput.sequences.check(source, key.weight.shape[0], key.weight.path, madeWith: "sourceWidth")
    if source.shape[0] != x.shape[0] {
      stop(
        key.weight.path,
        "a source of shape \(source.shape) for an input of shape \(x.shape); give it \(x.shape[0]) samples as well")
    }
    let (batch, time, length) = (x.shape[0], x.shape[1], source.shape[1])
    if let keyMask, keyMask.shape != Shape(batch, length) {
      stop(
        key.weight.path,
        "a key mask of shape \(keyMask.shape) for a source of shape \(source.shape); give it [\(batch), \(length)]")
    }
    if let mask = attentionMask?.shape, mask != Shape(time, length), mask != Shape(batch, time, length) {
      stop(
        key.weight.path,
        "an attention mask of shape \(mask) for an input of shape \(x.shape) and a source of shape \(source.shape); "
          + "give it [\(time), \(length)] or [\(batch), \(time), \(length)]")
    }
    let mask = dropout?.mask(Shape(batch, heads, time, length), &context)
    let (joined, weights) = attention(
      query(x, &context), key(source, &context), value(source, &context), heads: heads, keyMask: keyMask,
      attentionMask: attentionMask, isCausal: isCausal, probabilityMask: mask, wantsWeights: wantsWeights)
    return (output(joined, &context), weights)  // [B, Tq, width]
  }
}
