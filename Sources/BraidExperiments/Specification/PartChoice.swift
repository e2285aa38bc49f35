import BraidCore

/// A part and its settings, every default included. In files: `{"gru": {"width": 64, …}}`.
public struct PartChoice: Codable, Sendable, Hashable {
  /// The part's, as the catalogue knows it.
  public var name: String
  /// What is not left at its default, by key.
  public var settings: [String: Setting]

  public init(_ name: String, _ settings: [String: Setting] = [:]) { (self.name, self.settings) = (name, settings) }

  public init(from decoder: any Decoder) throws {
    let map = try decoder.singleValueContainer().decode([String: [String: Setting]].self)
    guard let (name, settings) = map.first, map.count == 1 else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "Expected one part's name."))
    }
    (self.name, self.settings) = (name, settings)
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var box = encoder.singleValueContainer()
    try box.encode([name: settings])
  }

  /// As a file says it: `gru` alone means all defaults, `{gru: {width: 64}}` settings. Nothing is checked against a
  /// part yet.
  init(written value: Setting, at path: String) throws {
    switch value {
    case .text(let name): self.init(name)
    case .map(let map) where map.count == 1:
      let (name, settings) = map.first!
      switch settings {
      case .null: self.init(name)
      case .map(let settings): self.init(name, settings)
      default: throw SetupError("\(path).\(name): found \(settings) (\(settings.kind)); expected a map of settings.")
      }
    case .map(let map) where !map.isEmpty:
      throw SetupError("\(path): found the names \(map.keys.sorted().joined(separator: ", ")); expected one part.")
    default:
      throw SetupError(
        "\(path): found \(value == .null ? "nothing" : "\(value) (\(value.kind))"); expected a part: "
          + "its name, or its name with "
          + "settings, such as {mlp: {width: 64}}.")
    }
  }

  /// With every default, checked against the part of this name.
  func resolved<E>(_ kind: String, in shelf: [String: Catalogue.Entry<E>], at path: String) throws -> PartChoice {
    let entry = try Catalogue.find(name, kind, in: shelf, at: path)
    return PartChoice(name, try entry.resolve(settings, "\(path).\(name)"))
  }

  /// What a row says of a part, over what the experiment says: settings are laid over those of the same part, another
  /// part takes its place.
  func overlaid(on base: PartChoice?) -> PartChoice {
    guard let base, base.name == name else { return self }
    return PartChoice(name, merged(settings, over: base.settings))
  }

  /// Key paths of these settings: `encoders.words.gru`, `encoders.words.gru.width`.
  func paths(at path: String) -> Set<String> {
    keyPaths(.map(settings), at: "\(path).\(name)").union(["\(path).\(name)"])
  }
}

/// `settings` over `base`, maps within maps merged.
func merged(_ settings: [String: Setting], over base: [String: Setting]) -> [String: Setting] {
  base.merging(settings) { old, new in
    if case .map(let old) = old, case .map(let new) = new { return .map(merged(new, over: old)) }
    return new
  }
}

/// Key paths of everything in a tree that is not a map.
func keyPaths(_ value: Setting, at path: String) -> Set<String> {
  guard case .map(let map) = value else { return [path] }
  return map.reduce(into: []) { $0.formUnion(keyPaths($1.value, at: path.isEmpty ? $1.key : "\(path).\($1.key)")) }
}
