import BraidCore

/// The IDX format of MNIST, plain or gzip-compressed: two zero bytes, the element type, the number of axes, the extents
/// (32 bits, big-endian), then the numbers, big-endian.
public enum IDX {
  /// - Throws: `SetupError` naming the file when the header makes no sense or there are more or fewer bytes than it claims.
  public static func array(_ bytes: [UInt8], named file: String) throws -> NumericArray {
    let bytes = try gunzipped(bytes, named: file)
    var reader = ByteReader(bytes, file: file)
    let start = try reader.take(4, "the header").map { bytes[$0] }
    let formats: [UInt8: NumberFormat] = [
      0x08: .init(kind: .unsigned, width: 1, bigEndian: true), 0x09: .init(kind: .signed, width: 1, bigEndian: true),
      0x0b: .init(kind: .signed, width: 2, bigEndian: true), 0x0c: .init(kind: .signed, width: 4, bigEndian: true),
      0x0d: .init(kind: .float, width: 4, bigEndian: true), 0x0e: .init(kind: .float, width: 8, bigEndian: true),
    ]
    guard start[0] == 0, start[1] == 0, let format = formats[start[2]], (1...8).contains(start[3]) else {
      throw SetupError(
        "\(file): not an IDX file: it begins with the bytes \(start); expected 0, 0, a type and 1 … 8 axes.")
    }
    let shape = try (0..<Int(start[3])).map { _ in Int(try reader.integer(UInt32.self, bigEndian: true, "the extents"))
    }
    guard let size = byteCount(shape, width: format.width, limit: reader.left), size == reader.left else {
      throw SetupError(
        "\(file): an IDX file of \(shape.map(String.init).joined(separator: " × ")) numbers does not take the \(reader.left) bytes "
          + "that follow its header. The file may be cut short.")
    }
    return NumericArray(format.elements(bytes, at: reader.at, count: size / format.width), shape: shape)
  }
}
