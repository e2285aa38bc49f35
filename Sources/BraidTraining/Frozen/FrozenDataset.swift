import BraidCore
import BraidData
import BraidTensor
import Foundation

/// A data set some of whose modalities are already encoded: what a model with frozen encoders trains on.
///
/// The features are computed before training, each sample by itself and in evaluation mode (no dropout, running statistics
/// as they are), and kept in the current `ContentStore` under everything they depend on: a sweep over one frozen encoder
/// costs the encoder once. A data set serves a sample the same way every time (`Dataset.batch` knows no epoch), so nothing
/// is lost by looking at it once.
///
/// All features of a split are in memory.
public struct FrozenDataset: Dataset {
  public static let about = About("frozen", "A data set some of whose modalities are encoded already")
  public typealias Options = NoOptions
  public let inputs: [InputSpecification]
  private let data: any Dataset
  private let columns: [Split: [EncodedColumn]]
  /// Places of the samples that are encoded, by split; nil: all, in their order.
  private let places: [Split: [Int: Int]]?
  /// Modalities that are served as they are.
  private let others: [String]

  /// A data set as a model meets it whose encoders of some modalities are frozen.
  /// - Parameters:
  ///   - modalities: those the model reads, frozen or not; others are not served.
  ///   - splits: those that are encoded; no other may be asked for.
  ///   - build: what decides bits beside parts and data: executable, numeric library, threads.
  /// - Throws: what making a batch throws.
  public init(
    _ data: any Dataset, _ encoders: [FrozenEncoder], of modalities: [String], splits: [Split] = Split.allCases,
    build: String
  ) throws {
    var columns: [Split: [EncodedColumn]] = [:]
    for split in splits {
      columns[split] = try encoders.map { frozen in
        let key = ContentKey("features", frozen.facts(of: split, of: data, build: build))
        func make() throws -> EncodedColumn {
          try EncodedColumn(frozen.encoder, data, split, 0..<data.count(split))
        }
        guard ContentStore.current != nil else { return try make() }
        let kept = try ContentStore.once(key) { try make().encoded }
        return try EncodedColumn(kept, of: frozen.encoder.output)
      }
    }
    self.init(data, encoders, modalities, columns, places: nil)
  }

  /// Some training samples only: for a trial of the model before the encoders have seen everything. Nothing is kept.
  public init(
    _ data: any Dataset, _ encoders: [FrozenEncoder], of modalities: [String], training samples: [Int]
  ) throws {
    let samples = Set(samples).sorted()
    let columns = try encoders.map { try EncodedColumn($0.encoder, data, .train, samples) }
    let places = Dictionary(uniqueKeysWithValues: samples.enumerated().map { ($1, $0) })
    self.init(data, encoders, modalities, [.train: columns], places: [.train: places])
  }

  private init(
    _ data: any Dataset, _ encoders: [FrozenEncoder], _ modalities: [String], _ columns: [Split: [EncodedColumn]],
    places: [Split: [Int: Int]]?
  ) {
    (self.data, self.columns, self.places) = (data, columns, places)
    others = modalities.filter { name in !encoders.contains { $0.name == name } }
    inputs = data.inputs.filter { modalities.contains($0.name) }.map { input in
      guard let output = encoders.first(where: { $0.name == input.name })?.encoder.output else { return input }
      return InputSpecification(
        input.name, output.kind == .vector ? .vector(width: output.width) : .sequence(width: output.width))
    }
  }

  /// Throws: frozen features are made from a data set and encoders, not from settings.
  public init(_ options: NoOptions) throws {
    throw SetupError("frozen: is no data set of its own. Name a data set, and the encoders that are frozen.")
  }

  public var target: TargetSpecification { data.target }
  public var digest: String { data.digest }
  public func count(_ split: Split) -> Int { data.count(split) }
  public func identifiers(_ split: Split) -> [String] { data.identifiers(split) }
  public func preview(_ split: Split, _ sample: Int) -> [Preview] { data.preview(split, sample) }

  public func batch(_ split: Split, _ samples: [Int]) throws -> Batch {
    try batch(split, samples, of: inputs.map(\.name))
  }

  public func batch(_ split: Split, _ samples: [Int], of modalities: [String]) throws -> Batch {
    let batch = try data.batch(split, samples, of: others.filter(modalities.contains))
    let rows = samples.map { sample in
      guard let places else { return sample }
      guard let place = places[split]?[sample] else {
        stop("frozen data set", "sample \(sample) of the \(split.rawValue) split is not encoded")
      }
      return place
    }
    var inputs = batch.inputs.filter { others.contains($0.key) }
    for column in columns[split] ?? [] where modalities.contains(column.output.name) {
      inputs[column.output.name] = column.input(rows)
    }
    return Batch(inputs: inputs, target: batch.target, samples: samples)
  }
}

extension FrozenEncoder {
  /// Everything the features of a split depend on.
  fileprivate func facts(of split: Split, of data: any Dataset, build: String) -> [String] {
    let input = data.inputs.first { $0.name == name }?.summary ?? ""
    return ["1", name, part, input, digest, data.digest, split.rawValue, "\(data.count(split))", build]
  }
}
