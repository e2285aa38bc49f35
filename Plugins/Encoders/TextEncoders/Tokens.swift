import BraidCore
import BraidTensor

/// The number of words an encoder meets. Throws when the input is not tokens.
func vocabulary(of input: InputSpecification, readBy name: String) throws -> Int {
  guard case .tokens(let vocabulary) = input.kind else {
    let fix =
      switch input.kind {
      case .image: "Use cnn."
      case .sequence: "Use gru, lstm or mlp."
      default: "Use mlp."
      }
    throw SetupError("encoder \(name) for \"\(input.name)\": it reads tokens, not \(input.summary). \(fix)")
  }
  try require(
    vocabulary >= 1, "encoder \(name) for \"\(input.name)\": the vocabulary is empty; expected 1 word or more")
  return vocabulary
}

func check(width: Int, dropout: Double, _ place: String) throws {
  try require(width >= 1, "\(place): width is \(width); expected 1 or more")
  try require((0..<1).contains(dropout), "\(place): dropout is \(dropout); expected at least 0 and less than 1")
}

func tokens(of input: Input, readBy name: String) -> Tokens {
  guard let tokens = input.tokens else {
    stop("encoder \(name)", "the batch has numbers; the data set declared tokens")
  }
  return tokens
}
