/// A mistake in a person's file or data, or in putting parts together. Thrown, and shown to the person as it is.
///
/// The text names the place (file and line, or key path), what was found, and the fix.
public struct SetupError: Error, CustomStringConvertible, Equatable {
  public let description: String
  /// An error with this sentence.
  public init(_ description: String) { self.description = description }
}

/// The known name most like a misspelt one (Damerau–Levenshtein distance of at most a third of its length), nil if none is near.
public func nearest(_ name: String, in known: some Sequence<String>) -> String? {
  func distance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [[Int]](repeating: Array(repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    for i in 0..<a.count {
      for j in 0..<b.count {
        rows[i + 1][j + 1] = min(rows[i][j + 1] + 1, rows[i + 1][j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
          rows[i + 1][j + 1] = min(rows[i + 1][j + 1], rows[i - 1][j - 1] + 1)
        }
      }
    }
    return rows[a.count][b.count]
  }
  let wanted = Array(name.lowercased())
  let ranked = known.map { ($0, distance(wanted, Array($0.lowercased()))) }.sorted { ($0.1, $0.0) < ($1.1, $1.0) }
  guard let best = ranked.first, best.1 <= max(1, max(wanted.count, best.0.count) / 3) else { return nil }
  return best.0
}

/// ` Did you mean "x"?`, or nothing when no known name is near.
public func suggestion(for name: String, among known: some Sequence<String>) -> String {
  nearest(name, in: known).map { " Did you mean \"\($0)\"?" } ?? ""
}
