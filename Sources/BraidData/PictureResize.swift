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
    resized(from: (0, 0, Double(width), Double(height)), width: newWidth, height: newHeight)
  }

  /// The picture at a size of possibly other proportions.
  public func resized(
    width newWidth: Int, height newHeight: Int, fit: Fit, background: (red: UInt8, green: UInt8, blue: UInt8)
  ) -> Picture {
    let (w, h) = (Double(width), Double(height))
    let (across, down) = (Double(newWidth) / w, Double(newHeight) / h)
    switch fit {
    case .stretch: return resized(width: newWidth, height: newHeight)
    case .crop:
      let scale = max(across, down)
      let (cutWidth, cutHeight) = (min(w, Double(newWidth) / scale), min(h, Double(newHeight) / scale))
      return resized(
        from: ((w - cutWidth) / 2, (h - cutHeight) / 2, cutWidth, cutHeight), width: newWidth, height: newHeight)
    case .pad:
      let scale = min(across, down)
      let (innerWidth, innerHeight) = (
        min(newWidth, max(1, Int((w * scale).rounded()))), min(newHeight, max(1, Int((h * scale).rounded())))
      )
      let inner = resized(width: innerWidth, height: innerHeight)
      let (left, top) = ((newWidth - innerWidth) / 2, (newHeight - innerHeight) / 2)
      let colour = [background.red, background.green, background.blue, 255]
      let fill = channels == 1 ? [Picture(width: 1, height: 1, channels: 3, pixels: Array(colour.prefix(3))).grey.pixels[0]] : colour
      var out = [UInt8](repeating: 0, count: newWidth * newHeight * channels)
      for y in 0..<newHeight {
        for x in 0..<newWidth {
          let inside = x >= left && x < left + innerWidth && y >= top && y < top + innerHeight
          for c in 0..<channels {
            out[(y * newWidth + x) * channels + c] =
              inside ? inner.pixels[((y - top) * innerWidth + x - left) * channels + c] : fill[c]
          }
        }
      }
      return Picture(width: newWidth, height: newHeight, channels: channels, pixels: out)
    }
  }

  private func resized(
    from box: (x: Double, y: Double, width: Double, height: Double), width newWidth: Int, height newHeight: Int
  ) -> Picture {
    if newWidth == width, newHeight == height, box.x == 0, box.y == 0 { return self }
    let columns = Taps(from: box.x, box.width, of: width, to: newWidth)
    let rows = Taps(from: box.y, box.height, of: height, to: newHeight)
    let (channels, width) = (self.channels, self.width)
    let rowWidth = newWidth * channels
    // Only the rows that some output row reads.
    let needed = rows.first[0]..<(rows.first[newHeight - 1] + rows.counts[newHeight - 1])
    let result = [UInt8](unsafeUninitializedCapacity: newHeight * rowWidth) { out, count in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: (needed.count + 1) * rowWidth) { scratch in
        let between = scratch.baseAddress!, sums = between + needed.count * rowWidth
        pixels.withUnsafeBufferPointer { source in
          for y in needed {
            let row = source.baseAddress! + y * width * channels
            let to = between + (y - needed.lowerBound) * rowWidth
            for x in 0..<newWidth {
              for c in 0..<channels {
                var sum: Float = 0
                for tap in 0..<columns.counts[x] {
                  sum += columns.weights[x * columns.stride + tap] * Float(row[(columns.first[x] + tap) * channels + c])
                }
                to[x * channels + c] = sum
              }
            }
          }
        }
        for y in 0..<newHeight {
          for k in 0..<rowWidth { sums[k] = 0.5 }
          for tap in 0..<rows.counts[y] {
            let weight = rows.weights[y * rows.stride + tap]
            let from = between + (rows.first[y] + tap - needed.lowerBound) * rowWidth
            for k in 0..<rowWidth { sums[k] += weight * from[k] }
          }
          for k in 0..<rowWidth { out[y * rowWidth + k] = UInt8(max(0, min(255, sums[k]))) }
        }
      }
      count = newHeight * rowWidth
    }
    return Picture(width: newWidth, height: newHeight, channels: channels, pixels: result)
  }
}

/// Which elements of a line each element of a resized line is made of, and how much of each.
private struct Taps {
  var first: [Int] = [], counts: [Int] = []
  /// `stride` a place, of which `counts` are used.
  var weights: [Float]
  let stride: Int

  init(from start: Double, _ length: Double, of size: Int, to count: Int) {
    let scale = length / Double(count)
    let support = max(1, scale)
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = Array(repeating: 0, count: stride * count)
    for place in 0..<count {
      let center = start + (Double(place) + 0.5) * scale
      let low = max(0, Int(center - support + 0.5)), high = min(size, Int(center + support + 0.5))
      let raw = (low..<max(high, low + 1)).map { max(0, 1 - abs((Double($0) + 0.5 - center) / support)) }
      let total = raw.reduce(0, +)
      first.append(low)
      counts.append(raw.count)
      for (tap, weight) in raw.enumerated() {
        weights[place * stride + tap] = total > 0 ? Float(weight / total) : 1 / Float(raw.count)
      }
    }
  }
}
