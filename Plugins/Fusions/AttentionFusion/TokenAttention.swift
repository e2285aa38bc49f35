import BraidCore
import BraidNN
import BraidTensor

/// Multi-head self-attention over the tokens of all modalities, residual, layer norm, mean.
///
/// Tokens `X [B, N, width]`: a vector is one, a sequence one a step. With `Q = X W_q + b_q`, `K = X W_k`,
/// `V = X W_v + b_v`: `A = softmax(Q Kᵀ / √(width / heads))` per head, `z = mean_i LN(x_i + (A V)_i W_o + b_o)` over
/// real tokens.
///
/// Parameters: `token.<modality>.weight`, `.bias`; `query.weight`, `query.bias`, `key.weight`, `value.weight`,
/// `value.bias`, `output.weight`, `output.bias`; `norm.gain`, `norm.bias`. PyTorch's attention also has a key bias,
/// which softmax cancels: it changes nothing and is not here. Vaswani et al. 2017, arXiv 1706.03762, equation 1 and
/// section 3.2.2.
struct TokenAttention: AttentionForm {
  let width: Int
  private let heads: Int
  private let names: [String]
  private let tokens: [Linear]
  private let query, key, value, output: Linear
  private let gain, bias: Parameter

  init(_ options: AttentionFusion.Options, _ modalities: [Modality], _ scope: Scope) throws {
    guard modalities.count > 1 || modalities[0].kind == .sequence else {
      throw SetupError(
        "attention: one vector is one token, with nothing to attend to; join two or more, or use a sequence.")
    }
    let width = options.width > 0 ? options.width : try commonWidth(modalities)
    try checked(heads: options.heads, width: width)
    (self.width, heads, names) = (width, options.heads, modalities.map(\.name))
    tokens = options.width == 0 ? [] : modalities.map { Linear($0.width, width, in: scope["token"][$0.name]) }
    query = Linear(width, width, in: scope["query"])
    key = Linear(width, width, bias: false, in: scope["key"])
    value = Linear(width, width, in: scope["value"])
    output = Linear(width, width, in: scope["output"])
    gain = scope["norm"].parameter("gain", Shape(width), .ones)
    bias = scope["norm"].parameter("bias", Shape(width), .zeros)
  }

  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let sequences = inputs.enumerated().mapFew { index, input in
      tokens.isEmpty ? input.sequence : tokens[index](input.sequence, &context)  // [B, T_m, width]
    }
    let times = sequences.mapFew { $0.shape[1] }
    let x = concatenate(sequences, axis: 1)  // [B, N, width]
    let batch = x.shape[0]
    var mask: Tensor?  // [B, N]
    if inputs.contains(where: { $0.visible != nil }) {
      mask = concatenate(zip(inputs, times).mapFew { $0.visible ?? .ones(Shape(batch, $1)) })
    }
    let (attended, weights) = attention(
      query(x, &context), key(x, &context), value(x, &context), heads: heads, keyMask: mask,
      wantsWeights: context.wantsExtras)
    let found = output(attended, &context)  // [B, N, width]
    let y = layerNorm(found, context[gain] as Tensor, context[bias] as Tensor, adding: x)
    return Fused(y.meanOverSteps(mask), extras: maps(weights, mask, times))  // [B, width]
  }

  /// `attention.<query>.<key>` for every pair of modalities: blocks of the weights' mean over heads.
  private func maps(_ weights: Tensor?, _ mask: Tensor?, _ times: Few<Int>) -> [String: Tensor] {
    guard let weights else { return [:] }
    let mean = weights.mean(1).scaledRows(mask)  // [B, N, N]
    var maps: [String: Tensor] = [:]
    var row = 0
    for (from, queries) in zip(names, times) {
      let rows = mean.slice(1, row..<(row + queries))
      var column = 0
      for (to, keys) in zip(names, times) {
        maps["attention.\(from).\(to)"] = rows.slice(2, column..<(column + keys))  // [B, T_q, T_k]
        column += keys
      }
      row += queries
    }
    return maps
  }
}
