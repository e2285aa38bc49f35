import CBraidCodecs

/// Which part of a picture is shown, how large, and where in the result.
struct Frame {
  let width: Int, height: Int
  /// What is resized: left, top, and extents.
  let box: (x: Double, y: Double, width: Double, height: Double)
  /// Where it goes: left, top, and extents.
  let target: (x: Int, y: Int, width: Int, height: Int)
  /// Whether the target leaves some of the result to the background.
  let hasMargin: Bool
  /// Whether the box is the picture.
  var isWhole: Bool { box.width == Double(width) && box.height == Double(height) && !hasMargin }

  /// - Parameters:
  ///   - width: of the picture.
  ///   - newWidth: of the result.
  init(width: Int, height: Int, into newWidth: Int, _ newHeight: Int, _ fit: Fit) {
    (self.width, self.height) = (width, height)
    let (w, h) = (Double(width), Double(height))
    let (across, down) = (Double(newWidth) / w, Double(newHeight) / h)
    switch fit {
    case .stretch: (box, target) = ((0, 0, w, h), (0, 0, newWidth, newHeight))
    case .crop:
      let scale = max(across, down)
      let (cutWidth, cutHeight) = (min(w, Double(newWidth) / scale), min(h, Double(newHeight) / scale))
      (box, target) = (((w - cutWidth) / 2, (h - cutHeight) / 2, cutWidth, cutHeight), (0, 0, newWidth, newHeight))
    case .pad:
      let scale = min(across, down)
      let (innerWidth, innerHeight) = (
        min(newWidth, max(1, Int((w * scale).rounded()))), min(newHeight, max(1, Int((h * scale).rounded())))
      )
      box = (0, 0, w, h)
      target = ((newWidth - innerWidth) / 2, (newHeight - innerHeight) / 2, innerWidth, innerHeight)
    }
    hasMargin = target.width < newWidth || target.height < newHeight
  }

  /// Calls `body` with what the C side wants to know.
  func withResizing<Result>(
    to planes: Planes, asGrey: Bool, _ body: (inout braid_resizing) throws -> Result
  ) rethrows -> Result {
    let columns = Taps(from: box.x, box.width, of: width, to: target.width)
    let rows = Taps(from: box.y, box.height, of: height, to: target.height)
    return try columns.withC { columns in
      try rows.withC { rows in
        let start = target.y * planes.down + target.x * planes.across
        var resizing = braid_resizing(
          width: Int32(width), height: Int32(height), columns: columns, rows: rows, grey: asGrey ? 1 : 0,
          channels: Int32(planes.channels), bytes: planes.bytes.map { $0 + start },
          floats: planes.floats.map { $0 + start }, across: planes.across, down: planes.down, next: planes.next)
        return try body(&resizing)
      }
    }
  }
}

/// Where resized pixels go: bytes, or floats in 0 … 1.
struct Planes {
  var bytes: UnsafeMutablePointer<UInt8>?, floats: UnsafeMutablePointer<Float>?
  let channels: Int
  /// From an element to the one on its right, below it, and of the next channel.
  let across: Int, down: Int, next: Int

  /// Channels side by side: `[height, width, channels]`.
  init(_ bytes: UnsafeMutablePointer<UInt8>, width: Int, channels: Int, isInterleaved: Bool) {
    self.bytes = bytes
    self.channels = channels
    (across, down, next) = (channels, width * channels, 1)
  }

  /// One plane after the other: `[channels, height, width]`.
  init(
    bytes: UnsafeMutablePointer<UInt8>? = nil, floats: UnsafeMutablePointer<Float>? = nil, width: Int, height: Int,
    channels: Int
  ) {
    (self.bytes, self.floats, self.channels) = (bytes, floats, channels)
    (across, down, next) = (1, width, width * height)
  }
}

/// Which elements of a line each element of a resized line is made of, and how much of each.
private struct Taps {
  var first: [Int32] = [], counts: [Int32] = []
  /// `stride` a place, of which `counts` are used.
  var weights: [Float]
  let stride: Int

  init(from start: Double, _ length: Double, of size: Int, to count: Int) {
    let scale = length / Double(count)
    let support = max(1, scale)
    stride = Int(support.rounded(.up)) * 2 + 1
    weights = Array(repeating: 0, count: stride * count)
    first.reserveCapacity(count)
    counts.reserveCapacity(count)
    for place in 0..<count {
      let center = start + (Double(place) + 0.5) * scale
      let low = max(0, Int(center - support + 0.5)), high = max(min(size, Int(center + support + 0.5)), low + 1)
      func share(_ element: Int) -> Double { max(0, 1 - abs((Double(element) + 0.5 - center) / support)) }
      var total = 0.0
      for element in low..<high { total += share(element) }
      first.append(Int32(low))
      counts.append(Int32(high - low))
      for element in low..<high {
        weights[place * stride + element - low] = total > 0 ? Float(share(element) / total) : 1 / Float(high - low)
      }
    }
  }

  func withC<Result>(_ body: (braid_taps) throws -> Result) rethrows -> Result {
    try first.withUnsafeBufferPointer { first in
      try counts.withUnsafeBufferPointer { counts in
        try weights.withUnsafeBufferPointer { weights in
          try body(
            braid_taps(
              count: Int32(first.count), stride: Int32(stride), first: first.baseAddress, counts: counts.baseAddress,
              weights: weights.baseAddress))
        }
      }
    }
  }
}
