import BraidCore
import BraidNN
import BraidTensor

/// A learned vector for every word, as a sequence or pooled over the words.
///
/// Shapes: tokens `[B, T] → [B, T, width]`, or `[B, width]` when pooled. Parameter: `words.table [vocabulary, width]`
/// (normal, deviation 1). Pooling sees real words only; a text without words gives zeros.
public struct EmbeddingEncoder: Encoder {
  /// What becomes of the words' vectors.
  public enum Output: String, Choice { case sequence, mean, max, last }

  public struct Options: PartOptions {
    /// Width of a word's vector.
    public var width = 64
    /// The whole sequence, or its mean, largest value in each place, or last word.
    public var output = Output.sequence
    /// Rate of dropout on the words' vectors, in training.
    public var dropout = 0.0
    public init() {}
  }
  public static let about = About(
    "embedding", "A learned vector for every word, as a sequence or pooled", equation: "x_t = E[id_t]; z = pool_t x_t",
    paper: "Bengio et al. 2003, A neural probabilistic language model, JMLR 3")

  public let output: Modality
  private let words: Embedding
  private let form: Output
  private let drop: Dropout?

  /// Throws `SetupError` for an input that is not tokens, and for settings outside their range.
  public init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    let vocabulary = try vocabulary(of: input, readBy: "embedding")
    try check(width: options.width, dropout: options.dropout, "encoder embedding for \"\(input.name)\"")
    words = Embedding(vocabulary, options.width, in: scope["words"])
    drop = options.dropout > 0 ? Dropout(options.dropout, in: scope["dropout"]) : nil
    form = options.output
    output = Modality(input.name, form == .sequence ? .sequence : .vector, width: options.width)
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    let tokens = tokens(of: input, readBy: "embedding")
    var x = words(tokens.ids, Shape(tokens.batch, tokens.time), &context)  // [B, T, width]
    if let drop { x = drop(x, &context) }
    switch form {
    case .sequence: return Features(x, steps: input.steps, presence: input.presence)
    case .mean: x = x.meanOverSteps(input.steps)  // [B, width]
    case .max: x = x.maximumOverSteps(input.steps)  // [B, width]
    case .last: x = x.lastStep(input.steps)  // [B, width]
    }
    return Features(x, presence: input.presence)
  }
}
