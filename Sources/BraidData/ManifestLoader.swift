import BraidCore
import Foundation

extension PreparedData {
  /// Reads a manifest and every file it names.
  ///
  /// The digest covers the manifest's bytes, the bytes of every file read, and the options (except where the manifest is).
  /// - Parameters:
  ///   - manifest: the file; paths in it are relative to its folder.
  ///   - options: their `file` is not looked at.
  /// - Throws: `SetupError` naming file and line, column or setting, with what was found and what was expected.
  public init(manifest url: URL, options: ManifestOptions) throws {
    let manifest = try Manifest(url)
    guard !options.modalities.entries.isEmpty else {
      throw SetupError(
        "\(manifest.file): no modalities are named; expected at least one in `modalities`, such as "
          + "`modalities: {\(manifest.columns.first ?? "words"): {}}`. Columns: \(manifest.columns.joined(separator: ", "))."
      )
    }
    let readers = try options.modalities.names.map { try ManifestModality($0, options.modalities[$0]!, manifest) }
    let (target, classes) = try manifest.target(options.target)
    let splits = try manifest.splits(options.split, classes: classes)
    let identifiers = try manifest.identifiers(options.identifier)
    var files = ManifestFiles(folder: manifest.folder)
    let columns = try readers.map { try $0.read(&files) }
    var hash = SHA256()
    var recorded = options
    recorded.file = ""
    hash.update("braid manifest 1\n\(Setting.map(try recorded.settings()))\n\(SHA256.hex(manifest.bytes))\n")
    files.update(&hash)
    try self.init(
      columns, target: target, splits: splits, identifiers: identifiers, digest: hash.hex(), named: manifest.file)
  }
}

extension Manifest {
  /// The target, and each sample's class for stratifying (nil where there are no classes).
  func target(_ options: TargetOptions) throws -> (SourceTarget, [Int]?) {
    let several = !options.columns.isEmpty
    try BraidCore.require(
      !several || options.kind == .values,
      "target.columns: found columns for the kind \"\(options.kind.rawValue)\"; they are for \"values\".")
    for column in several ? options.columns : [options.column] {
      try require(column, for: several ? "target.columns" : "target.column")
    }
    switch options.kind {
    case .values:
      let columns = several ? options.columns : [options.column]
      var values: [Float] = []
      var expected = several ? columns.count : nil
      for row in rows {
        let found = try columns.flatMap { column in
          guard let value = cell(row, column) else { throw error(row, column, "empty; expected a number to predict.") }
          return try numbers(value, row, column)
        }
        guard !found.isEmpty, found.count == expected ?? found.count else {
          throw error(row, columns[0], "found \(found.count) numbers to predict; expected \(expected ?? 1).")
        }
        expected = found.count
        values += found
      }
      let width = values.count / rows.count
      return (.values(values, names: width == columns.count ? columns : (0..<width).map { "\(columns[0]) \($0)" }), nil)
    case .class:
      let labels = try rows.map { row in
        guard let label = try text(row, options.column) else {
          throw error(row, options.column, "empty; expected a class.")
        }
        return [label]
      }
      let names = try names(labels, options)
      let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
      let classes = labels.map { numbers[$0[0]]! }
      return (.classes(classes, names: names), classes)
    case .labels:
      let labels = try rows.map { row -> [String] in
        switch cell(row, options.column) {
        case nil: return []
        case .list(let list):
          return try list.map { element in
            guard case .text(let label) = element else {
              throw error(row, options.column, "found \(element.kind) in a list; expected texts.")
            }
            return label
          }
        default:
          let text = try text(row, options.column)!
          guard !options.separator.isEmpty else { return [text] }
          return text.components(separatedBy: options.separator).map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty }
        }
      }
      let names = try names(labels, options)
      let numbers = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
      var values = [Float](repeating: 0, count: rows.count * names.count)
      for (place, own) in labels.enumerated() { for label in own { values[place * names.count + numbers[label]!] = 1 } }
      return (.labels(values, names: names), nil)
    }
  }

  /// The declared classes, or all that occur.
  private func names(_ labels: [[String]], _ options: TargetOptions) throws -> [String] {
    guard !options.classes.isEmpty else {
      let found = Set(labels.joined())
      try BraidCore.require(!found.isEmpty, "\(file): column \"\(options.column)\" has no labels at all.")
      if found.allSatisfy({ Int($0) != nil }) { return found.sorted { (Int($0)!, $0) < (Int($1)!, $1) } }
      return found.sorted()
    }
    let known = Set(options.classes)
    try BraidCore.require(known.count == options.classes.count, "target.classes: a class stands there twice.")
    for (place, own) in labels.enumerated() {
      for label in own where !known.contains(label) {
        throw error(
          rows[place], options.column,
          "label \"\(label)\" is not one of the declared classes: \(options.classes.joined(separator: ", "))."
            + suggestion(for: label, among: options.classes))
      }
    }
    return options.classes
  }

  func splits(_ options: SplitOptions, classes: [Int]?) throws -> [Split?] {
    guard !options.column.isEmpty else {
      var options = options
      if classes == nil { options.stratified = false }
      return try Splitter.splits(classes: classes ?? Array(repeating: 0, count: rows.count), options: options)
    }
    try require(options.column, for: "split.column")
    let known: [String: Split] = [
      "train": .train, "training": .train, "validation": .validation, "valid": .validation, "val": .validation,
      "dev": .validation,
      "test": .test, "testing": .test,
    ]
    return try rows.map { row in
      let name = try text(row, options.column)
      guard let split = known[(name ?? "").lowercased()] else {
        throw error(
          row, options.column, "found \(name.map { "\"\($0)\"" } ?? "nothing"); expected train, validation or test.")
      }
      return split
    }
  }

  func identifiers(_ column: String) throws -> [String] {
    if column.isEmpty, !columns.contains("id") { return rows.map { "line \($0.line)" } }
    let column = column.isEmpty ? "id" : column
    try require(column, for: "identifier")
    var lines: [String: Int] = [:]
    return try rows.map { row in
      guard let name = try text(row, column) else { throw error(row, column, "empty; expected a name for the sample.") }
      if let other = lines[name] {
        throw error(row, column, "\"\(name)\" is also the name of line \(other); expected every one different.")
      }
      lines[name] = row.line
      return name
    }
  }
}
