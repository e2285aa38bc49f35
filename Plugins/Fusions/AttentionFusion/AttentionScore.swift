import BraidCore
import BraidNN
import BraidTensor

/// How well a step v suits a question q: one number a pair, before temperature and softmax.
///
/// - `dot`: q·v;
/// - `scaled-dot`: q·v / √d (Vaswani et al. 2017);
/// - `bilinear`: q W vᵀ (Luong et al. 2015, "general");
/// - `additive`: w·tanh(q A + v B + b) (Bahdanau et al. 2015; Luong's "concat" is the same written with [q; v]);
/// - `concat-mlp`: w·relu([q; v] W + b), a perceptron with one hidden layer over both (its last bias cancels in the softmax and is
///   not made).
///
/// Shapes: `[B, T_q, d_q]`, `[B, T_k, d_k]` → `[B, T_q, T_k]`. Parameters: bilinear `weight [d_q, d_k]`; additive
/// `query.weight [d_q, d_k]`, `key.weight [d_k, d_k]`, `key.bias`, `vector.weight [d_k, 1]`; concat-mlp
/// `hidden.weight [d_q + d_k, d_k]`, `hidden.bias`, `vector.weight [d_k, 1]`.
struct AttentionScore {
  private enum Form {
    /// q W · v · scale; W is nil for the identity.
    case product(Parameter?, scale: Float)
    case additive(query: Linear, key: Linear, vector: Linear)
    case perceptron(hidden: Parameter, bias: Parameter, vector: Linear)
  }
  private let form: Form

  init(_ score: AttentionFusion.Score, query: Int, key: Int, in scope: Scope) {
    switch score {
    case .dot: form = .product(nil, scale: 1)
    case .scaledDot: form = .product(nil, scale: 1 / Float(key).squareRoot())
    case .bilinear: form = .product(scope.parameter("weight", Shape(query, key), .glorotUniform), scale: 1)
    case .additive:
      form = .additive(
        query: Linear(query, key, bias: false, in: scope["query"]), key: Linear(key, key, in: scope["key"]),
        vector: Linear(key, 1, bias: false, in: scope["vector"]))
    case .concatMLP:
      form = .perceptron(
        hidden: scope["hidden"].parameter("weight", Shape(query + key, key), .glorotUniform),
        bias: scope["hidden"].parameter("bias", Shape(key), .zeros),
        vector: Linear(key, 1, bias: false, in: scope["vector"]))
    }
  }

  /// What a product score multiplies the keys by, and the factor; nil for the others.
  func asking(_ q: Tensor, _ context: Context) -> (query: Tensor, scale: Float)? {
    guard case .product(let weight, let scale) = form else { return nil }
    return (weight.map { linear(q, context[$0]) } ?? q, scale)  // [B, T_q, d_k]
  }

  func callAsFunction(_ q: Tensor, _ v: Tensor, _ context: inout Context) -> Tensor {
    let (batch, queries, keys) = (q.shape[0], q.shape[1], v.shape[1])
    func pairs(_ from: Tensor, _ to: Tensor) -> Tensor {
      from.reshaped(batch, queries, 1, -1) + to.reshaped(batch, 1, keys, -1)  // [B, T_q, T_k, d]
    }
    switch form {
    case .product(let weight, let scale):
      let asking = weight.map { linear(q, context[$0]) } ?? q  // [B, T_q, d_k]
      return batchedMatmul(asking, v, transposeB: true, scale: scale)  // [B, T_q, T_k]
    case .additive(let query, let key, let vector):
      return vector(pairs(query(q, &context), key(v, &context)).tanh(), &context).reshaped(batch, queries, keys)
    case .perceptron(let hidden, let bias, let vector):
      // [q; v] W = q W_q + v W_v: the pairs are never put side by side
      let weight = context[hidden] as Tensor  // [d_q + d_k, d_k]
      let from = linear(q, weight.slice(0, 0..<q.shape[2]))  // [B, T_q, d_k]
      let to = linear(v, weight.slice(0, q.shape[2]..<weight.shape[0]), context[bias])  // [B, T_k, d_k]
      return vector(pairs(from, to).relu(), &context).reshaped(batch, queries, keys)
    }
  }
}
