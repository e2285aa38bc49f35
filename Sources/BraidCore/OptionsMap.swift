#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Options by a name the person chooses, such as one set a modality: `{picture: {size: 48}, words: {}}`.
///
/// Each entry states differences from `Options()` only; unknown settings and wrong types are errors with the whole key path, as
/// everywhere in options. (A plain dictionary would decode its values without defaults and ignore unknown keys.)
public struct OptionsMap<Options: PartOptions>: Codable, Sendable, ExpressibleByDictionaryLiteral {
  /// By name.
  public var entries: [String: Options]

  public init(_ entries: [String: Options] = [:]) { self.entries = entries }
  public init(dictionaryLiteral elements: (String, Options)...) {
    entries = Dictionary(elements, uniquingKeysWith: { $1 })
  }

  /// The options under a name, nil if there are none.
  public subscript(_ name: String) -> Options? {
    get { entries[name] }
    set { entries[name] = newValue }
  }
  /// The names in alphabetical order: maps have none of their own.
  public var names: [String] { entries.keys.sorted() }

  public init(from decoder: any Swift.Decoder) throws {
    let given = try decoder.singleValueContainer().decode([String: Setting].self)
    let root = decoder.userInfo[.optionsPath] as? String
    let place = ([root].compactMap { $0 } + decoder.codingPath.map(\.stringValue)).joined(separator: ".")
    entries = [:]
    for (name, setting) in given.sorted(by: { $0.key < $1.key }) {
      switch setting {
      case .map(let settings): entries[name] = try Options(settings, at: "\(place).\(name)")
      case .null: entries[name] = Options()
      default: throw SetupError("\(place).\(name): found \(setting) (\(setting.kind)); expected a map.")
      }
    }
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var box = encoder.singleValueContainer()
    try box.encode(entries)
  }
}

extension CodingUserInfoKey {
  /// Where the settings being decoded stand, for messages of nested options.
  static let optionsPath = CodingUserInfoKey(rawValue: "braid.optionsPath")!
}
