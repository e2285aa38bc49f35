import BraidCore
import Foundation

/// One test sample as a person recognises it.
public struct SampleView: Codable, Sendable, Hashable {
  /// As the data set calls it.
  public var identifier: String
  /// The right answer: a class name, label names joined by commas, or numbers.
  public var right: String
  /// Of the modalities that are pictures.
  public var pictures: [Picture]
  /// Of the modalities that are words.
  public var words: [Words]

  /// A picture as the data set shows it.
  public struct Picture: Codable, Sendable, Hashable {
    /// Whose it is.
    public var modality: String
    /// PNG or JPEG; base64 in JSON.
    public var bytes: Data
    /// Whether the bytes are a PNG's.
    public var isPNG: Bool { bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]) }
  }
  /// Words as the data set shows them.
  public struct Words: Codable, Sendable, Hashable {
    /// Whose they are.
    public var modality: String
    /// In the order of the modality's steps.
    public var words: [String]
  }
}

/// What one trained cell said of one sample, and what its fusion let be seen.
public struct SampleAnswer: Codable, Sendable, Hashable {
  /// The sample's identifier.
  public var identifier: String
  /// The cell's.
  public var seed: UInt64
  /// A class name, label names joined by commas, or numbers.
  public var predicted: String
  /// Whether it is right; nil for predicted numbers.
  public var isRight: Bool?
  /// Named values of the fusion for this sample, sorted by name.
  public var extras: [Extra]
  /// Rows and columns of modalities whose steps are regions of a picture.
  public var grids: [String: [Int]]

  /// One of `Fused.extras`, of one sample, without padding.
  public struct Extra: Codable, Sendable, Hashable {
    /// `gate.<modality>`, `attention.<query>.<key>.<step>`, or any other name the fusion chose.
    public var name: String
    /// Without the batch axis.
    public var shape: [Int]
    /// Row-major, `shape`'s product of them.
    public var values: [Float]

    /// The part of the name before its first dot: `gate`, `attention`.
    public var kind: String { String(name.prefix { $0 != "." }) }

    /// For `attention.<query>.<key>[.<step>]`: whose steps ask, whose are looked at, and the step of an iterative
    /// fusion (nil where there is only one). Names may hold dots; the modalities say where to cut.
    public func attention(among modalities: [String]) -> (query: String, key: String, step: Int?)? {
      guard kind == "attention" else { return nil }
      let rest = name.dropFirst("attention.".count)
      for query in modalities where rest.hasPrefix(query + ".") {
        let tail = rest.dropFirst(query.count + 1)
        for key in modalities where tail == key || tail.hasPrefix(key + ".") {
          return (query, key, Int(tail.dropFirst(key.count + 1)))
        }
      }
      return nil
    }
  }
}
