import BraidData
import BraidTensor

/// Chooses the words that describe an emoji.
struct EmojiWords {
  private let options: EmojiOptions
  private let leftOut: Set<String>

  /// - Parameter groups: names of all groups; none of their words is used where `withoutGroupWords` says so.
  init(_ options: EmojiOptions, groups: Set<String>) {
    self.options = options
    let named = groups.flatMap(Tokenizer.words)
    leftOut = options.withoutGroupWords ? Set(named.flatMap { [$0] + EmojiWords.otherNumber($0) }) : []
  }

  /// The words, each once, in the order they stand in, joined by spaces; empty when none is left.
  func text(_ row: PreparedEmoji) -> String {
    let source =
      switch options.words {
      case .name: [row.name]
      case .keywords: row.keywords
      case .both: [row.name] + row.keywords
      }
    // The name stands in where no keyword is left: otherwise having no words would itself say "flag".
    let chosen = self.words(of: source)
    let words = chosen.isEmpty ? self.words(of: [row.name]) : chosen
    guard options.wordLimit > 0, words.count > options.wordLimit else { return words.joined(separator: " ") }
    var random = RandomStream(
      seed: UInt64(bitPattern: Int64(options.split.seed)), .sampling, path: "emoji words \(row.identifier)")
    let kept = random.permutation(words.count).prefix(options.wordLimit).sorted()
    return kept.map { words[$0] }.joined(separator: " ")
  }

  /// Each word once, without those left out.
  private func words(of texts: [String]) -> [String] {
    var seen = leftOut
    return texts.flatMap(Tokenizer.words).filter { word in
      word.contains { $0.isLetter || $0.isNumber } && seen.insert(word).inserted
    }
  }

  /// A noun's other number, as far as the groups' names need it: flags and flag, smileys and smiley, body and bodies.
  private static func otherNumber(_ word: String) -> [String] {
    if word == "people" { return ["person", "persons"] }
    if word.hasSuffix("ies") { return [String(word.dropLast(3)) + "y"] }
    if word.hasSuffix("s") { return [String(word.dropLast())] }
    return word.hasSuffix("y") ? [String(word.dropLast()) + "ies", word + "s"] : [word + "s"]
  }
}
