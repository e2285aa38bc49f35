import BraidCore
import Foundation

extension PreparedData {
  /// Samples of another manifest, prepared with what was fitted on this one's training split. All are the test split.
  /// - Parameters:
  ///   - url: the file; paths in it are relative to its folder. It needs the modalities' columns; an empty cell is a sample
  ///     without the modality. Where the target's columns are absent or a cell of them is empty, the first class, no label or 0
  ///     stands in. A column of splits is not looked at.
  ///   - options: those this data was read with.
  /// - Throws: `SetupError` naming file and line of a sample that cannot be read, or whose class was not there in training.
  public func reading(samples url: URL, options: ManifestOptions) throws -> PreparedData {
    let manifest = try Manifest(url)
    var files = ManifestFiles(folder: manifest.folder)
    let columns = try columns.map { known in
      guard var own = options.modalities[known.name] else {
        throw SetupError("modalities: no \"\(known.name)\", which the data was read with.")
      }
      if own.kind == .automatic { own.kind = known.kind(own) }
      let source = try ManifestModality(known.name, own, manifest).read(&files, as: known.specification)
      let column = try PreparedColumn(source, training: [], fittedAs: known, named: manifest.file)
      try require(
        column.specification == known.specification,
        "\(manifest.file): modality \"\(known.name)\": found \(column.specification.summary); expected "
          + "\(known.specification.summary), as in training.")
      return column
    }
    let target = try manifest.target(options.target, as: target)
    let names = try manifest.identifiers(options.identifier)
    var hash = SHA256()
    hash.update("braid samples 1\n\(digest)\n\(SHA256.hex(manifest.bytes))\n")
    files.update(&hash)
    return PreparedData(self, columns: columns, target: target, names: names, digest: hash.hex())
  }

  /// Other samples under what `fitted` was fitted with; all of them the test split.
  private init(_ fitted: PreparedData, columns: [PreparedColumn], target: SourceTarget, names: [String], digest: String)
  {
    (inputs, self.target) = (fitted.inputs, fitted.target)
    (vocabularies, standardizers) = (fitted.vocabularies, fitted.standardizers)
    (self.columns, answers, self.names, self.digest) = (columns, target, names, digest)
    members = [.train: [], .validation: [], .test: Array(names.indices)]
  }
}

extension PreparedColumn {
  /// What an automatic kind was in training. Steps may be of numbers or sounds: for them the new file's first value decides.
  fileprivate func kind(_ options: ModalityOptions) -> ModalityOptions.Kind {
    switch storage {
    case .vectors: .vector
    case .sequences: options.kind
    case .tokens: .text
    case .images: .image
    }
  }
}

extension SourceColumn.Content {
  /// What samples hold that all lack the modality.
  static func absent(_ kind: InputSpecification.Kind, samples: Int) -> Self {
    switch kind {
    case .vector(let width): .vectors(Array(repeating: 0, count: samples * width), width: width)
    case .sequence(let width): .sequences([], width: width, lengths: Array(repeating: 0, count: samples))
    case .tokens: .texts(Array(repeating: "", count: samples))
    case .image(let channels, let height, let width):
      .images(
        Array(repeating: 0, count: samples * channels * height * width), channels: channels, height: height,
        width: width)
    }
  }
}

extension Manifest {
  /// The target of new samples: of rows that have one it must be among what was there in training; the others have the first
  /// class, no label or 0.
  fileprivate func target(_ options: TargetOptions, as known: TargetSpecification) throws -> SourceTarget {
    let own = options.columns.isEmpty ? [options.column] : options.columns
    let places = rows.indices.filter { place in own.allSatisfy { cell(rows[place], $0) != nil } }
    var read: SourceTarget?
    if !places.isEmpty {
      var options = options
      options.classes = options.kind == .values ? [] : known.names
      read = try Manifest(self, rows: places.map { rows[$0] }).target(options).0
    }
    switch known {
    case .classes(let names):
      var classes = Array(repeating: 0, count: rows.count)
      if case .classes(let found, _) = read { for (place, number) in zip(places, found) { classes[place] = number } }
      return .classes(classes, names: names)
    case .labels(let names):
      guard case .labels(let found, _) = read else {
        return .labels(Array(repeating: 0, count: rows.count * names.count), names: names)
      }
      return .labels(spread(found, to: places, width: names.count), names: names)
    case .values(let names):
      guard case .values(let found, _) = read else {
        return .values(Array(repeating: 0, count: rows.count * names.count), names: names)
      }
      let width = found.count / places.count
      try BraidCore.require(
        width == names.count,
        "\(file): column \"\(own[0])\": found \(width) numbers to predict; expected \(names.count), as in training.")
      return .values(spread(found, to: places, width: width), names: names)
    }
  }

  private func spread(_ found: [Float], to places: [Int], width: Int) -> [Float] {
    var result = [Float](repeating: 0, count: rows.count * width)
    for (from, place) in places.enumerated() {
      for k in 0..<width { result[place * width + k] = found[from * width + k] }
    }
    return result
  }
}
