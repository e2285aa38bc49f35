import BraidCore
import CBraidCodecs

/// A decoded picture: bytes, row-major, the channels of a pixel side by side.
public struct Picture: Sendable, Hashable {
  /// In pixels.
  public let width: Int, height: Int
  /// 1 grey, 3 RGB, 4 RGBA (alpha not premultiplied).
  public let channels: Int
  /// `height · width · channels` of them.
  public let pixels: [UInt8]

  /// Stops when the bytes do not fit the size.
  public init(width: Int, height: Int, channels: Int, pixels: [UInt8]) {
    guard width > 0, height > 0, [1, 3, 4].contains(channels), pixels.count == width * height * channels else {
      fatalError("picture: \(pixels.count) bytes for \(width) × \(height) pixels of \(channels) channels")
    }
    (self.width, self.height, self.channels, self.pixels) = (width, height, channels, pixels)
  }

  /// Decodes JPEG or PNG, told apart by their first bytes.
  /// - Parameters:
  ///   - file: what messages call it.
  ///   - atLeast: JPEG may be decoded at a fraction of its size that is still as large as this; PNG never is.
  ///   - background: the colour under a transparent PNG.
  /// - Returns: an RGB picture, upright (EXIF orientation is applied).
  /// - Throws: `SetupError` naming the file when it is neither, damaged or cut short.
  public static func decode(
    _ bytes: [UInt8], named file: String, atLeast wanted: (width: Int, height: Int)? = nil,
    background: (red: UInt8, green: UInt8, blue: UInt8) = (255, 255, 255)
  ) throws -> Picture {
    if bytes.starts(with: [0xff, 0xd8]) { return try JPEG.decode(bytes, named: file, atLeast: wanted) }
    if bytes.starts(with: PNG.signature) { return try PNG.decode(bytes, named: file).over(background) }
    let start = bytes.prefix(4).map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: " ")
    throw SetupError(
      "\(file): not a picture: " + (bytes.isEmpty ? "the file is empty" : "it begins with the bytes \(start)")
        + "; expected a JPEG or PNG file.")
  }

  /// An RGBA picture over a colour, as RGB; grey as RGB; RGB as it is.
  public func over(_ background: (red: UInt8, green: UInt8, blue: UInt8)) -> Picture {
    guard channels != 3 else { return self }
    let colour = [Int(background.red), Int(background.green), Int(background.blue)]
    let result = [UInt8](unsafeUninitializedCapacity: width * height * 3) { out, count in
      for pixel in 0..<(width * height) {
        for c in 0..<3 {
          if channels == 1 {
            out[pixel * 3 + c] = pixels[pixel]
          } else {
            let alpha = Int(pixels[pixel * 4 + 3])
            out[pixel * 3 + c] = UInt8((Int(pixels[pixel * 4 + c]) * alpha + colour[c] * (255 - alpha) + 127) / 255)
          }
        }
      }
      count = width * height * 3
    }
    return Picture(width: width, height: height, channels: 3, pixels: result)
  }

  /// RGB as grey, by the luma of ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B.
  public var grey: Picture {
    guard channels == 3 else { return channels == 1 ? self : over((255, 255, 255)).grey }
    let result = [UInt8](unsafeUninitializedCapacity: width * height) { out, count in
      for pixel in 0..<(width * height) {
        let (r, g, b) = (Int(pixels[pixel * 3]), Int(pixels[pixel * 3 + 1]), Int(pixels[pixel * 3 + 2]))
        out[pixel] = UInt8((r * 19595 + g * 38470 + b * 7471 + 0x8000) >> 16)
      }
      count = width * height
    }
    return Picture(width: width, height: height, channels: 1, pixels: result)
  }

  /// The picture as EXIF orientation 1 … 8 says it is to be seen; other numbers change nothing.
  public func oriented(_ orientation: Int) -> Picture {
    guard (2...8).contains(orientation) else { return self }
    let (w, h) = (width, height)
    let turned = orientation >= 5
    let (newWidth, newHeight) = turned ? (h, w) : (w, h)
    let result = [UInt8](unsafeUninitializedCapacity: pixels.count) { out, count in
      for y in 0..<newHeight {
        for x in 0..<newWidth {
          let (fromX, fromY) =
            switch orientation {
            case 2: (w - 1 - x, y)
            case 3: (w - 1 - x, h - 1 - y)
            case 4: (x, h - 1 - y)
            case 5: (y, x)
            case 6: (y, h - 1 - x)
            case 7: (w - 1 - y, h - 1 - x)
            default: (w - 1 - y, x)
            }
          for c in 0..<channels { out[(y * newWidth + x) * channels + c] = pixels[(fromY * w + fromX) * channels + c] }
        }
      }
      count = pixels.count
    }
    return Picture(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }
}
