import BraidCore

/// A row's value on one axis of a sweep.
public struct Coordinate: Codable, Sendable, Hashable {
  /// The axis, such as `train.learningRate`.
  public var path: String
  /// On the axis.
  public var value: Setting

  public init(path: String, value: Setting) { (self.path, self.value) = (path, value) }

  /// The value as names and tables show it: a part by its name, with the settings it was given; a list joined by `+`.
  public var text: String { words(value) }
}

/// Numbers as short as they are exact, lists joined, parts by name.
private func words(_ value: Setting) -> String {
  switch value {
  case .text(let text): return text
  case .number(let number): return "\(number)"
  case .list(let list): return list.isEmpty ? "none" : list.map(words).joined(separator: "+")
  case .map(let map):
    return map.keys.sorted().map { key in
      guard case .map(let settings)? = map[key], !settings.isEmpty else {
        return map[key] == .null ? key : "\(key) \(words(map[key] ?? .null))"
      }
      return
        "\(key) (\(settings.keys.sorted().map { "\($0) \(words(settings[$0] ?? .null))" }.joined(separator: ", ")))"
    }.joined(separator: ", ")
  default: return "\(value)"
  }
}

/// What rows are called: the row of `compare` they come from, or their fusion, then the other values, each after the
/// shortest end of its path that no other axis has: `gated, learningRate 0.001, words.gru.width 32`.
struct RowNames {
  /// By path; empty for axes whose values speak for themselves.
  private let labels: [String: String]

  init(of rows: [Sweep.Row]) {
    let paths = Set(rows.flatMap { $0.coordinates.map(\.path) })
    var labels: [String: String] = [:]
    for path in paths {
      let steps = path.split(separator: ".")
      let length = (1...steps.count).first { length in
        paths.filter { $0 == path || $0.hasSuffix(".\(steps.suffix(length).joined(separator: "."))") }.count == 1
      }
      labels[path] = steps.suffix(length ?? steps.count).joined(separator: ".")
    }
    for path in ["fusion", "modalities"] { labels[path] = "" }
    self.labels = labels
  }

  func name(_ row: Sweep.Row) -> String {
    var parts: [String] = []
    if case .text(let name)? = row.written["name"] {
      parts.append(name)
    } else if let fusion = row.written["fusion"], !row.coordinates.contains(where: { $0.path == "fusion" }) {
      parts.append(Coordinate(path: "fusion", value: fusion).text)
    }
    for coordinate in row.coordinates.filter({ $0.path == "fusion" }) + row.coordinates.filter({ $0.path != "fusion" })
    {
      let label = labels[coordinate.path] ?? ""
      parts.append(label.isEmpty ? coordinate.text : "\(label) \(coordinate.text)")
    }
    return parts.joined(separator: ", ")
  }
}
