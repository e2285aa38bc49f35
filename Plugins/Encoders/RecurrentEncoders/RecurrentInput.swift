import BraidCore
import BraidNN
import BraidTensor

/// Settings of both recurrent encoders.
public struct RecurrentOptions: PartOptions {
  /// What becomes of the states.
  public enum Output: String, Choice {
    /// All of them: the adapter of a fusion that wants vectors pools them.
    case sequence
    /// The state after the last real step of each direction.
    case last
    /// Their mean over real steps.
    case mean
  }
  /// Width of one direction's state.
  public var width = 64
  /// Layers on top of each other.
  public var layers = 1
  /// Whether each layer also reads from the last step back; the output is then twice as wide.
  public var bidirectional = false
  /// Width of a word's vector, where the input is tokens.
  public var embedding = 64
  /// What comes out.
  public var output = Output.sequence
  /// Rate of dropout on words' vectors, between layers and on the output, in training.
  public var dropout = 0.0
  public init() {}
}

/// What a recurrent layer reads and what is made of its states: shared by GRU and LSTM.
struct RecurrentFrame {
  /// Width of a step.
  let inputs: Int
  let output: Modality
  private let name: String
  private let words: Embedding?
  private let inner: Dropout?
  private let outer: Dropout?
  private let form: RecurrentOptions.Output

  /// Throws `SetupError` for vectors and images, and for settings outside their range.
  init(_ name: String, _ options: RecurrentOptions, reading input: InputSpecification, in scope: Scope) throws {
    let place = "encoder \(name) for \"\(input.name)\""
    for (setting, value) in [
      ("width", options.width), ("layers", options.layers), ("embedding", options.embedding),
    ] {
      try require(value >= 1, "\(place): \(setting) is \(value); expected 1 or more")
    }
    try require(
      (0..<1).contains(options.dropout), "\(place): dropout is \(options.dropout); expected at least 0 and less than 1")
    switch input.kind {
    case .tokens(let vocabulary):
      try require(vocabulary >= 1, "\(place): the vocabulary is empty; expected 1 word or more")
      words = Embedding(vocabulary, options.embedding, in: scope["words"])
      inputs = options.embedding
    case .sequence(let width): (words, inputs) = (nil, width)
    case .vector: throw SetupError("\(place): it reads tokens and sequences, not a \(input.summary). Use mlp.")
    case .image: throw SetupError("\(place): it reads tokens and sequences, not an \(input.summary). Use cnn.")
    }
    inner = options.dropout > 0 && words != nil ? Dropout(options.dropout, in: scope["dropout.words"]) : nil
    outer = options.dropout > 0 ? Dropout(options.dropout, in: scope["dropout.output"]) : nil
    (self.name, form) = (name, options.output)
    let width = options.bidirectional ? 2 * options.width : options.width
    output = Modality(input.name, form == .sequence ? .sequence : .vector, width: width)
  }

  /// Words' vectors, or the numbers as they are: `[B, T, inputs]`.
  func steps(_ input: Input, _ context: inout Context) -> Tensor {
    if let words {
      guard let tokens = input.tokens else {
        stop("encoder \(name)", "the batch's \"\(output.name)\" has numbers; the data set declared tokens")
      }
      let x = words(tokens.ids, Shape(tokens.batch, tokens.time), &context)
      return inner?(x, &context) ?? x
    }
    guard let values = input.values else {
      stop("encoder \(name)", "the batch's \"\(output.name)\" has tokens; the data set declared numbers")
    }
    return values
  }

  /// - Parameter states: `[B, T, width]` of all steps and `[B, width]` after the last.
  func features(_ states: (states: Tensor, last: Tensor), _ input: Input, _ context: inout Context) -> Features {
    var z =
      switch form {
      case .sequence: states.states
      case .last: states.last
      case .mean: states.states.meanOverSteps(input.steps)  // [B, width]
      }
    if let outer { z = outer(z, &context) }
    return Features(z, steps: form == .sequence ? input.steps : nil, presence: input.presence)
  }
}
