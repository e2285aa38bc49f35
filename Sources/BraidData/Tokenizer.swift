/// Text to words, as every text modality sees them.
public enum Tokenizer {
  /// Raised whenever `words` comes to give others, or a vocabulary orders them otherwise: kept ones are then not used.
  static let version = 1
  /// The words of a text: lower-cased; a word is a run of letters and digits, an apostrophe between two of them included
  /// (`don't`); every other visible character is a word of its own; white space only separates. Scripts written without
  /// spaces are not segmented: a run of them is one word.
  public static func words(_ text: String) -> [String] {
    var words: [String] = []
    var word = ""
    let characters = Array(text.lowercased())
    func isLetter(_ k: Int) -> Bool {
      characters.indices.contains(k) && (characters[k].isLetter || characters[k].isNumber)
    }
    for (k, character) in characters.enumerated() {
      let joins = (character == "'" || character == "’") && !word.isEmpty && isLetter(k + 1)
      if isLetter(k) || joins {
        word.append(character == "’" ? "'" : character)
      } else {
        if !word.isEmpty { words.append(word) }
        word = ""
        if !character.isWhitespace { words.append(String(character)) }
      }
    }
    if !word.isEmpty { words.append(word) }
    return words
  }
}

/// The words a model knows, fitted on the training split. Id 0 is padding, 1 every unknown word.
public struct Vocabulary: Sendable, Hashable {
  /// By id; the first two stand for padding and unknown words.
  public let words: [String]
  private let ids: [String: Int32]

  /// The most frequent words first; equally frequent ones in the order of their code points.
  /// - Parameters:
  ///   - texts: the training texts, as words.
  ///   - minimumCount: words rarer than this are unknown.
  ///   - maximumWords: only so many are known; 0: all.
  public init(fitting texts: some Sequence<[String]>, minimumCount: Int = 1, maximumWords: Int = 0) {
    var counts: [String: Int] = [:]
    for text in texts { for word in text { counts[word, default: 0] += 1 } }
    let known = counts.filter { $0.value >= minimumCount }.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map(\.key)
    words = ["<padding>", "<unknown>"] + (maximumWords > 0 ? Array(known.prefix(maximumWords)) : known)
    ids = Dictionary(uniqueKeysWithValues: words.enumerated().dropFirst(2).map { ($1, Int32($0)) })
  }

  /// As `words` of one that was fitted before.
  init(words: [String]) {
    self.words = words
    ids = Dictionary(uniqueKeysWithValues: words.enumerated().dropFirst(2).map { ($1, Int32($0)) })
  }

  /// Number of ids, the two special ones included.
  public var count: Int { words.count }
  /// The word's id, 1 when it is not known.
  public func id(_ word: String) -> Int32 { ids[word] ?? 1 }
}

/// Mean and deviation of each feature, fitted on the training split: `(x - mean) / deviation`.
public struct Standardizer: Sendable, Hashable {
  /// Of each feature over the training split, and their deviations.
  public let mean: [Float], deviation: [Float]

  /// Changes nothing.
  public init(identity width: Int) {
    (mean, deviation) = (Array(repeating: 0, count: width), Array(repeating: 1, count: width))
  }

  /// Fits on rows of `width` numbers (population deviation, in double precision). A feature that never changes is only centred.
  public init(fitting values: [Float], width: Int, rows: some Sequence<Range<Int>>) {
    var (count, means, squares) = (0.0, [Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for range in rows {
      for row in range {
        count += 1
        for k in 0..<width {
          // Welford 1962: one pass without cancellation.
          let value = Double(values[row * width + k]), step = value - means[k]
          means[k] += step / count
          squares[k] += step * (value - means[k])
        }
      }
    }
    mean = means.map { Float($0) }
    deviation = zip(squares, means).map { square, mean in
      let deviation = count > 0 ? (square / count).squareRoot() : 0
      return deviation > 1e-12 * max(1, abs(mean)) ? Float(deviation) : 1
    }
  }

  /// Fits on bytes 0 … 255 counted by value, each as value / 255: one histogram a channel.
  init(histograms: [[Int]]) {
    var (means, deviations): ([Float], [Float]) = ([], [])
    for histogram in histograms {
      let total = Double(max(1, histogram.reduce(0, +)))
      let mean = histogram.enumerated().reduce(0) { $0 + Double($1.offset) * Double($1.element) } / total
      let variance =
        histogram.enumerated().reduce(0) {
          $0 + (Double($1.offset) - mean) * (Double($1.offset) - mean) * Double($1.element)
        } / total
      means.append(Float(mean / 255))
      deviations.append(variance > 1e-9 ? Float(variance.squareRoot() / 255) : 1)
    }
    (mean, deviation) = (means, deviations)
  }

  func apply(_ values: inout [Float]) {
    let width = mean.count
    values.withUnsafeMutableBufferPointer { values in
      for start in stride(from: 0, to: values.count, by: max(1, width)) {
        for k in 0..<width { values[start + k] = (values[start + k] - mean[k]) / deviation[k] }
      }
    }
  }
}
