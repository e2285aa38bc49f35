import BraidCore

/// From code points to glyph numbers: a font's `cmap` table, format 12 (groups of successive code points).
struct CharacterMap: Sendable {
  private struct Group {
    let first: Int, last: Int, glyph: Int
  }
  private let groups: [Group]
  /// Number of mapped code points.
  let count: Int

  init(_ tables: FontTables) throws {
    let table = try tables.table("cmap", for: "finding glyphs")
    // Windows full Unicode (3, 10) before the Unicode platform's own (0, 4 and 0, 6).
    let wanted = [(3, 10), (0, 4), (0, 6)]
    var found: [Int: Int] = [:]  // place in `wanted` → offset
    for record in try table.array(at: 4, count: table.uint16(2), of: 8) {
      let platform = (try table.uint16(record), try table.uint16(record + 2))
      if let rank = wanted.firstIndex(where: { $0 == platform }) { found[rank] = try table.uint32(record + 4) }
    }
    guard let subtable = found.min(by: { $0.key < $1.key })?.value else {
      throw table.error(4, "no subtable for all of Unicode (platform 3, encoding 10).")
    }
    let format = try table.uint16(subtable)
    guard format == 12 else { throw table.error(subtable, "subtable format \(format); only format 12 can be read.") }

    var groups: [Group] = []
    var count = 0
    for record in try table.array(at: subtable + 16, count: table.uint32(subtable + 12), of: 12) {
      let group = Group(
        first: try table.uint32(record), last: try table.uint32(record + 4), glyph: try table.uint32(record + 8))
      guard group.first <= group.last, group.last <= 0x10FFFF, group.first > groups.last?.last ?? -1 else {
        throw table.error(record, "code points \(group.first) to \(group.last) are out of order or outside Unicode.")
      }
      groups.append(group)
      count += group.last - group.first + 1
    }
    (self.groups, self.count) = (groups, count)
  }

  /// The glyph of a code point, nil when the font has none (glyph 0 means the same).
  func glyph(_ codePoint: UInt32) -> Int? {
    let point = Int(codePoint)
    var (low, high) = (0, groups.count)
    while low < high {
      let middle = (low + high) / 2
      if groups[middle].last < point { low = middle + 1 } else { high = middle }
    }
    guard low < groups.count, groups[low].first <= point else { return nil }
    let glyph = groups[low].glyph + point - groups[low].first
    return glyph == 0 ? nil : glyph
  }
}
