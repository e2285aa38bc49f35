import BraidCore
import CBraidCodecs

/// The files of a zip archive in memory: stored or deflated, zip64 sizes, checksums verified. No encryption, no parts.
struct ZipArchive {
  struct Entry {
    let name: String
    let method: Int
    let checksum: UInt32
    let compressed: Int, size: Int
    let header: Int
  }
  let entries: [Entry]

  /// Reads the directory at the archive's end.
  /// - Throws: `SetupError` naming the file.
  init(_ bytes: [UInt8], named file: String) throws {
    func fail(_ why: String) -> SetupError { SetupError("\(file): not a readable zip archive: \(why).") }
    // The end record is 22 bytes and a comment of at most 65535.
    let first = max(0, bytes.count - 22 - 65535)
    guard bytes.count >= 22,
      let end = stride(from: bytes.count - 22, through: first, by: -1).first(where: {
        bytes[$0] == 0x50 && bytes[$0 + 1] == 0x4b && bytes[$0 + 2] == 5 && bytes[$0 + 3] == 6
      })
    else { throw fail("it has no end record and may be cut short") }
    var reader = ByteReader(bytes, file: file, at: end + 10)
    let count = Int(try reader.integer(UInt16.self, "the end record"))
    _ = try reader.integer(UInt32.self, "the end record")
    let start = Int(try reader.integer(UInt32.self, "the end record"))
    guard count != 0xffff, start <= end else { throw fail("its directory is not where it should be") }
    reader.at = start
    var entries: [Entry] = []
    for _ in 0..<count {
      guard try reader.integer(UInt32.self, "the directory") == 0x0201_4b50 else {
        throw fail("an entry of its directory is damaged")
      }
      _ = try reader.take(4, "the directory")
      let flags = try reader.integer(UInt16.self, "the directory")
      let method = Int(try reader.integer(UInt16.self, "the directory"))
      _ = try reader.take(4, "the directory")
      let checksum = try reader.integer(UInt32.self, "the directory")
      var compressed = Int(try reader.integer(UInt32.self, "the directory"))
      var size = Int(try reader.integer(UInt32.self, "the directory"))
      let nameLength = Int(try reader.integer(UInt16.self, "the directory"))
      let extraLength = Int(try reader.integer(UInt16.self, "the directory"))
      let commentLength = Int(try reader.integer(UInt16.self, "the directory"))
      _ = try reader.take(8, "the directory")
      var header = Int(try reader.integer(UInt32.self, "the directory"))
      let name = String(decoding: bytes[try reader.take(nameLength, "the directory")], as: UTF8.self)
      let afterExtra = reader.at + extraLength
      guard afterExtra <= bytes.count else { throw fail("an entry of its directory is damaged") }
      // Zip64: numbers that do not fit 32 bits follow in the extra field 1, in this order.
      while reader.at + 4 <= afterExtra {
        let kind = try reader.integer(UInt16.self, "the directory")
        let length = Int(try reader.integer(UInt16.self, "the directory"))
        let next = reader.at + length
        guard next <= afterExtra else { throw fail("an entry of its directory is damaged") }
        if kind == 1 {
          func wide(_ value: inout Int) throws {
            guard value == 0xffff_ffff, reader.at + 8 <= next else { return }
            value = Int(clamping: try reader.integer(UInt64.self, "the directory"))
          }
          try wide(&size)
          try wide(&compressed)
          try wide(&header)
        }
        reader.at = next
      }
      reader.at = afterExtra
      _ = try reader.take(commentLength, "the directory")
      guard flags & 1 == 0 else { throw fail("\"\(name)\" is encrypted") }
      entries.append(
        Entry(name: name, method: method, checksum: checksum, compressed: compressed, size: size, header: header))
    }
    self.entries = entries
  }

  /// What an entry holds.
  static func contents(_ entry: Entry, of bytes: [UInt8], named file: String) throws -> [UInt8] {
    let name = "\(file)#\(entry.name)"
    func fail(_ why: String) -> SetupError { SetupError("\(name): not readable: \(why).") }
    guard entry.header >= 0, entry.header <= bytes.count - 30 else { throw fail("its place is outside the archive") }
    var reader = ByteReader(bytes, file: name, at: entry.header)
    guard try reader.integer(UInt32.self, "its header") == 0x0403_4b50 else { throw fail("its header is damaged") }
    _ = try reader.take(22, "its header")
    let nameLength = Int(try reader.integer(UInt16.self, "its header"))
    let extraLength = Int(try reader.integer(UInt16.self, "its header"))
    _ = try reader.take(nameLength + extraLength, "its header")
    let range = try reader.take(entry.compressed, "its data")
    let contents: [UInt8]
    switch entry.method {
    case 0:
      guard entry.size == entry.compressed else { throw fail("it is stored, yet its two sizes differ") }
      contents = Array(bytes[range])
    case 8:
      contents = try inflated(
        bytes, range, to: entry.size, wrapping: Int32(BRAID_DEFLATE_RAW), file: name, what: "zip entry")
    default: throw fail("compression method \(entry.method); readable are 0 (stored) and 8 (deflated)")
    }
    guard braid_crc32(contents, contents.count) == entry.checksum else {
      throw fail("its checksum does not match its contents")
    }
    return contents
  }
}
