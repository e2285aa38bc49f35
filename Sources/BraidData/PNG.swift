import BraidCore
import CBraidCodecs

/// PNG through libpng: grey, palette, RGB, with alpha or tRNS, 1 … 16 bits, interlaced or not.
public enum PNG {
  /// The eight bytes every PNG file begins with.
  public static let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

  /// Decodes to RGBA with 8 bits a channel, alpha not premultiplied. Put it over a colour with `Picture.over`.
  /// - Throws: `SetupError` naming the file when it is damaged, cut short, or claims more pixels than its bytes can hold.
  public static func decode(_ bytes: [UInt8], named file: String) throws -> Picture {
    var (width, height): (Int32, Int32) = (0, 0)
    try bytes.withUnsafeBufferPointer { from in
      guard let base = from.baseAddress else { throw SetupError("\(file): the file is empty; expected a PNG file.") }
      try codec(file, "PNG file") { braid_png_read_header(base, from.count, &width, &height, $0) }
    }
    var pixels = [UInt8](repeating: 0, count: Int(width) * Int(height) * 4)
    try bytes.withUnsafeBufferPointer { from in
      try pixels.withUnsafeMutableBufferPointer { to in
        try codec(file, "PNG file") {
          braid_png_decode(from.baseAddress!, from.count, width, height, to.baseAddress!, $0)
        }
      }
    }
    return Picture(width: Int(width), height: Int(height), channels: 4, pixels: pixels)
  }

  /// The picture as a PNG file.
  public static func encode(_ picture: Picture) throws -> [UInt8] {
    let (width, height, channels) = (Int32(picture.width), Int32(picture.height), Int32(picture.channels))
    var size = 0
    try codec("picture", "picture") { braid_png_encode(picture.pixels, width, height, channels, nil, &size, $0) }
    var file = [UInt8](repeating: 0, count: size)
    try codec("picture", "picture") { braid_png_encode(picture.pixels, width, height, channels, &file, &size, $0) }
    return Array(file.prefix(size))
  }
}
