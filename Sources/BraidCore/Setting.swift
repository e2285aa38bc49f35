#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A value of an experiment file, whatever its syntax was: what options are decoded from and records are written as.
public enum Setting: Sendable, Hashable {
  /// Nothing: `null`, `~`, or a key without a value.
  case null
  /// `true` or `false`.
  case bool(Bool)
  /// A whole number.
  case integer(Int)
  /// Any other number.
  case number(Double)
  /// Words.
  case text(String)
  /// Values in an order.
  case list([Setting])
  /// Values by name.
  case map([String: Setting])

  /// `text`, `a list` and so on, for messages.
  public var kind: String {
    switch self {
    case .null: "nothing"
    case .bool: "true or false"
    case .integer: "a whole number"
    case .number: "a number"
    case .text: "text"
    case .list: "a list"
    case .map: "a map"
    }
  }

  /// What stands under a key, nil unless it is a map that has it.
  public subscript(_ key: String) -> Setting? {
    if case .map(let map) = self { return map[key] }
    return nil
  }
}

extension Setting: Codable {
  public init(from decoder: any Decoder) throws {
    let box = try decoder.singleValueContainer()
    if box.decodeNil() {
      self = .null
    } else if let value = try? box.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? box.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? box.decode(Double.self) {
      self = .number(value)
    } else if let value = try? box.decode(String.self) {
      self = .text(value)
    } else if let value = try? box.decode([Setting].self) {
      self = .list(value)
    } else {
      self = .map(try box.decode([String: Setting].self))
    }
  }

  public func encode(to encoder: any Swift.Encoder) throws {
    var box = encoder.singleValueContainer()
    switch self {
    case .null: try box.encodeNil()
    case .bool(let value): try box.encode(value)
    case .integer(let value): try box.encode(value)
    case .number(let value): try box.encode(value)
    case .text(let value): try box.encode(value)
    case .list(let value): try box.encode(value)
    case .map(let value): try box.encode(value)
    }
  }
}

extension Setting: CustomStringConvertible {
  /// Compact JSON with sorted keys: the same value always gives the same text.
  public var description: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "?"
  }
}
