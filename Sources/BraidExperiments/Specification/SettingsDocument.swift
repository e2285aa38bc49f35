import BraidCore
import Foundation
import Yams

/// An experiment file as a tree of settings that still knows its lines. YAML 1.2 core scalars, or JSON, which is read
/// alike.
///
/// Only plain data: tags, custom or built in, have no effect, and a file cannot name a type or run anything.
public struct SettingsDocument: Sendable {
  /// What messages call the file.
  public let source: String
  /// The whole document.
  public internal(set) var root: [String: Setting]
  /// Where each key path stands: `encoders.words.gru.width`, `compare[2].fusion`.
  public internal(set) var places: [String: Place]

  /// A place in a file.
  public struct Place: Sendable, Hashable {
    /// Its path.
    public var file: String
    /// From 1.
    public var line: Int
    /// How many values of the file stand before it: files' maps have an order, a tree's have none.
    public var position: Int
  }

  /// The most bytes a file may have, and values it may hold after aliases are followed.
  public static let largestFile = 1_000_000, mostValues = 100_000

  /// Reads a file, and those it includes. Throws `SetupError` with file and line.
  public init(contentsOf path: String) throws {
    try self.init(file: path)
    try include()
  }

  /// Reads one file.
  init(file path: String) throws {
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw SetupError("\(path): no such file.")
    }
    guard !isFolder.boolValue, let data = FileManager.default.contents(atPath: path) else {
      throw SetupError(
        "\(path): cannot be read\(isFolder.boolValue ? ": it is a folder" : ""). Expected an experiment file.")
    }
    guard data.count <= SettingsDocument.largestFile else {
      throw SetupError(
        "\(path): found \(data.count) bytes; an experiment file has at most \(SettingsDocument.largestFile).")
    }
    guard let text = String(data: data, encoding: .utf8) else { throw SetupError("\(path): is not UTF-8 text.") }
    try self.init(text, named: path)
  }

  /// Reads a text.
  public init(_ text: String, named source: String) throws {
    self.source = source
    let node: Node?
    do { node = try Yams.compose(yaml: text) } catch let error as YamlError {
      throw SetupError(describe(error, in: source))
    }
    guard let node else { throw SetupError("\(source): is empty; expected an experiment.") }
    var reader = NodeReader(source: source)
    guard case .map(let root) = try reader.setting(node, at: "") else {
      throw SetupError(
        "\(source):\(node.mark?.line ?? 1): found no map; expected an experiment: `name: …`, `data: …` and so on.")
    }
    (self.root, places) = (root, reader.places)
  }

  /// The error with file and line before it, as far as its text begins with a key path of this file.
  public func located(_ error: SetupError) -> SetupError {
    var text = error.description
    let root = "experiment"
    if text.hasPrefix("\(root).") { text.removeFirst(root.count + 1) }
    guard let colon = text.range(of: ": ") else { return SetupError("\(source): \(text)") }
    var path = String(text[..<colon.lowerBound])
    if path.hasPrefix("\(source):") || path == source { return error }
    if let key = text.firstMatch(of: #/: no setting "([^"]*)"/#)?.output.1 {
      path = path == root ? String(key) : "\(path).\(key)"
    }
    while true {
      if let place = places[path] { return SetupError("\(place.file):\(place.line): \(text)") }
      guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
      path = String(path[..<cut])
    }
    return SetupError("\(source): \(text)")
  }
}

private struct NodeReader {
  let source: String
  var places: [String: SettingsDocument.Place] = [:]
  private var values = 0

  init(source: String) { self.source = source }

  private mutating func note(_ line: Int?, _ path: String) {
    if let line { places[path] = .init(file: source, line: line, position: places.count) }
  }

  mutating func setting(_ node: Node, at path: String) throws -> Setting {
    values += 1
    guard values <= SettingsDocument.mostValues else {
      throw SetupError("\(source): holds more than \(SettingsDocument.mostValues) values (aliases are followed).")
    }
    switch node {
    case .scalar(let scalar): return try value(scalar, at: path)
    case .sequence(let sequence):
      var list: [Setting] = []
      for (index, item) in sequence.enumerated() {
        let place = "\(path)[\(index)]"
        note(item.mark?.line, place)
        list.append(try setting(item, at: place))
      }
      return .list(list)
    case .mapping(let mapping):
      var map: [String: Setting] = [:]
      for (key, item) in mapping {
        let line = key.mark?.line
        guard case .scalar(let name) = key else {
          throw SetupError("\(source):\(line ?? 1): found a list or map as a key; expected a name.")
        }
        let place = path.isEmpty ? name.string : "\(path).\(name.string)"
        note(line, place)
        // Yams finds keys written alike; quoted and plain spellings of one name reach this
        guard map.updateValue(try setting(item, at: place), forKey: name.string) == nil else {
          throw SetupError("\(source):\(line ?? 1): the key \"\(name.string)\" stands twice.")
        }
      }
      return .map(map)
    case .alias: throw SetupError("\(source):\(node.mark?.line ?? 1): an alias to nothing.")
    }
  }

  /// YAML 1.2 core schema: `no`, `on` and `1:30` are texts, as a reader expects.
  private func value(_ scalar: Node.Scalar, at path: String) throws -> Setting {
    let text = scalar.string
    switch scalar.style {
    case .singleQuoted, .doubleQuoted, .literal, .folded: return .text(text)
    case .any, .plain: break
    }
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE": return .bool(true)
    case "false", "False", "FALSE": return .bool(false)
    default: break
    }
    let form = NumberForm(of: text)
    if form == .whole {
      if let number = Int(text) { return .integer(number) }
      return .number(Double(text) ?? .nan)
    }
    if text.hasPrefix("0x"), let number = Int(text.dropFirst(2), radix: 16) { return .integer(number) }
    if text.hasPrefix("0o"), let number = Int(text.dropFirst(2), radix: 8) { return .integer(number) }
    if form == .fraction, let number = Double(text) {
      guard number.isFinite else {
        throw SetupError(
          "\(source):\(scalar.mark?.line ?? 1): \(path): found \(text), which is too large for a number.")
      }
      return .number(number)
    }
    if form == .notFinite {
      throw SetupError("\(source):\(scalar.mark?.line ?? 1): \(path): found \(text); expected a finite number.")
    }
    return .text(text)
  }
}

/// How a plain scalar is spelt, by YAML's core schema. By hand: a file may hold a hundred thousand scalars.
private enum NumberForm {
  case none, whole, fraction, notFinite

  init(of text: String) {
    var rest = Substring(text).utf8
    func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
    func digits() -> Int {
      let run = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(run)
      return run
    }
    func take(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    self = .none
    let isSigned = take("+-")
    let unsigned = String(Substring(rest))
    if [".inf", ".Inf", ".INF"].contains(unsigned) || (!isSigned && [".nan", ".NaN", ".NAN"].contains(unsigned)) {
      self = .notFinite
      return
    }
    let before = digits()
    if before > 0, rest.isEmpty {
      self = .whole
      return
    }
    let after = take(".") ? digits() : 0
    guard before + after > 0 else { return }
    if take("eE") {
      _ = take("+-")
      guard digits() > 0 else { return }
    }
    if rest.isEmpty { self = .fraction }
  }
}

/// One line: place, what is wrong.
private func describe(_ error: YamlError, in source: String) -> String {
  switch error {
  case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
    .composer(let context, let problem, let mark, _):
    let while_ =
      context.map { " (\($0.text.trimmingCharacters(in: .whitespacesAndNewlines)), line \($0.mark.line))" } ?? ""
    return "\(source):\(mark.line): is not YAML: \(problem)\(while_)."
  case .duplicatedKeysInMapping(let keys, let context):
    let named = keys.map { "\"\($0)\"" }.joined(separator: ", ")
    return "\(source):\(context.mark.line): the key \(named) stands twice in one map."
  case .reader(let problem, let offset, _, _):
    return "\(source): is not YAML: \(problem)\(offset.map { " at byte \($0)" } ?? "")."
  default: return "\(source): is not YAML: \(error)"
  }
}
