import BraidCore

/// A colour font's pictures of one size: where `CBLC` says they are, and their PNG bytes in `CBDT`.
struct BitmapStrike: Sendable {
  /// Index subtable: which glyphs it speaks of and how to find their bytes.
  private struct Index {
    let glyphs: ClosedRange<Int>
    /// 1: offsets of 4 bytes a glyph; 2: all pictures take the same room; 3: offsets of 2 bytes.
    let format: Int
    /// 17 and 18: metrics of 5 or 8 bytes come first; 19: none.
    let image: Int
    /// Of its data in `CBDT`.
    let data: Int
    /// Of what follows its header in `CBLC`.
    let body: Int
  }
  private let location: FontTable
  private let data: FontTable
  private let indexes: [Index]
  /// Pixels an em, vertically.
  let pixelsPerEm: Int

  /// Takes the largest strike of 32 bits a pixel.
  init(_ tables: FontTables) throws {
    guard tables.has("CBLC"), tables.has("CBDT") else {
      let other = ["COLR", "sbix", "SVG "].first { tables.has($0) }
      throw SetupError(
        "\(tables.file): no pictures as bitmaps (tables CBLC and CBDT)."
          + (other.map { " Its pictures are in table \($0), which is another format." } ?? "")
          + " Noto Color Emoji in its CBDT form is needed: package fonts-noto-color-emoji of Debian and Ubuntu has it.")
    }
    location = try tables.table("CBLC", for: "finding pictures")
    data = try tables.table("CBDT", for: "pictures")
    let version = try location.uint16(0)
    guard version == 2 || version == 3 else { throw location.error(0, "version \(version); 2 and 3 can be read.") }

    var best: (pixels: Int, record: Int)?
    for record in try location.array(at: 8, count: location.uint32(4), of: 48) {
      let (pixels, depth) = (try location.byte(record + 45), try location.byte(record + 46))
      if depth == 32, pixels > best?.pixels ?? 0 { best = (pixels, record) }
    }
    guard let best else { throw location.error(8, "no strike of 32 bits a pixel.") }
    pixelsPerEm = best.pixels

    let list = try location.uint32(best.record)
    var indexes: [Index] = []
    for record in try location.array(at: list, count: location.uint32(best.record + 8), of: 8) {
      let (first, last) = (try location.uint16(record), try location.uint16(record + 2))
      let header = list + (try location.uint32(record + 4))
      let (format, image) = (try location.uint16(header), try location.uint16(header + 2))
      guard first <= last else { throw location.error(record, "glyphs \(first) to \(last) are out of order.") }
      guard (1...3).contains(format) else {
        throw location.error(header, "index subtable of format \(format); formats 1, 2 and 3 can be read.")
      }
      guard (17...19).contains(image) else {
        throw location.error(header + 2, "pictures of format \(image); formats 17, 18 and 19 (PNG) can be read.")
      }
      indexes.append(
        Index(
          glyphs: first...last, format: format, image: image, data: try location.uint32(header + 4), body: header + 8))
    }
    self.indexes = indexes
  }

  /// The glyph's PNG file as it stands in the font, nil when it has none.
  func picture(_ glyph: Int) throws -> [UInt8]? {
    for index in indexes where index.glyphs.contains(glyph) {
      guard let (start, length) = try place(glyph, index) else { continue }
      let header = index.image == 17 ? 5 : index.image == 18 ? 8 : 0
      let size = try data.uint32(start + header)
      guard size <= length - header - 4 else {
        throw data.error(start + header, "a picture of \(size) bytes where \(length - header - 4) are reserved.")
      }
      let png = try data.bytes(start + header + 4, size)
      guard png.starts(with: [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]) else {
        throw data.error(start + header + 4, "the picture of glyph \(glyph) is not a PNG file.")
      }
      return Array(png)
    }
    return nil
  }

  /// Number of glyphs that have a picture.
  func pictures() throws -> Int {
    try indexes.reduce(0) { count, index in
      try index.glyphs.reduce(count) { try $0 + (place($1, index) == nil ? 0 : 1) }
    }
  }

  /// Offset and length of a glyph's entry in `CBDT`, nil when it is empty.
  private func place(_ glyph: Int, _ index: Index) throws -> (start: Int, length: Int)? {
    let number = glyph - index.glyphs.lowerBound
    let from: Int
    let to: Int
    switch index.format {
    case 1:
      (from, to) = (try location.uint32(index.body + 4 * number), try location.uint32(index.body + 4 * number + 4))
    case 2:
      let size = try location.uint32(index.body)
      (from, to) = (number * size, (number + 1) * size)
    default:
      (from, to) = (try location.uint16(index.body + 2 * number), try location.uint16(index.body + 2 * number + 2))
    }
    guard from <= to else { throw location.error(index.body, "the picture of glyph \(glyph) ends before it begins.") }
    return from == to ? nil : (index.data + from, to - from)
  }
}
