import BraidCore
import CBraidCodecs

/// Brings pictures of any size into planes of one size, `[channels, height, width]`, as tensors hold them.
///
/// The result is that of `Picture.decode(…, atLeast:)`, `over` or `grey`, and `resized`, to the byte. An upright JPEG
/// is resized row by row while it is decoded, so that only the rows a filter needs are ever kept.
public struct PictureReader: Sendable {
  /// Of every picture it gives, in pixels.
  public let width: Int, height: Int
  /// 3: red, green and blue; 1: grey.
  public let channels: Int
  /// What becomes of other proportions.
  public let fit: Fit
  /// The colour of margins and under transparent parts.
  public let background: (red: UInt8, green: UInt8, blue: UInt8)
  /// Elements of one picture.
  public var count: Int { channels * height * width }

  /// Stops when a side is below 1 or there are neither 1 nor 3 channels.
  public init(
    width: Int, height: Int, channels: Int = 3, fit: Fit = .stretch,
    background: (red: UInt8, green: UInt8, blue: UInt8) = (255, 255, 255)
  ) {
    guard width > 0, height > 0, channels == 1 || channels == 3 else {
      fatalError("picture reader: \(width) × \(height) pixels of \(channels) channels")
    }
    (self.width, self.height, self.channels, self.fit, self.background) = (width, height, channels, fit, background)
  }

  /// Reads a JPEG or PNG file into bytes.
  /// - Parameters:
  ///   - file: what messages call it.
  ///   - planes: `count` of them. After an error their content means nothing.
  /// - Throws: `SetupError` naming the file when it is neither, damaged or cut short.
  public func read(_ bytes: [UInt8], named file: String, into planes: UnsafeMutablePointer<UInt8>) throws {
    try read(bytes, file, Planes(bytes: planes, width: width, height: height, channels: channels))
  }

  /// Reads a JPEG or PNG file into floats, bytes divided by 255: 0 … 1.
  /// - Parameters:
  ///   - file: what messages call it.
  ///   - planes: `count` of them. After an error their content means nothing.
  /// - Throws: `SetupError` naming the file when it is neither, damaged or cut short.
  public func read(_ bytes: [UInt8], named file: String, into planes: UnsafeMutablePointer<Float>) throws {
    try read(bytes, file, Planes(floats: planes, width: width, height: height, channels: channels))
  }

  /// Brings a decoded picture into bytes.
  /// - Parameter planes: `count` of them.
  public func write(_ picture: Picture, into planes: UnsafeMutablePointer<UInt8>) {
    write(picture, Planes(bytes: planes, width: width, height: height, channels: channels))
  }

  private func read(_ bytes: [UInt8], _ file: String, _ planes: Planes) throws {
    guard bytes.starts(with: [0xff, 0xd8]), JPEG.exifOrientation(bytes) == 1 else {
      return write(try Picture.decode(bytes, named: file, atLeast: (width, height), background: background), planes)
    }
    try JPEG.withFile(bytes, named: file, atLeast: (width, height)) { opened, header in
      let frame = Frame(
        width: Int(header.scaled_width), height: Int(header.scaled_height), into: width, height, fit)
      if frame.hasMargin { fill(planes) }
      try frame.withResizing(to: planes, asGrey: channels == 1) { resizing in
        try codec(file, "JPEG file") { braid_jpeg_resize(opened, &resizing, $0) }
      }
    }
  }

  private func write(_ picture: Picture, _ planes: Planes) {
    let picture = picture.channels == 4 ? picture.over(background) : picture
    let frame = Frame(width: picture.width, height: picture.height, into: width, height, fit)
    if frame.hasMargin { fill(planes) }
    if picture.channels == 1, channels == 3 { return picture.over(background).write(frame, to: planes) }
    picture.write(frame, to: planes, asGrey: channels == 1 && picture.channels == 3)
  }

  /// The background everywhere.
  private func fill(_ planes: Planes) {
    let colour = Picture(width: 1, height: 1, channels: 3, pixels: [background.red, background.green, background.blue])
    let values = channels == 1 ? colour.grey.pixels : colour.pixels
    for channel in 0..<channels {
      let start = channel * width * height
      planes.bytes.map { ($0 + start).update(repeating: values[channel], count: width * height) }
      planes.floats.map { ($0 + start).update(repeating: Float(values[channel]) / 255, count: width * height) }
    }
  }
}
