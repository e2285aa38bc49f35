import CBraidKernels

/// The blocks of one size, in a ring. Which of them are free is seen only by looking: those that nobody else refers to.
///
/// What was handed out last is looked at first: it lies in the cache, and an evaluation needs few blocks. Then the ring is
/// followed from where the last search ended: in a training step what lies ahead was given up longest ago. A search
/// looks at a bounded number of blocks, so that thousands of live ones cost nobody a walk past all of them.
struct Shelf {
  private var storages: UnsafeMutablePointer<TensorStorage>?
  private var count = 0, capacity = 0
  /// Where the search goes on.
  private var cursor = 0
  /// How many blocks may be looked at. Each search adds to it: `looks`, and one for a page of the block, since looking
  /// costs a small part of filling it. New blocks are made when it is used up, so a shelf grows until about one of
  /// `looks` blocks is free, and no further.
  private var patience = 0
  private static let looks = 8
  /// How many of those handed out last are looked at first.
  private static let recent = 3

  /// A block nobody refers to, or nil when none was found.
  @inline(__always)
  mutating func next(bytes: Int) -> TensorStorage? {
    guard let storages, braid_memory_is_used_again() != 0 else { return nil }
    var place = cursor
    for _ in 0..<min(Shelf.recent, count) {
      place = (place == 0 ? count : place) &- 1
      if isKnownUniquelyReferenced(&storages[place]) { return storages[place] }
    }
    patience = min(patience &+ Shelf.looks &+ bytes &>> 12, count)
    while patience > 0 {
      patience &-= 1
      place = cursor
      cursor = place &+ 1 == count ? 0 : place &+ 1
      if isKnownUniquelyReferenced(&storages[place]) { return storages[place] }
    }
    return nil
  }

  /// Takes a new block in, as the one handed out last.
  mutating func insert(_ storage: TensorStorage) {
    guard braid_memory_is_used_again() != 0 else { return }
    if count == capacity {
      capacity = max(2 * capacity, 8)
      let larger = UnsafeMutablePointer<TensorStorage>.allocate(capacity: capacity)
      if let storages {
        larger.moveInitialize(from: storages, count: count)
        storages.deallocate()
      }
      storages = larger
    }
    guard let storages else { return }
    (storages + count).initialize(to: storage)
    swap(&storages[count], &storages[cursor])
    count += 1
    cursor = cursor + 1 == count ? 0 : cursor + 1
  }

  /// How many blocks nobody else refers to.
  var waiting: Int {
    guard let storages else { return 0 }
    return (0..<count).reduce(0) { $0 + (isKnownUniquelyReferenced(&storages[$1]) ? 1 : 0) }
  }

  /// Gives up the blocks nobody else refers to.
  mutating func trim() {
    guard let storages else { return }
    var kept = 0
    for place in 0..<count {
      if isKnownUniquelyReferenced(&storages[place]) {
        (storages + place).deinitialize(count: 1)
      } else {
        if place != kept { (storages + kept).moveInitialize(from: storages + place, count: 1) }
        kept += 1
      }
    }
    (count, cursor, patience) = (kept, 0, 0)
  }

  /// Gives up all of them: those in use end with their last tensor.
  mutating func end() {
    storages?.deinitialize(count: count).deallocate()
    self = Shelf()
  }
}
