import CBraidKernels

/// A table of offsets, in pooled memory: where the left operand of an indirect product is read.
struct Offsets {
  private let memory: Tensor
  let count: Int
  let pointer: UnsafeMutablePointer<Int32>

  /// A table whose entries the caller writes.
  init(_ count: Int) {
    self.count = count
    memory = Tensor(uninitialized: Shape(count))
    pointer = UnsafeMutableRawPointer(memory.pointer).bindMemory(to: Int32.self, capacity: count)
  }

  init(_ count: Int, _ offset: (Int) -> Int) {
    self.init(count)
    for index in 0..<count { pointer[index] = Int32(offset(index)) }
  }
}

/// The right operand of an indirect product: panels of 16 columns.
struct Panels {
  private let memory: Tensor
  /// Columns including those that fill the last panel.
  let stride: Int
  var pointer: UnsafeMutablePointer<Float> { memory.pointer }

  static let width = Int(BRAID_PANEL)
  static func stride(_ columns: Int) -> Int { (columns + width - 1) / width * width }

  init(depth: Int, columns: Int) {
    stride = Panels.stride(columns)
    memory = Tensor(uninitialized: Shape(depth, stride))
  }
}

/// A range of pixels cut into even parts of at most so many.
struct Chunks: Sequence, IteratorProtocol {
  /// Pixels whose products stay in the second-level cache.
  static let most = 768
  /// Pixels, in whole tiles of six and four tiles at least, whose products, `stride` floats each, otherwise are at most
  /// 24 KB: read again while the first-level cache has them.
  static func near(stride: Int) -> Int { Swift.min(most, Swift.max(24, (6 << 10) / stride / 6 * 6)) }
  private let total, size: Int
  private var start = 0

  init(_ total: Int, most: Int = Chunks.most) {
    self.total = total
    let parts = (total + most - 1) / most
    size = parts == 0 ? 0 : ((total + parts - 1) / parts + 5) / 6 * 6  // whole tiles of six
  }

  mutating func next() -> (start: Int, count: Int)? {
    guard start < total else { return nil }
    defer { start += size }
    return (start, Swift.min(size, total - start))
  }
}
