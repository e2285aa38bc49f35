import BraidCore
import BraidNN
import BraidTensor

/// Self-attention within each modality, then the modalities side by side or in a weighted sum.
///
/// `A_m = softmax(Q_m K_mᵀ / √d_k)`, `Z_m = A_m V_m`, with `Q_m = X_m W_q`, `K_m = X_m W_k`, `V_m = X_m W_v` and no
/// biases, per head; `z = [mean Z_1; …; mean Z_M]`, or `z = Σ_m α_m mean Z_m` with `α = softmax(a)` over the modalities
/// that are present.
///
/// Shapes: `[B, T_m, d_m]` each → `[B, M width]` or `[B, width]`. Parameters: `query.<modality>.weight`,
/// `key.<modality>.weight`, `value.<modality>.weight`, `[d_m, width]` (with `width: 0` `[d_m, d_m]`); weighted sum:
/// `weights [M]`, zeros at first. Extras also `weight.<modality>`, `[B, 1]`. An absent modality is zeros, or left out
/// of the weighted sum.
///
/// All modalities must be sequences: within one step attention is the identity. Vaswani et al. 2017, arXiv 1706.03762.
struct SelfAttention: AttentionForm {
  let width: Int
  private let heads: Int
  private let names: [String]
  private let queries, keys, values: [Linear]
  private let weights: Parameter?

  init(_ options: AttentionFusion.Options, _ modalities: [Modality], _ scope: Scope) throws {
    for modality in modalities where modality.kind == .vector {
      throw SetupError(
        "attention: self-attention within \(modality.name) needs steps, and it is a vector. Give it an encoder that "
          + "returns a sequence, or use form: tokens.")
    }
    let widths = modalities.map { options.width > 0 ? options.width : $0.width }
    for width in widths { try checked(heads: options.heads, width: width) }
    func layers(_ kind: String) -> [Linear] {
      zip(modalities, widths).map { Linear($0.width, $1, bias: false, in: scope[kind][$0.name]) }
    }
    (queries, keys, values) = (layers("query"), layers("key"), layers("value"))
    switch options.combine {
    case .concat:
      weights = nil
      width = widths.reduce(0, +)
    case .weightedSum:
      guard modalities.count >= 2 else {
        throw SetupError("attention: a weighted sum joins two or more modalities; got \(modalities.map(\.name)).")
      }
      width = options.width > 0 ? options.width : try commonWidth(modalities)
      weights = scope.parameter("weights", Shape(modalities.count), .zeros)
    }
    (heads, names) = (options.heads, modalities.map(\.name))
  }

  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    var extras: [String: Tensor] = [:]
    var means: [Tensor] = []
    for (index, input) in inputs.enumerated() {
      let x = input.sequence
      let visible = input.visible
      let (attended, map) = attention(
        queries[index](x, &context), keys[index](x, &context), values[index](x, &context), heads: heads,
        keyMask: visible,
        wantsWeights: context.wantsExtras)  // [B, T_m, width]
      means.append(attended.meanOverSteps(visible))  // [B, width]
      // [B, T_m, T_m]
      if let map { extras["attention.\(names[index]).\(names[index])"] = map.mean(1).scaledRows(visible) }
    }
    guard let weights else { return Fused(concatenate(means), extras: extras) }
    let batch = means[0].shape[0]
    let present = stack(inputs.map { $0.presence ?? .ones(Shape(batch)) }, axis: -1)  // [B, M]
    let scores = context[weights].reshaped(1, -1) + Tensor.zeros(present.shape)  // [B, M]
    let shares = scores.softmax(mask: present)
    let parts = means.enumerated().map { index, mean in
      let share = shares.slice(-1, index..<(index + 1))  // [B, 1]
      extras["weight.\(names[index])"] = share
      return share * mean
    }
    return Fused(parts.dropFirst().reduce(parts[0], +), extras: extras)  // [B, width]
  }
}
