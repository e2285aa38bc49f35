import BraidCore
import BraidTensor

/// Samples in memory, ready to be served as batches: the machinery behind data-set plug-ins, which stay thin.
///
/// ```swift
/// // From a manifest (options as in an experiment file; paths relative to the manifest's folder):
/// let data = try PreparedData(manifest: url, options: options)
/// // From arrays, for tests, examples and synthetic data:
/// let data = try PreparedData(
///   [SourceColumn("audio", .vectors(values, width: 20)), SourceColumn("words", .texts(texts))],
///   target: .classes(labels, names: ["calm", "angry"]), split: SplitOptions())
/// ```
///
/// It has everything `Dataset` asks for (`inputs`, `target`, `digest`, `count`, `identifiers`, `batch`, `preview`). Vocabularies,
/// means and deviations are fitted on the training split only. Pictures stay bytes until a batch is made.
public struct PreparedData: Sendable {
  /// The modalities, in order.
  public let inputs: [InputSpecification]
  /// What is to be predicted.
  public let target: TargetSpecification
  /// SHA-256 over everything that decides the samples, in hexadecimal.
  public let digest: String
  /// By modality, for texts.
  public let vocabularies: [String: Vocabulary]
  /// By modality, for numbers and pictures: what was fitted on the training split.
  public let standardizers: [String: Standardizer]

  let columns: [PreparedColumn]
  let answers: SourceTarget
  /// Numbers of the samples of each split, in the order of the source.
  let members: [Split: [Int]]
  let names: [String]

  /// Fits on the training split and lays everything out.
  /// - Parameters:
  ///   - columns: the modalities in order, all with the same samples.
  ///   - splits: one a sample; nil: left out.
  ///   - identifiers: every one different; empty: `0`, `1` and so on.
  ///   - digest: empty: made from the contents.
  ///   - name: what messages call the data.
  /// - Throws: `SetupError` for columns of different lengths, class numbers out of range, a number that is not finite, an
  ///   identifier used twice, an empty split, or a modality that no training sample has.
  public init(
    _ columns: [SourceColumn], target: SourceTarget, splits: [Split?], identifiers: [String] = [], digest: String = "",
    named name: String = "data"
  ) throws {
    let count = splits.count
    try require(!columns.isEmpty, "\(name): no modalities; expected at least one.")
    for column in columns {
      try require(
        column.samples == count && (column.presence?.count ?? count) == count,
        "\(name): modality \"\(column.name)\" holds \(column.samples.map { "\($0) samples" } ?? "a broken number of samples"); "
          + "expected \(count).")
    }
    try require(Set(columns.map(\.name)).count == columns.count, "\(name): two modalities have the same name.")
    try check(target, samples: count, named: name)
    let names = identifiers.isEmpty ? (0..<count).map(String.init) : identifiers
    try require(names.count == count, "\(name): \(names.count) identifiers for \(count) samples.")
    var seen = Set<String>()
    for identifier in names where !seen.insert(identifier).inserted {
      throw SetupError("\(name): identifier \"\(identifier)\" is used twice; expected every one different.")
    }
    var members: [Split: [Int]] = [:]
    for split in Split.allCases {
      members[split] = splits.indices.filter { splits[$0] == split }
      try require(
        !members[split]!.isEmpty,
        "\(name): the \(split.rawValue) split is empty (\(count) samples in all); every split needs at least one sample."
      )
    }
    let prepared = try columns.map { try PreparedColumn($0, training: members[.train]!, named: name) }
    (self.columns, self.answers, self.members, self.names) = (prepared, target, members, names)
    inputs = prepared.map(\.specification)
    self.target = target.specification
    vocabularies = Dictionary(uniqueKeysWithValues: prepared.compactMap { c in c.vocabulary.map { (c.name, $0) } })
    standardizers = Dictionary(uniqueKeysWithValues: prepared.compactMap { c in c.standardizer.map { (c.name, $0) } })
    if digest.isEmpty {
      var hash = SHA256()
      hash.update("braid arrays 1\n")
      for column in columns { column.update(&hash) }
      hash.update("\(self.target) \(splits.map { $0?.rawValue ?? "-" })\n")
      for identifier in names { hash.update("\(identifier.utf8.count) \(identifier)") }
      switch target {
      case .classes(let classes, _): hash.update("\(classes)")
      case .labels(let values, _), .values(let values, _): values.withUnsafeBytes { hash.update($0) }
      }
      self.digest = hash.hex()
    } else {
      self.digest = digest
    }
  }

  /// The same with splits drawn at random, seeded, and stratified where the target has classes.
  public init(
    _ columns: [SourceColumn], target: SourceTarget, split: SplitOptions = SplitOptions(), identifiers: [String] = [],
    named name: String = "data"
  ) throws {
    var options = split
    let classes: [Int]
    if case .classes(let numbers, _) = target {
      classes = numbers
    } else {
      classes = Array(repeating: 0, count: target.samples ?? 0)
      options.stratified = false
    }
    try self.init(
      columns, target: target, splits: Splitter.splits(classes: classes, options: options), identifiers: identifiers,
      named: name)
  }

  /// Number of samples of a split.
  public func count(_ split: Split) -> Int { members[split]!.count }
  /// Names of a split's samples, in order.
  public func identifiers(_ split: Split) -> [String] { members[split]!.map { names[$0] } }

  /// The samples with these numbers within the split, padded to the longest sequence among them. Stops on a number outside
  /// the split.
  public func batch(_ split: Split, _ samples: [Int]) throws -> Batch {
    try batch(split, samples, of: inputs.map(\.name))
  }

  /// The same with these modalities only.
  public func batch(_ split: Split, _ samples: [Int], of modalities: [String]) throws -> Batch {
    let all = members[split]!
    let rows = samples.map { sample in
      guard all.indices.contains(sample) else {
        stop("batch", "sample \(sample) of the \(split.rawValue) split of \(all.count)")
      }
      return all[sample]
    }
    let inputs = columns.filter { modalities.contains($0.name) }.map { ($0.name, $0.input(rows)) }
    return Batch(
      inputs: Dictionary(uniqueKeysWithValues: inputs), target: answers.batch(rows), samples: samples)
  }

  /// Pictures (as their file, or written as PNG) and words of a sample, for reports.
  public func preview(_ split: Split, _ sample: Int) -> [Preview] {
    columns.compactMap { $0.preview(members[split]![sample]) }
  }
}

private func check(_ target: SourceTarget, samples: Int, named name: String) throws {
  try require(
    target.samples == samples, "\(name): the target holds \(target.samples ?? 0) samples; expected \(samples).")
  try require(!target.specification.names.isEmpty, "\(name): the target has no classes, labels or values.")
  switch target {
  case .classes(let classes, let names):
    for (sample, number) in classes.enumerated() where !names.indices.contains(number) {
      throw SetupError("\(name): sample \(sample) has class \(number); there are \(names.count) classes.")
    }
  case .labels(let values, let names), .values(let values, let names):
    for (place, value) in values.enumerated() where !value.isFinite {
      throw SetupError("\(name): sample \(place / names.count) has target \(value); expected finite numbers.")
    }
  }
}

extension SourceTarget {
  func batch(_ rows: [Int]) -> Target {
    func gathered(_ values: [Float], _ width: Int) -> Tensor {
      let result = Tensor(uninitialized: Shape(rows.count, width))
      for (place, row) in rows.enumerated() {
        for k in 0..<width { result.pointer[place * width + k] = values[row * width + k] }
      }
      return result
    }
    switch self {
    case .classes(let classes, _): return .classes(rows.map { Int32(classes[$0]) })
    case .labels(let values, let names): return .labels(gathered(values, names.count))
    case .values(let values, let names): return .values(gathered(values, names.count))
    }
  }
}
