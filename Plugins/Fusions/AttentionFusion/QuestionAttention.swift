import BraidCore
import BraidNN
import BraidTensor

/// Question-guided soft attention: the question's steps look at the steps of every other modality.
///
/// `S = softmax(score(Q, V) / τ)` per row, `c = S V`, `z = pool[c_1; …; c_{M−1}; Q]` over the question's real steps.
/// Scores of steps q and v:
/// - `dot`: q·v;
/// - `scaled-dot`: q·v / √d (Vaswani et al. 2017);
/// - `bilinear`: q W vᵀ (Luong et al. 2015, "general");
/// - `additive`: w·tanh(q A + v B + b) (Bahdanau et al. 2015).
///
/// Shapes: Q `[B, T_q, d]` (or a vector, one step), V_m `[B, T_m, d]` → `[B, Σ widths]`: contexts in the order of
/// joining, then the question. Parameters: `project.<modality>.weight`, `.bias` (not with `width: 0`); bilinear
/// `score.<key>.weight [d_q, d_v]`; additive `score.<key>.query.weight`, `score.<key>.key.weight`,
/// `score.<key>.key.bias`, `score.<key>.vector.weight [d_v, 1]`.
///
/// The key modalities must be sequences: over a single step every score gives the same answer. For an absent key
/// modality the context is 0; when the question is absent nothing is asked and z is 0.
struct QuestionAttention: AttentionForm {
  let width: Int
  private let options: AttentionFusion.Options
  private let names: [String]
  private let question: Int
  private let projections: [Linear]
  private let bilinear: [Int: Parameter]
  private let additive: [Int: (query: Linear, key: Linear, vector: Linear)]

  init(_ options: AttentionFusion.Options, _ modalities: [Modality], _ scope: Scope) throws {
    let names = modalities.map(\.name)
    guard modalities.count >= 2 else {
      throw SetupError("attention: question-guided joins two or more modalities; got \(names).")
    }
    guard let question = options.question.isEmpty ? 0 : names.firstIndex(of: options.question) else {
      throw SetupError(
        "attention: question \"\(options.question)\" is none of the modalities \(names.joined(separator: ", "))."
          + suggestion(for: options.question, among: names))
    }
    for (index, modality) in modalities.enumerated() where index != question && modality.kind == .vector {
      throw SetupError(
        "attention: question-guided needs steps to attend to, and \(modality.name) is a vector. Give it an encoder "
          + "that returns a sequence, make it the question, or use form: tokens.")
    }
    let projected = options.width > 0
    let widths = modalities.map { projected ? options.width : $0.width }
    if options.score == .dot || options.score == .scaledDot { _ = projected ? 0 : try commonWidth(modalities) }
    projections = projected ? modalities.map { Linear($0.width, options.width, in: scope["project"][$0.name]) } : []
    var bilinear: [Int: Parameter] = [:]
    var additive: [Int: (query: Linear, key: Linear, vector: Linear)] = [:]
    for index in modalities.indices where index != question {
      let scores = scope["score"][names[index]]
      switch options.score {
      case .dot, .scaledDot: break
      case .bilinear:
        bilinear[index] = scores.parameter("weight", Shape(widths[question], widths[index]), .glorotUniform)
      case .additive:
        let size = widths[index]
        additive[index] = (
          Linear(widths[question], size, bias: false, in: scores["query"]),
          Linear(widths[index], size, in: scores["key"]),
          Linear(size, 1, bias: false, in: scores["vector"])
        )
      }
    }
    (self.options, self.names, self.question, self.bilinear, self.additive) = (
      options, names, question, bilinear, additive
    )
    width = widths.reduce(0, +)
  }

  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let steps = inputs.enumerated().map { index, input in
      projections.isEmpty ? input.sequence : projections[index](input.sequence, &context)  // [B, T_m, d]
    }
    let asked = inputs[question].visible
    var joined: [Tensor] = []
    var maps: [String: Tensor] = [:]
    for index in inputs.indices where index != question {
      let (found, weights) = look(steps[question], steps[index], index, inputs[index].visible, &context)
      joined.append(found)  // [B, T_q, d]
      // [B, T_q, T_k]
      if let weights { maps["attention.\(names[question]).\(names[index])"] = weights.scaledRows(asked) }
    }
    let all = concatenate(joined + [steps[question]])  // [B, T_q, Σ widths]
    return Fused(options.pooling == .mean ? all.meanOverSteps(asked) : all.maximumOverSteps(asked), extras: maps)
  }

  /// softmax(score(q, v) / τ) v, and in evaluation the weights `[B, T_q, T_k]`.
  private func look(_ q: Tensor, _ v: Tensor, _ index: Int, _ mask: Tensor?, _ context: inout Context) -> (
    Tensor, Tensor?
  ) {
    let (batch, queries, keys) = (q.shape[0], q.shape[1], v.shape[1])
    let temperature = Float(options.temperature)
    if let parts = additive[index] {
      let from = parts.query(q, &context)
      let to = parts.key(v, &context)
      let pairs = from.reshaped(batch, queries, 1, -1) + to.reshaped(batch, 1, keys, -1)  // [B, T_q, T_k, d]
      let scores = parts.vector(pairs.tanh(), &context).reshaped(batch, queries, keys) * (1 / temperature)
      let weights = scores.softmax(mask: mask)  // [B, T_q, T_k]
      return (batchedMatmul(weights, v), context.isTraining ? nil : weights.detached)
    }
    let asking = bilinear[index].map { linear(q, context[$0]) } ?? q  // [B, T_q, d_v]
    let scale = options.score == .scaledDot ? 1 / (Float(v.shape[2]).squareRoot() * temperature) : 1 / temperature
    let (found, weights) = attention(
      asking, v, v, heads: 1, scale: scale, keyMask: mask, wantsWeights: !context.isTraining)
    return (found, weights?.reshaped(batch, queries, keys))
  }
}
