import BraidCore

/// One table of a font file, read big-endian. Every read is checked: a corrupt font throws, naming file, table and
/// offset.
struct FontTable: Sendable {
  /// The font file, for messages.
  let file: String
  /// Four letters, such as `cmap`.
  let tag: String
  /// Length in bytes.
  let count: Int
  private let font: [UInt8]
  private let start: Int

  /// - Parameters:
  ///   - font: the whole file.
  ///   - start: where the table begins in it; `start + count` must lie within the file.
  init(_ font: [UInt8], from start: Int, count: Int, tag: String, file: String) throws {
    (self.font, self.start, self.count, self.tag, self.file) = (font, start, count, tag, file)
    guard start >= 0, count >= 0, start <= font.count, count <= font.count - start else {
      throw SetupError(
        "\(file): table \(tag) should be \(count) bytes from byte \(start), but the file has \(font.count) bytes. "
          + "The font is damaged or cut short: install it again.")
    }
  }

  /// The error for something at `offset` of this table that is not as the format says.
  func error(_ offset: Int, _ what: String) -> SetupError {
    SetupError("\(file): table \(tag), offset \(offset): \(what)")
  }

  private func check(_ offset: Int, _ length: Int) throws {
    guard offset >= 0, length >= 0, offset <= count, length <= count - offset else {
      throw error(offset, "\(length) bytes are needed, but the table has \(count) bytes.")
    }
  }

  func byte(_ offset: Int) throws -> Int {
    try check(offset, 1)
    return Int(font[start + offset])
  }

  func uint16(_ offset: Int) throws -> Int {
    try check(offset, 2)
    return Int(font[start + offset]) << 8 | Int(font[start + offset + 1])
  }

  func uint32(_ offset: Int) throws -> Int {
    try check(offset, 4)
    let at = start + offset
    return Int(font[at]) << 24 | Int(font[at + 1]) << 16 | Int(font[at + 2]) << 8 | Int(font[at + 3])
  }

  func bytes(_ offset: Int, _ length: Int) throws -> ArraySlice<UInt8> {
    try check(offset, length)
    return font[start + offset..<start + offset + length]
  }

  /// Where record `number` of an array begins, once it is known that all of the array lies within the table.
  func array(at offset: Int, count records: Int, of size: Int) throws -> StrideTo<Int> {
    try check(offset, records * size)
    return stride(from: offset, to: offset + records * size, by: size)
  }
}

/// The tables of an sfnt file (TrueType, OpenType), by tag.
struct FontTables: Sendable {
  let file: String
  private let tables: [String: FontTable]

  /// Reads the table directory. Tables that are never asked for may be damaged.
  init(_ font: [UInt8], file: String) throws {
    self.file = file
    let head = try FontTable(font, from: 0, count: font.count, tag: "directory", file: file)
    let version = try head.uint32(0)
    guard version == 0x0001_0000 || version == 0x4F54_544F || version == 0x7472_7565 else {
      throw head.error(0, "not a TrueType or OpenType font: it begins with 0x\(String(version, radix: 16)).")
    }
    var tables: [String: FontTable] = [:]
    for record in try head.array(at: 12, count: head.uint16(4), of: 16) {
      let tag = String(decoding: try head.bytes(record, 4), as: UTF8.self)
      let (start, count) = (try head.uint32(record + 8), try head.uint32(record + 12))
      guard start <= font.count, count <= font.count - start else { continue }  // reported when it is asked for
      tables[tag] = try FontTable(font, from: start, count: count, tag: tag, file: file)
    }
    self.tables = tables
  }

  func has(_ tag: String) -> Bool { tables[tag] != nil }

  /// - Parameter purpose: what the table is needed for, for the message when it is missing.
  func table(_ tag: String, for purpose: String) throws -> FontTable {
    if let table = tables[tag] { return table }
    throw SetupError(
      "\(file): no readable table \(tag), needed for \(purpose). Tables: \(tables.keys.sorted().joined(separator: ", "))."
    )
  }
}
