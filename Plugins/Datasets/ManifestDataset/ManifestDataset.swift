import BraidCore
import BraidData
import Foundation

/// A researcher's own samples: a CSV, TSV or JSON-lines file with one sample a row, naming files or holding values.
public struct ManifestDataset: SampleReading {
  public typealias Options = ManifestOptions
  public static var about: About {
    About(
      "manifest",
      "Your own samples: a table (CSV, TSV, JSON lines) with one sample a row, naming files or holding values.")
  }
  private let data: PreparedData
  private let options: ManifestOptions

  public init(_ options: ManifestOptions) throws {
    try require(!options.file.isEmpty, "file: nothing is named; expected the path of a manifest (.csv, .tsv, .jsonl).")
    self.options = options
    data = try PreparedData(manifest: URL(fileURLWithPath: options.file), options: options)
  }

  private init(_ data: PreparedData, _ options: ManifestOptions) { (self.data, self.options) = (data, options) }

  /// The samples of another manifest with the same modality columns, as the test split; columns of targets and splits may be
  /// absent, and target cells empty. Paths in it are relative to its own folder.
  public func reading(_ file: URL) throws -> any Dataset {
    Self(try data.reading(samples: file, options: options), options)
  }

  public var inputs: [InputSpecification] { data.inputs }
  public var target: TargetSpecification { data.target }
  public var digest: String { data.digest }
  public func count(_ split: Split) -> Int { data.count(split) }
  public func identifiers(_ split: Split) -> [String] { data.identifiers(split) }
  public func batch(_ split: Split, _ samples: [Int]) throws -> Batch { try data.batch(split, samples) }
  public func batch(_ split: Split, _ samples: [Int], of modalities: [String]) throws -> Batch {
    try data.batch(split, samples, of: modalities)
  }
  public func preview(_ split: Split, _ sample: Int) -> [Preview] { data.preview(split, sample) }
}
