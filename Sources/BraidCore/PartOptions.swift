import BraidTensor

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Settings of a part. Every property has a default; an experiment file states differences only.
///
/// Property names are the setting names. No optionals: use an enumeration case or a sentinel that the doc comment explains.
public protocol PartOptions: Codable, Sendable {
  init()
}

/// Options of a part that has none.
public struct NoOptions: PartOptions {
  public init() {}
}

/// The defaults of every type of options that was asked for: thousands of rows ask for the same few.
private let knownDefaults = Locked<[ObjectIdentifier: [String: Setting]]>([:])

extension PartOptions {
  /// All defaults as settings.
  public static var defaults: [String: Setting] {
    let type = ObjectIdentifier(Self.self)
    if let found = knownDefaults.withLock({ $0[type] }) { return found }
    let made = (try? Self().settings()) ?? [:]
    knownDefaults.withLock { $0[type] = made }
    return made
  }

  /// These options as settings, every default included: the record of an experiment.
  public func settings() throws -> [String: Setting] {
    let data = try JSONEncoder().encode(self)
    guard case .map(let map) = try JSONDecoder().decode(Setting.self, from: data) else { return [:] }
    return map
  }

  /// The defaults with `given` laid over them.
  /// - Parameters:
  ///   - path: where the settings stand, such as `encoders.text.gru`, for messages.
  /// - Throws: `SetupError` naming the key path for an unknown setting (with the nearest known one) or a wrong type.
  public init(_ given: [String: Setting], at path: String) throws {
    let defaults = Self.defaults
    let merged = try overlay(given, on: defaults, at: path)
    let decoder = JSONDecoder()
    decoder.userInfo[.optionsPath] = path
    do {
      self = try decoder.decode(Self.self, from: JSONEncoder().encode(Setting.map(merged)))
    } catch let error as DecodingError {
      if let (place, number) = misfit(.map(merged), at: path, when: { isUnplaced($0, of: Self.self, at: path) }) {
        throw SetupError("\(place): found \(number) (\(number.kind)); expected \(fitting(number)).")
      }
      throw SetupError(explain(error, merged, at: path))
    }
  }
}

/// Whether decoding fails without saying where: what `JSONDecoder` does with a number its type cannot hold, such as 1.5 or −1
/// for a whole number of 0 or more.
private func isUnplaced<Options: PartOptions>(_ settings: Setting, of: Options.Type, at path: String) -> Bool {
  let decoder = JSONDecoder()
  decoder.userInfo[.optionsPath] = path
  do {
    _ = try decoder.decode(Options.self, from: JSONEncoder().encode(settings))
  } catch DecodingError.dataCorrupted(let context) {
    return context.codingPath.isEmpty
  } catch { return false }
  return false
}

/// The number that its setting cannot hold, and its key path: numbers give way to 0, which every type holds, one after another,
/// until decoding no longer fails without a place. Nil when it did not fail so, or no number is to blame.
private func misfit(
  _ settings: Setting, at path: String, when fails: (Setting) -> Bool
) -> (place: String, number: Setting)? {
  guard fails(settings) else { return nil }
  var found: (place: String, number: Setting)?
  /// `value` with its numbers replaced up to the culprit; `whole` puts it in its place in the tree.
  func replacing(_ value: Setting, at place: String, _ whole: (Setting) -> Setting) -> Setting {
    guard found == nil else { return value }
    switch value {
    case .integer, .number:
      if !fails(whole(.integer(0))) { found = (place, value) }
      return .integer(0)
    case .list(var list):
      for index in list.indices {
        let before = list
        list[index] = replacing(list[index], at: "\(place)[\(index)]") { item in
          var list = before
          list[index] = item
          return whole(.list(list))
        }
      }
      return .list(list)
    case .map(var map):
      for key in map.keys.sorted() {
        let before = map
        map[key] = replacing(map[key] ?? .null, at: "\(place).\(key)") { item in
          var map = before
          map[key] = item
          return whole(.map(map))
        }
      }
      return .map(map)
    default: return value
    }
  }
  _ = replacing(settings, at: path) { $0 }
  return found
}

/// What a number that fits nowhere should have been.
private func fitting(_ number: Setting) -> String {
  switch number {
  case .integer: "a whole number of 0 or more"
  case .number(let value) where value == value.rounded(): "a whole number of at most 18 digits"
  default: "a whole number"
  }
}

/// `given` over `defaults`, one level of nesting after another. An empty default map takes any keys.
private func overlay(_ given: [String: Setting], on defaults: [String: Setting], at path: String) throws -> [String:
  Setting]
{
  var merged = defaults
  for (key, value) in given.sorted(by: { $0.key < $1.key }) {
    guard let old = defaults[key] else {
      let known = defaults.keys.sorted()
      throw SetupError(
        "\(path): no setting \"\(key)\". "
          + (known.isEmpty ? "It has no settings." : "Settings: \(known.joined(separator: ", ")).")
          + suggestion(for: key, among: known))
    }
    if case .map(let inner) = old, case .map(let new) = value, !inner.isEmpty {
      merged[key] = .map(try overlay(new, on: inner, at: "\(path).\(key)"))
    } else {
      merged[key] = value
    }
  }
  return merged
}

private func explain(_ error: DecodingError, _ settings: [String: Setting], at path: String) -> String {
  func place(_ context: DecodingError.Context) -> String {
    context.codingPath.reduce(path) { place, key in
      if let index = key.intValue { "\(place)[\(index)]" } else { "\(place).\(key.stringValue)" }
    }
  }
  func found(_ context: DecodingError.Context) -> String {
    var value: Setting? = .map(settings)
    for key in context.codingPath {
      if let index = key.intValue, case .list(let list)? = value {
        value = list.indices.contains(index) ? list[index] : nil
      } else {
        value = value?[key.stringValue]
      }
    }
    return value.map { "\($0) (\($0.kind))" } ?? "nothing"
  }
  switch error {
  case .typeMismatch(let type, let context):
    return "\(place(context)): found \(found(context)); expected \(readable(type))."
  case .valueNotFound(let type, let context):
    return "\(place(context)): found nothing; expected \(readable(type))."
  case .keyNotFound(let key, let context):
    return "\(place(context)).\(key.stringValue): missing."
  case .dataCorrupted(let context):
    return
      "\(place(context)): found \(found(context)), which is not one of the allowed values. \(context.debugDescription)"
  @unknown default:
    return "\(path): \(error)"
  }
}

private func readable(_ type: Any.Type) -> String {
  switch type {
  case is Int.Type: "a whole number"
  case is UInt64.Type: "a whole number of 0 or more"
  case is Double.Type, is Float.Type: "a number"
  case is Bool.Type: "true or false"
  case is String.Type: "text"
  default: "\(type)".hasPrefix("Array") ? "a list" : "\(type)".hasPrefix("Dictionary") ? "a map" : "\(type)"
  }
}

/// An enumeration of named choices in options, whose error lists them: `enum Pooling: String, Choice { case mean, max }`.
public protocol Choice: RawRepresentable, CaseIterable, Codable, Sendable where RawValue == String {}

extension Choice {
  public init(from decoder: any Swift.Decoder) throws {
    let box = try decoder.singleValueContainer()
    let text = try box.decode(String.self)
    guard let value = Self(rawValue: text) else {
      let known = Self.allCases.map(\.rawValue)
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: box.codingPath,
          debugDescription: "Allowed: \(known.joined(separator: ", "))." + suggestion(for: text, among: known)))
    }
    self = value
  }
  public func encode(to encoder: any Swift.Encoder) throws {
    var box = encoder.singleValueContainer()
    try box.encode(rawValue)
  }
}
