import BraidCore
import BraidData
import BraidTraining

/// What stands behind a row: the file's shared settings, and the defaults behind those.
struct RowBackground {
  /// The file's first level.
  let shared: [String: Setting]
  let catalogue: Catalogue

  /// What a row may say.
  static let keys = ["data", "encoders", "frozen", "fusion", "head", "loss", "modalities", "noise", "pooling", "train"]

  /// Stops a misspelt axis before it becomes rows.
  func requireKey(_ path: String, at place: String) throws {
    let key =
      try SettingPath(path, at: place).steps.first.map { step in
        if case .key(let key) = step { key } else { "" }
      } ?? ""
    try require(
      RowBackground.keys.contains(key),
      "\(place): a row has no setting \"\(key)\". It may have \(RowBackground.keys.joined(separator: ", "))."
        + suggestion(for: key, among: RowBackground.keys))
  }

  /// The part whose setting a path names: `encoders.words.gru.width` is of `gru` at `encoders.words`; nil for other paths.
  static func part(in path: String) -> (place: String, name: String)? {
    let keys = path.split(separator: ".").map(String.init)
    let depth = keys.first == "encoders" ? 2 : 1
    guard keys.count > depth, let kind = keys.first, ["encoders", "fusion", "head", "loss", "data"].contains(kind)
    else {
      return nil
    }
    return (keys.prefix(depth).joined(separator: "."), keys[depth])
  }

  /// The modality whose noise a path names: `noise.picture.gaussian` is of `picture`.
  static func noisyModality(in path: String) -> String? {
    let keys = path.split(separator: ".").map(String.init)
    return keys.count > 1 && keys[0] == "noise" ? keys[1] : nil
  }

  /// Whether an axis counts in some rows only.
  static func isConditional(_ path: String) -> Bool { part(in: path) != nil || noisyModality(in: path) != nil }

  /// Whether a row has what an axis changes: for a part's setting, whether it uses the part; for noise, the modality.
  func uses(_ path: String, _ row: [String: Setting]) throws -> Bool {
    if let modality = RowBackground.noisyModality(in: path) {
      guard case .list(let used)? = try value(at: "modalities", of: row) else { return true }
      return used.contains(.text(modality))
    }
    guard let (place, name) = RowBackground.part(in: path) else { return true }
    switch try value(at: place, of: row) {
    case .text(let used)?: return used == name
    case .map(let map)?: return map.count == 1 && map[name] != nil
    default: return false
    }
  }

  /// The value in force: the row's, or what all rows share, or the default.
  func value(at path: String, of row: [String: Setting]) throws -> Setting? {
    let steps = try SettingPath(path, at: path)
    if let own = steps.value(in: .map(row)) { return own }
    if let (place, name) = RowBackground.part(in: path), path != place {
      guard try uses(path, row) else { return nil }
      if path != "\(place).\(name)", let shared = steps.value(in: .map(shared)) { return shared }
      return steps.value(in: defaults(of: name, at: place))
    }
    if let shared = steps.value(in: .map(shared)) { return shared }
    var defaults: [String: Setting] = ["train": .map(TrainingOptions.defaults), "pooling": .text("mean")]
    if let modality = RowBackground.noisyModality(in: path) {
      defaults["noise"] = .map([modality: .map(InputNoise.defaults)])
    }
    return steps.value(in: .map(defaults))
  }

  /// A part's defaults where they would stand in a file.
  private func defaults(of name: String, at place: String) -> Setting {
    let settings: [String: Setting]? =
      switch place.split(separator: ".").first {
      case "encoders": catalogue.encoders[name]?.defaults
      case "fusion": catalogue.fusions[name]?.defaults
      case "head": catalogue.heads[name]?.defaults
      case "loss": catalogue.losses[name]?.defaults
      default: catalogue.datasets[name]?.defaults
      }
    let keys = place.split(separator: ".").map(String.init) + [name]
    return keys.reversed().reduce(.map(settings ?? [:])) { .map([$1: $0]) }
  }
}
