/// A font of a few hundred bytes with the tables an emoji font has, written here so that tests need no installed font.
///
/// Code points A (0x1F600) → glyph 4, B (0x1F601) → 5, Z (0x200D) → 6, R (0x2764) → 8; the sequence A Z B → glyph 7; R
/// has no picture. Pictures are the PNG signature and the glyph number.
struct TinyFont {
  /// Tag and bytes, in file order.
  var tables: [(tag: String, bytes: [UInt8])]

  /// - Parameters:
  ///   - index: format of the index subtable: 1, 2 or 3.
  ///   - image: format of the pictures: 17, 18 or 19.
  init(index: Int = 1, image: Int = 17) {
    let (location, data) = TinyFont.bitmaps(index: index, image: image)
    tables = [("CBDT", data), ("CBLC", location), ("GSUB", TinyFont.substitutions()), ("cmap", TinyFont.characters())]
  }

  static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
  static func picture(_ glyph: Int) -> [UInt8] { signature + [UInt8(glyph)] }

  /// The file.
  var bytes: [UInt8] {
    var directory = be32(0x0001_0000) + be16(tables.count) + be16(0) + be16(0) + be16(0)
    var body: [UInt8] = []
    let start = 12 + 16 * tables.count
    for table in tables {
      directory += Array(table.tag.utf8) + be32(0) + be32(start + body.count) + be32(table.bytes.count)
      body += table.bytes
    }
    return directory + body
  }

  /// Where a table begins in the file.
  func offset(of tag: String) -> Int {
    var offset = 12 + 16 * tables.count
    for table in tables {
      if table.tag == tag { return offset }
      offset += table.bytes.count
    }
    fatalError("no table \(tag)")
  }

  private static func characters() -> [UInt8] {
    let groups: [(Int, Int, Int)] = [(0x200D, 0x200D, 6), (0x2764, 0x2764, 8), (0x1F600, 0x1F601, 4)]
    var table = be16(0) + be16(1) + be16(3) + be16(10) + be32(12)  // one subtable, at 12
    table += be16(12) + be16(0) + be32(16 + 12 * groups.count) + be32(0) + be32(groups.count)
    for (first, last, glyph) in groups { table += be32(first) + be32(last) + be32(glyph) }
    return table
  }

  private static func substitutions() -> [UInt8] {
    // Version, script list, feature list, lookup list at 10.
    var table = be32(0x0001_0000) + be16(0) + be16(0) + be16(10)
    table += be16(1) + be16(4)  // lookup list at 10: one lookup, at 14
    table += be16(4) + be16(0) + be16(1) + be16(8)  // lookup at 14: ligatures, one subtable at 22
    table += be16(1) + be16(8) + be16(1) + be16(14)  // subtable at 22: coverage at 30, one set at 36
    table += be16(1) + be16(1) + be16(4)  // coverage at 30: glyph 4
    table += be16(1) + be16(4)  // set at 36: one ligature, at 40
    table += be16(7) + be16(3) + be16(6) + be16(5)  // 4 6 5 → 7
    return table
  }

  private static func bitmaps(index: Int, image: Int) -> (location: [UInt8], data: [UInt8]) {
    let metrics = [17: 5, 18: 8, 19: 0][image]!
    let glyphs = 4...7
    var data = be32(0x0003_0000)
    var offsets: [Int] = []
    for glyph in glyphs {
      offsets.append(data.count - 4)
      data += [UInt8](repeating: 1, count: metrics) + be32(picture(glyph).count) + picture(glyph)
    }
    offsets.append(data.count - 4)

    var location = be32(0x0003_0000) + be32(1)
    // The strike: index array at 56, its size, one index subtable, …, 109 pixels an em, 32 bits a pixel.
    location += be32(56) + be32(0) + be32(1) + be32(0) + [UInt8](repeating: 0, count: 24)
    location += be16(4) + be16(7) + [109, 109, 32, 1]
    location += be16(4) + be16(7) + be32(8)  // index subtable of glyphs 4 to 7 at 64
    location += be16(index) + be16(image) + be32(4)
    switch index {
    case 1: location += offsets.flatMap { be32($0) }
    case 2: location += be32(offsets[1] - offsets[0]) + [UInt8](repeating: 0, count: 8)
    default: location += offsets.flatMap { be16($0) }
    }
    return (location, data)
  }
}

func be16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
func be32(_ value: Int) -> [UInt8] { be16(value >> 16) + be16(value & 0xFFFF) }
