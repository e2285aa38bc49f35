import BraidCore
import BraidTensor

/// One modality of every sample, as read: what `PreparedData` is made of. Nothing in it has been fitted yet.
public struct SourceColumn: Sendable {
  /// What the samples hold, one after the other. Samples without the modality have zeros, no steps, or an empty text.
  public enum Content: Sendable {
    /// `[samples, width]`, row-major.
    case vectors([Float], width: Int)
    /// Steps of all samples, `[total steps, width]`, and each sample's number of steps.
    case sequences([Float], width: Int, lengths: [Int])
    /// Texts; they become words by `Tokenizer.words`.
    case texts([String])
    /// Bytes `[samples, channels, height, width]`: planes, so that a batch is one pass.
    case images([UInt8], channels: Int, height: Int, width: Int)
  }

  /// As the file calls it.
  public var name: String
  /// What it holds.
  public var content: Content
  /// Which samples have the modality; nil: all.
  public var presence: [Bool]?
  /// Fit mean and deviation on the training split.
  public var standardize = true
  /// For texts.
  public var minimumCount = 1
  /// For texts; 0: all words.
  public var maximumWords = 0
  /// For texts: words beyond so many are dropped; 0: none.
  public var maximumLength = 0
  /// For images: each sample's picture file, for reports; empty: pictures are written from the bytes.
  public var files: [String] = []

  /// A column, with the samples that have it; all by default.
  public init(_ name: String, _ content: Content, presence: [Bool]? = nil) {
    (self.name, self.content, self.presence) = (name, content, presence)
  }

  /// Number of samples; nil when the numbers do not divide evenly.
  var samples: Int? {
    switch content {
    case .vectors(let values, let width): width > 0 && values.count % width == 0 ? values.count / width : nil
    case .sequences(let values, let width, let lengths):
      values.count == lengths.reduce(0, +) * width ? lengths.count : nil
    case .texts(let texts): texts.count
    case .images(let pixels, let channels, let height, let width):
      channels * height * width > 0 && pixels.count % (channels * height * width) == 0
        ? pixels.count / (channels * height * width) : nil
    }
  }

  /// Adds everything that decides the samples to a digest.
  func update(_ hash: inout SHA256) {
    hash.update("\(name) \(standardize) \(minimumCount) \(maximumWords) \(maximumLength)\n")
    if let presence { hash.update(presence.map { $0 ? 1 : 0 }) }
    func floats(_ values: [Float]) { values.withUnsafeBytes { hash.update($0) } }
    switch content {
    case .vectors(let values, let width):
      hash.update("vectors \(width)\n")
      floats(values)
    case .sequences(let values, let width, let lengths):
      hash.update("sequences \(width) \(lengths)\n")
      floats(values)
    case .texts(let texts):
      for text in texts { hash.update("text \(text.utf8.count)\n\(text)") }
    case .images(let pixels, let channels, let height, let width):
      hash.update("images \(channels) \(height) \(width)\n")
      hash.update(pixels)
    }
  }
}

/// The right answers of every sample.
public enum SourceTarget: Sendable {
  /// Class numbers and the classes' names.
  case classes([Int], names: [String])
  /// `[samples, names]` of 0 and 1.
  case labels([Float], names: [String])
  /// `[samples, names]`.
  case values([Float], names: [String])

  var specification: TargetSpecification {
    switch self {
    case .classes(_, let names): .classes(names)
    case .labels(_, let names): .labels(names)
    case .values(_, let names): .values(names)
    }
  }
  var samples: Int? {
    switch self {
    case .classes(let classes, _): classes.count
    case .labels(let values, let names), .values(let values, let names):
      names.isEmpty || values.count % names.count != 0 ? nil : values.count / names.count
    }
  }
}
