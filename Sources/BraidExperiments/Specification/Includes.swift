import BraidCore
import Foundation

extension SettingsDocument {
  /// Lays this file over those it names with `include`: one path or a list, relative to this file's folder, the later over
  /// the earlier. Maps are laid over one another key by key, a part's settings over those of the same part; anything
  /// else takes the place of what it meets.
  /// - Throws: `SetupError` for a file that cannot be read, and for files that include one another.
  mutating func include(from chain: [String] = []) throws {
    guard let written = root.removeValue(forKey: "include") else { return }
    let paths: [String] = try {
      switch written {
      case .text(let path): return [path]
      case .list(let list):
        return try list.enumerated().map { index, item in
          guard case .text(let path) = item else {
            throw located(SetupError("include[\(index)]: found \(item) (\(item.kind)); expected a file's path."))
          }
          return path
        }
      default:
        throw located(SetupError("include: found \(written) (\(written.kind)); expected a file's path or a list."))
      }
    }()
    let here = URL(fileURLWithPath: source).standardizedFileURL
    let chain = chain + [here.path]
    var base: [String: Setting] = [:], basePlaces: [String: Place] = [:]
    for path in paths {
      let file = URL(fileURLWithPath: path, relativeTo: here.deletingLastPathComponent()).standardizedFileURL
      if chain.contains(file.path) {
        throw located(SetupError("include: \(path) includes this file in turn; a file cannot be part of itself."))
      }
      let shown = path.hasPrefix("/") ? path : shownFolder + path
      var included: SettingsDocument
      do { included = try SettingsDocument(file: shown) } catch let error as SetupError {
        throw located(SetupError("include: \(error)"))
      }
      try included.include(from: chain)
      base = overlaid(included.root, on: base)
      basePlaces.merge(included.places) { $1 }
    }
    root = overlaid(root, on: base)
    // keys of the included files come before those of this one
    let shift = (basePlaces.values.map(\.position).max() ?? -1) + 1
    places = basePlaces.merging(places.mapValues { Place(file: $0.file, line: $0.line, position: $0.position + shift) })
    {
      $1
    }
  }

  /// This file's folder as its path was given: `experiments/`, or nothing.
  private var shownFolder: String {
    source.lastIndex(of: "/").map { String(source[...$0]) } ?? ""
  }
}

/// A file's settings over those of another.
private func overlaid(_ own: [String: Setting], on base: [String: Setting]) -> [String: Setting] {
  var result = base.merging(own) { old, new in
    if case .map(let old) = old, case .map(let new) = new { return .map(merged(new, over: old)) }
    return new
  }
  for key in ["data", "head", "loss"] { result[key] = part(own[key], over: base[key]) }
  if case .map(let encoders)? = own["encoders"], case .map(let others)? = base["encoders"] {
    let names = Set(encoders.keys).union(others.keys)
    result["encoders"] = .map(
      Dictionary(uniqueKeysWithValues: names.map { ($0, part(encoders[$0], over: others[$0]) ?? .null) }))
  }
  return result
}

/// A part over another: settings of the same part are laid over one another, another part takes its place.
private func part(_ own: Setting?, over base: Setting?) -> Setting? {
  guard let own, let base else { return own ?? base }
  func named(_ setting: Setting) -> (name: String, settings: [String: Setting])? {
    switch setting {
    case .text(let name): (name, [:])
    case .map(let map) where map.count == 1:
      if case .map(let settings)? = map.first?.value { (map.keys.first ?? "", settings) } else { nil }
    default: nil
    }
  }
  guard let new = named(own), let old = named(base), new.name == old.name else { return own }
  return .map([new.name: .map(merged(new.settings, over: old.settings))])
}
