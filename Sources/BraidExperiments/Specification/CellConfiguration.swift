import BraidCore
import BraidData
import BraidTraining
import Foundation

/// Everything that decides one run, every default included: what is frozen in the plan and written as
/// `configuration.json`.
public struct CellConfiguration: Codable, Sendable {
  /// The data set.
  public var data: PartChoice
  /// Those used, in the data set's order.
  public var modalities: [String]
  /// By modality.
  public var encoders: [String: PartChoice]
  /// Noise over modalities that are used, by modality; absent without any.
  public var noise: [String: InputNoise]?
  /// How a sequence becomes a vector where the fusion wants vectors.
  public var pooling: Adapter.Pooling
  /// The fusion.
  public var fusion: PartChoice
  /// The head.
  public var head: PartChoice
  /// The loss.
  public var loss: PartChoice
  /// Reported under their parts' names; the first decides.
  public var metrics: [PartChoice]
  /// How it is trained.
  public var train: TrainingOptions
  /// For matrix products, in this process.
  public var threads: Int
  /// Of first weights, data order, dropout: everything random.
  public var seed: UInt64
  /// Test samples whose gates and attention are kept for reports.
  public var samples: Int
  /// By modality, of those whose encoder does not train; nil: all do.
  public var frozen: [String: FrozenParameters]?
  /// The splits that are measured at the end; nil: validation and test. A trial of a search has validation only.
  public var splits: [Split]?
  /// By place (`fusion`, `encoders.words`, `optimizer`), of what is no longer what its first version was.
  public var versions: [String: Int] = [:]

  /// As a tree of settings.
  public func settings() throws -> Setting {
    try JSONDecoder().decode(Setting.self, from: JSONFile.encoder().encode(self))
  }

  /// The data set this run sees: as it is, and with the noise over it.
  func dataset(in catalogue: Catalogue) throws -> (clean: any Dataset, seen: any Dataset) {
    let entry = try Catalogue.find(data.name, "data set", in: catalogue.datasets, at: "data")
    let clean = try entry.make(data.settings, "data.\(data.name)")
    return (clean, try noisy(clean))
  }

  /// A data set with this run's noise over it.
  /// - Parameter place: where the noise is written, for messages.
  func noisy(_ clean: any Dataset, at place: String = "noise") throws -> any Dataset {
    try noise.map { try NoisyDataset(clean, $0, at: place) } ?? clean
  }

  /// The versions of its parts, and of the code that is in every run.
  /// - Parameter code: by what it is called; by default of this build.
  func versions(in catalogue: Catalogue, code: [String: Int]? = nil) -> [String: Int] {
    let code = code ?? ["training": trainingVersion, "optimizer": train.optimizerVersion, "adapters": Adapter.version]
    var all = [
      "data": catalogue.datasets[data.name]?.about, "fusion": catalogue.fusions[fusion.name]?.about,
      "head": catalogue.heads[head.name]?.about, "loss": catalogue.losses[loss.name]?.about,
    ]
    for (modality, encoder) in encoders { all["encoders.\(modality)"] = catalogue.encoders[encoder.name]?.about }
    for metric in metrics { all["metrics.\(metric.name)"] = catalogue.metrics[metric.name]?.about }
    return all.compactMapValues { $0?.version }.merging(code) { $1 }.filter { $0.value > 1 }
  }

  /// Twelve hexadecimal digits that change with any setting, with a part's version and with the data, and with nothing else.
  public func identifier(dataDigest: String) throws -> String {
    CellConfiguration.identifier(try decisive.text(), dataDigest: dataDigest)
  }

  /// The identifiers of this configuration with other seeds.
  func identifiers(seeds: [UInt64], dataDigest: String) throws -> [String] {
    let text = try decisive.text()
    // All but the seed is written once. Between these keys of its own there is nothing but the seed; should a part's
    // settings look alike, every seed's text is written.
    let pieces = text.components(separatedBy: ",\"seed\":\(seed),\"threads\":")
    return try seeds.map { seed in
      guard pieces.count == 2 else {
        var other = self
        other.seed = seed
        return try other.identifier(dataDigest: dataDigest)
      }
      return CellConfiguration.identifier(
        "\(pieces[0]),\"seed\":\(seed),\"threads\":\(pieces[1])", dataDigest: dataDigest)
    }
  }

  /// What makes the identifier: what is in a file counts, not where it lies.
  private var decisive: CellConfiguration {
    var result = self
    result.frozen = frozen?.mapValues { FrozenParameters(digest: $0.digest) }
    return result
  }

  private static func identifier(_ text: String, dataDigest: String) -> String {
    String(SHA256.hex(Array("braid-cell-1\n\(text)\n\(dataDigest)".utf8)).prefix(12))
  }

  /// Compact JSON with sorted keys: one text for one configuration.
  func text() throws -> String { String(decoding: try JSONFile.encoder().encode(self), as: UTF8.self) }
}

/// What a report shows beyond numbers.
public struct ReportOptions: PartOptions {
  /// Test samples whose gates and attention are kept and drawn, evenly spread over the split; 0: none.
  public var samples = 4
  public init() {}
}

/// How this module writes JSON: sorted keys, one form for one value. Numbers that are not finite are the texts `NaN`,
/// `Infinity` and `-Infinity`.
enum JSONFile {
  static func encoder(pretty: Bool = false) -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting =
      pretty ? [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted] : [.sortedKeys, .withoutEscapingSlashes]
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return encoder
  }
  static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    return decoder
  }
}
