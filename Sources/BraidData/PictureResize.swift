import CBraidCodecs

/// How a picture is brought to a size of other proportions.
public enum Fit: String, Sendable, CaseIterable {
  /// Both sides to the wanted size; proportions change.
  case stretch
  /// The largest part in the middle with the wanted proportions.
  case crop
  /// The whole picture in the middle, the rest filled with the background.
  case pad
}

extension Picture {
  /// The picture at another size: a triangle filter as wide as the reduction (bilinear when enlarging), so that every pixel of
  /// the original counts and nothing flickers. Rows first, then columns; the edge is renormalised. The same definition as
  /// Pillow's `resize(…, BILINEAR)`, which rounds once more between the passes.
  public func resized(width newWidth: Int, height newHeight: Int) -> Picture {
    resized(width: newWidth, height: newHeight, fit: .stretch, background: (0, 0, 0))
  }

  /// The picture at a size of possibly other proportions.
  public func resized(
    width newWidth: Int, height newHeight: Int, fit: Fit, background: (red: UInt8, green: UInt8, blue: UInt8)
  ) -> Picture {
    let frame = Frame(width: width, height: height, into: newWidth, newHeight, fit)
    if frame.isWhole, newWidth == width, newHeight == height { return self }
    var fill = [background.red, background.green, background.blue, 255]
    if channels == 1 { fill = Picture(width: 1, height: 1, channels: 3, pixels: Array(fill.prefix(3))).grey.pixels }
    let result = [UInt8](unsafeUninitializedCapacity: newWidth * newHeight * channels) { out, count in
      count = newWidth * newHeight * channels
      if frame.hasMargin { for k in 0..<count { out.initializeElement(at: k, to: fill[k % channels]) } }
      write(frame, to: Planes(out.baseAddress!, width: newWidth, channels: channels, isInterleaved: true))
    }
    return Picture(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }

  /// Resizes the part a frame shows to where the frame stands.
  func write(_ frame: Frame, to planes: Planes, asGrey: Bool = false) {
    frame.withResizing(to: planes, asGrey: asGrey) { resizing in
      do { try codec("picture", "picture") { braid_resize(&resizing, pixels, Int32(channels), $0) } } catch {
        fatalError("\(error)")
      }
    }
  }
}
