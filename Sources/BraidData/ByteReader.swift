import BraidCore

/// Reads numbers out of bytes one after the other; going past the end is an error that names the file, never a trap.
struct ByteReader {
  let bytes: [UInt8]
  let file: String
  /// The next byte to read.
  var at: Int
  /// One past the last byte that may be read.
  let end: Int

  init(_ bytes: [UInt8], file: String, at: Int = 0) {
    (self.bytes, self.file, self.at, end) = (bytes, file, at, bytes.count)
  }

  /// How many bytes are left.
  var left: Int { end - at }

  /// Passes over `count` bytes and returns where they are.
  mutating func take(_ count: Int, _ what: @autoclosure () -> String) throws -> Range<Int> {
    guard count >= 0, count <= left else {
      throw SetupError(
        "\(file): ends within \(what()): \(max(0, left)) bytes are left, \(count) are needed. It may be cut short.")
    }
    defer { at += count }
    return at..<(at + count)
  }

  /// The next whole number.
  mutating func integer<Word: FixedWidthInteger>(
    _ type: Word.Type, bigEndian: Bool = false, _ what: @autoclosure () -> String
  ) throws -> Word {
    let range = try take(MemoryLayout<Word>.size, what())
    let word = bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: range.lowerBound, as: Word.self) }
    return bigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
  }

  /// The next `count` bytes as text, Latin-1, for four-letter tags and the like.
  mutating func tag(_ count: Int, _ what: @autoclosure () -> String) throws -> String {
    String(String.UnicodeScalarView(bytes[try take(count, what())].map { Unicode.Scalar($0) }))
  }
}

/// The product of extents times the bytes an element takes, nil when it does not fit or exceeds `limit`.
func byteCount(_ shape: [Int], width: Int, limit: Int) -> Int? {
  var size = width
  for extent in shape {
    guard extent >= 0 else { return nil }
    let (product, overflow) = size.multipliedReportingOverflow(by: extent)
    guard !overflow else { return nil }
    size = product
  }
  return size <= limit ? size : nil
}
