import BraidCore
import Foundation

/// A manifest as read: rows of cells under named columns, with the line of every row.
struct Manifest {
  struct Row {
    let line: Int
    let cells: [String: Setting]
  }
  /// What messages call it: its path as given.
  let file: String
  let folder: URL
  let bytes: [UInt8]
  let columns: [String]
  let rows: [Row]

  /// Reads `.csv`, `.tsv`, `.jsonl` or `.ndjson`. Throws `SetupError` naming file and line.
  init(_ url: URL) throws {
    file = url.relativePath
    folder = url.deletingLastPathComponent()
    bytes = try BraidData.bytes(of: url, named: file)
    switch url.pathExtension.lowercased() {
    case "csv", "tsv":
      let all = try CSV.rows(bytes, named: file, separator: url.pathExtension.lowercased() == "tsv" ? "\t" : ",")
      guard let header = all.first else {
        throw SetupError("\(file): the file is empty; expected a line with the columns' names.")
      }
      columns = header.fields
      var seen = Set<String>()
      for column in columns where !seen.insert(column).inserted {
        throw SetupError("\(file):\(header.line): two columns are called \"\(column)\".")
      }
      rows = all.dropFirst().map { [columns] row in
        Row(line: row.line, cells: Dictionary(uniqueKeysWithValues: zip(columns, row.fields.map { Setting.text($0) })))
      }
    case "jsonl", "ndjson":
      rows = try JSONLines.rows(bytes, named: file).map { Row(line: $0.line, cells: $0.fields) }
      columns = Set(rows.flatMap { $0.cells.keys }).sorted()
    case let ending:
      throw SetupError(
        "\(file): a manifest with the ending \".\(ending)\"; readable are .csv, .tsv, .jsonl and .ndjson.")
    }
    guard !rows.isEmpty else { throw SetupError("\(file): no samples in it.") }
  }

  /// Some of the rows of a manifest.
  init(_ manifest: Manifest, rows: [Row]) {
    (file, folder, bytes, columns) = (manifest.file, manifest.folder, manifest.bytes, manifest.columns)
    self.rows = rows
  }

  /// Throws unless there is a column called `name`; `setting` is where the person asked for it.
  func require(_ name: String, for setting: String) throws {
    guard !columns.contains(name) else { return }
    let shown = columns.prefix(30).joined(separator: ", ") + (columns.count > 30 ? ", …" : "")
    throw SetupError(
      "\(file): no column \"\(name)\" (\(setting)). Columns: \(shown)." + suggestion(for: name, among: columns))
  }

  /// An error at a row and column.
  func error(_ row: Row, _ column: String, _ what: String) -> SetupError {
    SetupError("\(file):\(row.line): column \"\(column)\": \(what)")
  }

  /// A cell; nil when it is empty, null or not there.
  func cell(_ row: Row, _ column: String) -> Setting? {
    switch row.cells[column] {
    case .none, .null: nil
    case .text(let text) where isBlank(text): nil
    case let value: value
    }
  }

  private func isBlank(_ text: String) -> Bool {
    if let first = text.utf8.first, (0x21...0x7e).contains(first) { return false }  // nearly always told by this alone
    return text.allSatisfy(\.isWhitespace)
  }

  /// A cell as text: also numbers and truth values, as JSON writes them.
  func text(_ row: Row, _ column: String) throws -> String? {
    switch cell(row, column) {
    case nil: return nil
    case .text(let text): return text
    case .integer, .number, .bool: return row.cells[column]!.description
    case let value?: throw error(row, column, "found \(value.kind); expected text.")
    }
  }

  /// Numbers of a cell: a list, one number, or a text with numbers separated by blanks.
  func numbers(_ value: Setting, _ row: Row, _ column: String) throws -> [Float] {
    var numbers: [Float] = []
    try read(value, row, column, into: &numbers)
    return numbers
  }

  /// Adds the numbers of a cell to those of the rows before.
  func read(_ value: Setting, _ row: Row, _ column: String, into numbers: inout [Float]) throws {
    func finite(_ number: Double?, _ shown: String) throws -> Float {
      guard let number else { throw error(row, column, "found \"\(shown)\"; expected a number.") }
      guard number.isFinite, Float(number).isFinite else {
        throw error(row, column, "found \(shown); expected a finite number.")
      }
      return Float(number)
    }
    switch value {
    case .integer(let number): numbers.append(try finite(Double(number), "\(number)"))
    case .number(let number): numbers.append(try finite(number, "\(number)"))
    case .text(let text):
      let isRead = try DecimalText.pieces(text) { bytes in
        if let number = DecimalText.number(bytes), case let single = Float(number), single.isFinite {
          numbers.append(single)
        } else {
          let piece = String(decoding: bytes, as: UTF8.self)
          numbers.append(try finite(Double(piece), piece))
        }
      }
      if !isRead {
        numbers += try text.split(whereSeparator: \.isWhitespace).map { try finite(Double($0), String($0)) }
      }
    case .list(let list):
      for element in list {
        let count = numbers.count
        try read(element, row, column, into: &numbers)
        guard numbers.count == count + 1 else {
          throw error(row, column, "found \(element.kind) in a list; expected a number.")
        }
      }
    default: throw error(row, column, "found \(value.kind); expected numbers.")
    }
  }
}
