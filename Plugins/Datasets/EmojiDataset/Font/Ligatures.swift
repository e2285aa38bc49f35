import BraidCore

/// Glyph sequences that have one glyph of their own: the first ligature lookup of a font's `GSUB` table (lookup type
/// 4).
///
/// Emoji fonts draw keycaps, flags and joined (ZWJ) sequences this way.
struct Ligatures: Sendable {
  /// By the sequence's glyphs, all of them.
  let glyphs: [[Int]: Int]

  init(_ tables: FontTables) throws {
    let table = try tables.table("GSUB", for: "flags, keycaps and joined sequences")
    let list = try table.uint16(8)
    for record in try table.array(at: list + 2, count: table.uint16(list), of: 2) {
      let lookup = list + (try table.uint16(record))
      let type = try table.uint16(lookup)
      var subtables: [Int] = []
      for slot in try table.array(at: lookup + 6, count: table.uint16(lookup + 4), of: 2) {
        let subtable = lookup + (try table.uint16(slot))
        if type == 4 {
          subtables.append(subtable)
        } else if type == 7, try table.uint16(subtable + 2) == 4 {  // an extension only moves the subtable further away
          subtables.append(subtable + (try table.uint32(subtable + 4)))
        }
      }
      guard !subtables.isEmpty else { continue }
      glyphs = try Ligatures.read(table, subtables)
      return
    }
    glyphs = [:]
  }

  private static func read(_ table: FontTable, _ subtables: [Int]) throws -> [[Int]: Int] {
    var glyphs: [[Int]: Int] = [:]
    // No two entries of a sound table share bytes. Damaged offsets can: without a limit a small file could ask for
    // hours.
    var work = 0
    func spend(_ amount: Int, _ offset: Int) throws {
      work += amount
      guard work <= table.count else {
        throw table.error(offset, "the ligatures overlap: more of them than the table can hold.")
      }
    }
    for subtable in subtables {
      let format = try table.uint16(subtable)
      guard format == 1 else {
        throw table.error(subtable, "ligature substitution of format \(format); only format 1 exists.")
      }
      let covered = try coverage(table, subtable + (try table.uint16(subtable + 2)))
      let count = try table.uint16(subtable + 4)
      guard covered.count == count else {
        throw table.error(subtable + 4, "\(count) ligature sets for \(covered.count) first glyphs.")
      }
      let sets = try table.array(at: subtable + 6, count: count, of: 2)
      for (first, slot) in zip(covered, sets) {
        let set = subtable + (try table.uint16(slot))
        for entry in try table.array(at: set + 2, count: table.uint16(set), of: 2) {
          let ligature = set + (try table.uint16(entry))
          let components = try table.uint16(ligature + 2)
          guard components > 0 else { throw table.error(ligature + 2, "a ligature of no glyphs.") }
          try spend(4 + 2 * (components - 1), ligature)
          var sequence = [first]
          for place in try table.array(at: ligature + 4, count: components - 1, of: 2) {
            sequence.append(try table.uint16(place))
          }
          // The first of equal sequences is the one a text renderer would use.
          if glyphs[sequence] == nil { glyphs[sequence] = try table.uint16(ligature) }
        }
      }
    }
    return glyphs
  }

  /// The first glyphs of a subtable's ligature sets, in the order of the sets.
  private static func coverage(_ table: FontTable, _ offset: Int) throws -> [Int] {
    let format = try table.uint16(offset)
    let count = try table.uint16(offset + 2)
    switch format {
    case 1: return try table.array(at: offset + 4, count: count, of: 2).map { try table.uint16($0) }
    case 2:
      var covered: [Int] = []
      for range in try table.array(at: offset + 4, count: count, of: 6) {
        let (first, last) = (try table.uint16(range), try table.uint16(range + 2))
        guard first <= last, first > covered.last ?? -1 else {
          throw table.error(range, "glyphs \(first) to \(last) are out of order.")
        }
        covered += first...last
      }
      return covered
    default: throw table.error(offset, "coverage of format \(format); formats 1 and 2 exist.")
    }
  }
}
