import BraidCore
import CBraidCodecs

/// Deflate packs at most 1032 bytes into one; what claims more is damaged or hostile and nothing is allocated for it.
private let mostBytesAByte = 1032

/// Decompresses exactly `size` bytes out of `range` of `bytes`.
func inflated(_ bytes: [UInt8], _ range: Range<Int>, to size: Int, wrapping: Int32, file: String, what: String) throws
  -> [UInt8]
{
  guard size >= 0, size <= range.count * mostBytesAByte + 64 else {
    throw SetupError("\(file): not a readable \(what): it claims \(size) bytes out of \(range.count) compressed ones.")
  }
  var produced = 0
  // One more than claimed, so that an excess is seen.
  var result = [UInt8](repeating: 0, count: size + 1)
  try codec(file, what) { message in
    bytes.withUnsafeBufferPointer { from in
      result.withUnsafeMutableBufferPointer { to in
        braid_inflate(
          from.baseAddress! + range.lowerBound, range.count, wrapping, to.baseAddress!, to.count, &produced, message)
      }
    }
  }
  guard produced == size else {
    throw SetupError("\(file): not a readable \(what): found \(produced) bytes when decompressed; it claims \(size).")
  }
  result.removeLast()
  return result
}

/// The contents of a gzip file (RFC 1952) of one member, or the bytes themselves when they are not gzip.
func gunzipped(_ bytes: [UInt8], named file: String) throws -> [UInt8] {
  guard bytes.starts(with: [0x1f, 0x8b]) else { return bytes }
  guard bytes.count >= 18 else {
    throw SetupError("\(file): not a readable gzip file: \(bytes.count) bytes are too few.")
  }
  // The last four bytes are the length of the contents.
  let size = bytes.suffix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
  return try inflated(
    bytes, 0..<bytes.count, to: size, wrapping: Int32(BRAID_DEFLATE_GZIP), file: file, what: "gzip file")
}
