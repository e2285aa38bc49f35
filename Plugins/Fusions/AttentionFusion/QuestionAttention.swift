import BraidCore
import BraidNN
import BraidTensor

/// Question-guided attention: the question's steps look at the steps of every other modality.
///
/// `S = softmax(score(Q, V) / τ)` per row, `z = pool[c_1; …; c_{M−1}; Q]` over the question's real steps. What the steps of the
/// question find:
/// - soft: `c = S V`, the mean under S;
/// - hard: `c_i = V_{a_i}` with a_i drawn from row i of S in training, the most probable step in evaluation (Xu et al. 2015,
///   arXiv 1502.03044, section 4.1). No gradient reaches S through c; `logProbability = Σ log S_{i a_i}` over the real steps of the
///   question and all key modalities is what training needs for the score-function term.
///
/// For the scores see `AttentionScore`.
///
/// Shapes: Q `[B, T_q, d]` (or a vector, one step), V_m `[B, T_m, d]` → `[B, Σ widths]`: contexts in the order of
/// joining, then the question. Parameters: `project.<modality>.weight`, `.bias` (not with `width: 0`); those of the score under
/// `score.<key>`.
///
/// The key modalities must be sequences: over a single step every score gives the same answer. For an absent key
/// modality the context is 0; when the question is absent nothing is asked and z is 0.
struct QuestionAttention: AttentionForm {
  let width: Int
  private let options: AttentionFusion.Options
  private let names: [String]
  private let question: Int
  private let projections: [Linear]
  /// By key modality.
  private let scores: [Int: AttentionScore]
  private let path: String

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
    var scores: [Int: AttentionScore] = [:]
    for index in modalities.indices where index != question {
      scores[index] = AttentionScore(
        options.score, query: widths[question], key: widths[index], in: scope["score"][names[index]])
    }
    (self.options, self.names, self.question, self.scores) = (options, names, question, scores)
    width = widths.reduce(0, +)
    path = scope.path
  }

  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let steps = inputs.enumerated().map { index, input in
      projections.isEmpty ? input.sequence : projections[index](input.sequence, &context)  // [B, T_m, d]
    }
    let asked = inputs[question].visible
    var joined: [Tensor] = []
    var maps: [String: Tensor] = [:]
    var logProbability: Tensor?  // [B]
    for index in inputs.indices {
      guard let score = scores[index] else { continue }
      let found: Tensor  // [B, T_q, d]
      var weights: Tensor?  // [B, T_q, T_k]
      switch options.mode {
      case .soft:
        (found, weights) = soft(score, steps[question], steps[index], inputs[index].visible, &context)
        weights = weights?.scaledRows(asked)
      case .hard:
        let choice: Tensor  // [B, T_q, T_k]
        let probability: Tensor  // [B]
        (found, choice, probability) = hard(
          score, steps[question], steps[index], inputs[index].visible, asked, names[index], &context)
        if context.wantsExtras { weights = choice }
        logProbability = logProbability.map { $0 + probability } ?? probability
      }
      joined.append(found)
      if let weights { maps["attention.\(names[question]).\(names[index])"] = weights }
    }
    let all = concatenate(joined + [steps[question]])  // [B, T_q, Σ widths]
    return Fused(
      options.pooling == .mean ? all.meanOverSteps(asked) : all.maximumOverSteps(asked), extras: maps,
      logProbability: logProbability)
  }

  /// S V, and when extras are wanted S `[B, T_q, T_k]`.
  private func soft(
    _ score: AttentionScore, _ q: Tensor, _ v: Tensor, _ mask: Tensor?, _ context: inout Context
  ) -> (found: Tensor, weights: Tensor?) {
    let temperature = Float(options.temperature)
    if let (asking, scale) = score.asking(q, context) {  // products have a fused form
      let (found, weights) = attention(
        asking, v, v, heads: 1, scale: scale / temperature, keyMask: mask, wantsWeights: context.wantsExtras)
      return (found, weights?.reshaped(v.shape[0], q.shape[1], v.shape[1]))
    }
    let weights = (score(q, v, &context) * (1 / temperature)).softmax(mask: mask)  // [B, T_q, T_k]
    return (batchedMatmul(weights, v), context.wantsExtras ? weights.detached : nil)
  }

  /// The chosen steps, the choice as ones in zeros, and its log-probability over the question's real steps.
  private func hard(
    _ score: AttentionScore, _ q: Tensor, _ v: Tensor, _ mask: Tensor?, _ asked: Tensor?, _ key: String,
    _ context: inout Context
  ) -> (found: Tensor, choice: Tensor, logProbability: Tensor) {
    let weights = (score(q, v, &context) * (1 / Float(options.temperature))).softmax(mask: mask)  // [B, T_q, T_k]
    var choice: Tensor  // [B, T_q, T_k], constant; rows that choose nothing are 0
    if context.isTraining {
      var stream = context.stream(.sampling, path: "\(path).choice.\(key)")
      choice = weights.oneHotSample(&stream)
    } else {
      choice = weights.oneHotMaximum()
    }
    choice = choice.scaledRows(asked)
    let none = 1 - choice.sum(-1)  // [B, T_q]: 1 where nothing is chosen, whose log-probability is log 1
    let logProbability = ((weights * choice).sum(-1) + none).log().sum(-1)  // [B]
    return (batchedMatmul(choice, v), choice, logProbability)
  }
}
