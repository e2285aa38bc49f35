import BraidCore
import BraidNN
import BraidTensor
import Foundation

/// The texts of a modality as numbers, and the vocabulary they are numbers of.
struct TextColumn {
  let vocabulary: Vocabulary
  /// Of all texts, one after the other.
  let ids: [Int32]
  /// Where each text's begin, and where the last one's end.
  let starts: [Int]

  /// Texts in the words of a vocabulary that was fitted before.
  init(_ source: SourceColumn, _ texts: [String], as vocabulary: Vocabulary) {
    self.init(TextColumn.words(source, texts), vocabulary)
  }

  /// Fits the vocabulary on some of the texts. Comes from the current `ContentStore` where it is there already.
  init(_ source: SourceColumn, _ texts: [String], fittedOn training: [Int]) throws {
    func make() -> TextColumn {
      let words = TextColumn.words(source, texts)
      let known = Vocabulary(
        fitting: training.lazy.map { words[$0] }, minimumCount: source.minimumCount, maximumWords: source.maximumWords)
      return TextColumn(words, known)
    }
    guard ContentStore.current != nil else {
      self = make()
      return
    }
    var hash = SHA256()
    for text in texts { hash.update("\(text.utf8.count) \(text)\n") }
    hash.update("\(training)")
    let settings = "\(source.minimumCount) \(source.maximumWords) \(source.maximumLength)"
    let kept = ContentStore.once(ContentKey("words", ["1", "\(Tokenizer.version)", settings, hash.hex()])) {
      make().encoded
    }
    do { self = try TextColumn(kept) } catch { throw SetupError("kept words: \(error)") }
  }

  private init(_ words: [[String]], _ vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    ids = words.flatMap { $0.map(vocabulary.id) }
    starts = words.reduce(into: [0]) { $0.append($0.last! + $1.count) }
  }

  private static func words(_ source: SourceColumn, _ texts: [String]) -> [[String]] {
    texts.map { text in
      let words = Tokenizer.words(text)
      return source.maximumLength > 0 ? Array(words.prefix(source.maximumLength)) : words
    }
  }

  /// As a file: safetensors `ids` and `starts`; the vocabulary, one word a line, beside them.
  private var encoded: Data {
    let ends = starts.map { Int64($0) }
    return Safetensors.encoded(
      [("ids", .int32(ids, Shape(ids.count))), ("starts", .int64(ends, Shape(ends.count)))],
      metadata: ["vocabulary": vocabulary.words.joined(separator: "\n")])  // no word holds white space
  }

  private init(_ data: Data) throws {
    let file = try Safetensors(data, named: "kept words")
    ids = try file.integers("ids")
    starts = try file.integers("starts").map { Int($0) }
    let words = file.metadata["vocabulary"]?.split(separator: "\n", omittingEmptySubsequences: false) ?? []
    vocabulary = Vocabulary(words: words.map(String.init))
  }
}
