import BraidCore
import CBraidCodecs

/// JPEG through libjpeg: baseline, progressive and arithmetic-coded; grey, RGB, YCbCr, CMYK and YCCK (Adobe's inverted ones too).
public enum JPEG {
  /// Decodes to RGB, upright.
  ///
  /// libjpeg can decode at 1/8 … 8/8 of the size at a fraction of the work, by transforming fewer frequencies of each block;
  /// the smallest of these that is still `atLeast` the wanted size is used.
  /// - Parameters:
  ///   - file: what messages call it.
  ///   - atLeast: of the upright picture. Nil: full size.
  /// - Throws: `SetupError` naming the file when it is damaged, cut short, or claims more pixels than its bytes can hold.
  public static func decode(
    _ bytes: [UInt8], named file: String, atLeast wanted: (width: Int, height: Int)? = nil
  ) throws -> Picture {
    let orientation = exifOrientation(bytes)
    let stored = wanted.map { orientation >= 5 ? ($0.height, $0.width) : $0 }
    return try withFile(bytes, named: file, atLeast: stored) { opened, header in
      let (width, height) = (Int(header.scaled_width), Int(header.scaled_height))
      var pixels = [UInt8](repeating: 0, count: width * height * 3)
      try codec(file, "JPEG file") { braid_jpeg_decode(opened, &pixels, $0) }
      return Picture(width: width, height: height, channels: 3, pixels: pixels).oriented(orientation)
    }
  }

  /// Calls `body` with a file whose header has been read.
  /// - Parameter wanted: of the picture as it is stored.
  static func withFile<Result>(
    _ bytes: [UInt8], named file: String, atLeast wanted: (width: Int, height: Int)?,
    _ body: (OpaquePointer, braid_jpeg_header) throws -> Result
  ) throws -> Result {
    try bytes.withUnsafeBufferPointer { from in
      guard let base = from.baseAddress else { throw SetupError("\(file): the file is empty; expected a JPEG file.") }
      let (width, height) = (Int32(clamping: wanted?.width ?? 0), Int32(clamping: wanted?.height ?? 0))
      var header = braid_jpeg_header()
      var opened: OpaquePointer?
      try codec(file, "JPEG file") { braid_jpeg_open(base, from.count, width, height, &header, &opened, $0) }
      defer { braid_jpeg_close(opened) }
      return try body(opened!, header)
    }
  }

  /// The orientation an EXIF segment states, 1 (as stored) when there is none or it makes no sense.
  ///
  /// EXIF is a TIFF structure in the APP1 segment: byte order, offset of a directory, entries of 12 bytes; tag 0x0112 has it.
  /// A damaged segment is no reason to refuse a good picture: it counts as none.
  public static func exifOrientation(_ bytes: [UInt8]) -> Int {
    var at = 2
    while at + 4 <= bytes.count, bytes[at] == 0xff {
      let marker = bytes[at + 1]
      if marker == 0xff { at += 1; continue }  // fill byte
      if marker == 0x01 || (0xd0...0xd8).contains(marker) { at += 2; continue }  // markers without a length
      if marker == 0xda || marker == 0xd9 { break }  // the scan begins, or the end
      let length = Int(bytes[at + 2]) << 8 | Int(bytes[at + 3])
      guard length >= 2, at + 2 + length <= bytes.count else { break }
      let segment = bytes[(at + 4)..<(at + 2 + length)]
      if marker == 0xe1, segment.starts(with: Array("Exif\0\0".utf8)) {
        return orientation(tiff: segment.dropFirst(6)) ?? 1
      }
      at += 2 + length
    }
    return 1
  }

  private static func orientation(tiff: ArraySlice<UInt8>) -> Int? {
    let base = tiff.startIndex
    let little: Bool
    if tiff.starts(with: Array("II*\0".utf8)) {
      little = true
    } else if tiff.starts(with: Array("MM\0*".utf8)) {
      little = false
    } else {
      return nil
    }
    func number(_ offset: Int, _ count: Int) -> Int? {
      guard offset >= 0, offset <= tiff.count - count else { return nil }
      let part = tiff[(base + offset)..<(base + offset + count)]
      return little ? part.reversed().reduce(0) { $0 << 8 | Int($1) } : part.reduce(0) { $0 << 8 | Int($1) }
    }
    guard let directory = number(4, 4), let entries = number(directory, 2) else { return nil }
    for entry in 0..<entries {
      let offset = directory + 2 + entry * 12
      guard let tag = number(offset, 2) else { return nil }
      guard tag == 0x0112 else { continue }
      guard number(offset + 2, 2) == 3, let value = number(offset + 8, 2), (1...8).contains(value) else { return nil }
      return value
    }
    return nil
  }
}
