import BraidCore
import BraidNN
import BraidTensor

/// Which words a text has, without their order: `z = f(Σ_w c_w E_w + b)`, with c_w how often word w occurs.
///
/// The sum is a linear map of the vector of counts, computed over the words that occur only.
///
/// Shapes: tokens `[B, T] → [B, width]`. Parameters: `words.table [vocabulary, width]` (rows normal with deviation
/// 1/√width, as few counts are not 0 at once), `bias [width]`. Padding does not count; the unknown word (id 1) counts
/// as a word. A text without words gives f(b).
public struct BagOfWordsEncoder: Encoder {
  /// c_w.
  public enum Weighting: String, Choice {
    /// How often the word occurs.
    case counts
    /// 1 if it occurs.
    case binary
    /// How often it occurs, divided by the number of words.
    case frequencies
  }
  public struct Options: PartOptions {
    /// Width of the result.
    public var width = 64
    /// What a word counts.
    public var weighting = Weighting.counts
    /// f.
    public var activation = Activation.relu
    /// Rate of dropout on the result, in training.
    public var dropout = 0.0
    public init() {}
  }
  public static let about = About(
    "bag-of-words", "Word counts of a text, projected", equation: "z = f(Σ_w c_w E_w + b)",
    paper: "Harris 1954, Distributional structure, Word 10(2-3)")

  public let output: Modality
  private let words: Embedding
  private let bias: Parameter
  private let options: Options
  private let drop: Dropout?

  /// Throws `SetupError` for an input that is not tokens, and for settings outside their range.
  public init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    let vocabulary = try vocabulary(of: input, readBy: "bag-of-words")
    try check(width: options.width, dropout: options.dropout, "encoder bag-of-words for \"\(input.name)\"")
    words = Embedding(
      vocabulary, options.width, initializer: .normal(deviation: 1 / Float(options.width).squareRoot()),
      in: scope["words"])
    bias = scope.parameter("bias", Shape(options.width), .zeros)
    drop = options.dropout > 0 ? Dropout(options.dropout, in: scope["dropout"]) : nil
    output = Modality(input.name, .vector, width: options.width)
    self.options = options
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    let tokens = tokens(of: input, readBy: "bag-of-words")
    let rows = words(tokens.ids, Shape(tokens.batch, tokens.time), &context)  // [B, T, width]
    let sum = rows.scaledRows(weights(tokens, input.steps)).sum(1)  // [B, width]
    let z = options.activation(sum + context[bias])
    return Features(drop?(z, &context) ?? z, presence: input.presence)
  }

  /// What every token adds: `[B, T]`. 0 for padding, and for a word's second occurrence when `binary`.
  func weights(_ tokens: Tokens, _ steps: Tensor?) -> Tensor {
    let weights = Tensor.zeros(Shape(tokens.batch, tokens.time))
    let isReal = steps?.pointer
    for sample in 0..<tokens.batch {
      let places = (sample * tokens.time..<(sample + 1) * tokens.time).filter { place in
        tokens.ids[place] != 0 && (isReal == nil || isReal![place] != 0)
      }
      let each: Float = options.weighting == .frequencies ? 1 / Float(max(places.count, 1)) : 1
      var seen: Set<Int32> = []
      for place in places where options.weighting != .binary || seen.insert(tokens.ids[place]).inserted {
        weights.pointer[place] = each
      }
    }
    return weights
  }
}
