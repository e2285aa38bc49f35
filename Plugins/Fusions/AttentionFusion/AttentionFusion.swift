import BraidCore
import BraidNN
import BraidTensor

/// Attention between or within modalities, in three forms.
///
/// - `tokens`: every vector and every step of a sequence is a token `x_i = m_i P_m + p_m`; multi-head self-attention
///   over all tokens of all modalities, residual, layer norm, mean: `z = mean_i LN(x_i + Σ_j A_ij v_j O + o)`. See
///     `TokenAttention`.
/// - `question-guided`: the steps of one modality, the question, look at the steps of every other:
///   `S = softmax(Q Vᵀ / τ)`, `c = S V` or one step drawn by S, `z = pool[c; Q]`. See `QuestionAttention`.
/// - `self`: each modality attends to itself, `A_m = softmax(Q_m K_mᵀ / √d_k)`, `Z_m = A_m V_m`, and the time means of
///   the `Z_m` are concatenated or summed with learned weights. See `SelfAttention`.
///
/// Every form maps each modality to `width` first (question-guided and tokens) or within (self). Extras, when
/// wanted: `attention.<query>.<key>`, `[B, T_q, T_k]`, the mean over heads; rows of padding or absent queries are 0.
/// Padding steps and absent modalities are never attended to and never averaged over.
public struct AttentionFusion: Fusion {
  public struct Options: PartOptions {
    /// What attends to what.
    public var form = Form.tokens
    /// Width every modality is mapped to by a linear layer; 0: none, the widths must be equal where they meet.
    public var width = 64
    /// Heads of `tokens` and `self`; they divide the width.
    public var heads = 1
    /// How `question-guided` scores a pair of steps.
    public var score = Score.scaledDot
    /// Whether `question-guided` takes the mean of the steps or one of them.
    public var mode = Mode.soft
    /// τ of `question-guided`: scores are divided by it before the softmax.
    public var temperature = 1.0
    /// The modality that asks, for `question-guided`; empty: the first.
    public var question = ""
    /// How `question-guided` makes one vector of the question's steps.
    public var pooling = Pooling.mean
    /// How `self` joins the modalities.
    public var combine = Combine.concat
    public init() {}
    public init(
      form: Form, width: Int = 64, heads: Int = 1, score: Score = .scaledDot, mode: Mode = .soft,
      temperature: Double = 1, question: String = "", pooling: Pooling = .mean, combine: Combine = .concat
    ) {
      (self.form, self.width, self.heads, self.score, self.mode) = (form, width, heads, score, mode)
      (self.temperature, self.question, self.pooling, self.combine) = (temperature, question, pooling, combine)
    }
  }
  /// What attends to what.
  public enum Form: String, Choice {
    /// Every vector and every step, of all modalities, to all.
    case tokens
    /// One modality, the question, to the steps of the others.
    case questionGuided = "question-guided"
    /// The steps of each modality to each other.
    case own = "self"
  }
  /// How much a query and a key belong together.
  public enum Score: String, Choice {
    /// q · k.
    case dot
    /// q · k / √d.
    case scaledDot = "scaled-dot"
    /// A tanh layer of both, or q W k.
    case additive, bilinear
    /// A ReLU layer of both.
    case concatMLP = "concat-mlp"
  }
  /// Soft: the mean under the weights. Hard: one step, drawn by them in training, the most probable in evaluation.
  public enum Mode: String, Choice { case soft, hard }
  /// How a modality's steps become one vector.
  public enum Pooling: String, Choice { case mean, max }
  /// How what was attended to is joined.
  public enum Combine: String, Choice {
    /// One after the other.
    case concat
    /// Added up with learned weights.
    case weightedSum = "weighted-sum"
  }

  public static let about = About(
    "attention", "Attention over one token a modality, from a question to the others, or within each modality",
    equation: "tokens: z = mean LN(X + MHA(X)); question-guided: c = softmax(Q Vᵀ/τ) V (hard: one row of V), "
      + "z = pool[c; Q]; "
      + "self: Z_m = softmax(Q_m K_mᵀ/√d) V_m",
    paper: "Vaswani et al. 2017, Attention is all you need, arXiv 1706.03762; Bahdanau et al. 2015, arXiv 1409.0473; "
      + "Luong et al. 2015, arXiv 1508.04025; hard: Xu et al. 2015, arXiv 1502.03044")
  public static let accepts = Accepts.either

  public let output: Modality
  private let form: any AttentionForm

  public init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    guard !modalities.isEmpty else { throw SetupError("attention: joins one or more modalities; got none.") }
    guard options.width >= 0, options.heads >= 1 else {
      throw SetupError("attention: width \(options.width), heads \(options.heads); expected width ≥ 0 and heads ≥ 1.")
    }
    guard options.temperature > 0 else {
      throw SetupError("attention: temperature \(options.temperature); expected a number above 0.")
    }
    form =
      switch options.form {
      case .tokens: try TokenAttention(options, modalities, scope)
      case .questionGuided: try QuestionAttention(options, modalities, scope)
      case .own: try SelfAttention(options, modalities, scope)
      }
    output = Modality("fused", .vector, width: form.width)
  }

  public func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused { form(inputs, &context) }
}

/// One of the three forms.
protocol AttentionForm {
  /// Width of the result.
  var width: Int { get }
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused
}

extension Features {
  /// The masked values as a sequence, vectors as one step: `[B, T, d]`.
  var sequence: Tensor {
    isSequence ? masked : masked.reshaped(Shape(values.shape[0], 1, values.shape[1]))
  }
  /// `[B, T]`, what may be attended to; nil: everything.
  var visible: Tensor? {
    isSequence ? stepMask : presence?.reshaped(Shape(values.shape[0], 1))
  }
}

/// Checks that heads divide a width.
func checked(heads: Int, width: Int) throws {
  guard width % heads == 0 else { throw SetupError("attention: \(heads) heads do not divide the width \(width).") }
}

/// The one width all modalities have. Throws where they differ.
func commonWidth(_ modalities: [Modality]) throws -> Int {
  let width = modalities[0].width
  guard modalities.allSatisfy({ $0.width == width }) else {
    let widths = modalities.map { "\($0.name) \($0.width)" }.joined(separator: ", ")
    throw SetupError("attention: with width 0 all modalities need one width; got \(widths). Set width.")
  }
  return width
}
