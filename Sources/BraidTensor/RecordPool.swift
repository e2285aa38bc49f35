import CBraidKernels

/// Who uses a record: a tape, or the gradients it became. When nobody but the pool refers to it, the record waits.
final class RecordOwner: Sendable {
  /// Of the record, as a number: a pointer cannot be handed to another thread.
  fileprivate let address: UInt

  fileprivate init() {
    let record = UnsafeMutablePointer<Record>.allocate(capacity: 1)
    record.initialize(to: Record())
    address = UInt(bitPattern: record)
  }

  @inline(__always)
  var record: UnsafeMutablePointer<Record> { UnsafeMutablePointer(bitPattern: address).unsafelyUnwrapped }
}

/// The records of all tapes there ever were. They are never given back to the system, so that a tensor can ask whether the
/// tape it is recorded on has ended, long after that.
final class RecordPool: Sendable {
  static let shared = RecordPool()

  private struct Owners {
    var all: [RecordOwner] = []

    mutating func owner(of address: UInt) -> RecordOwner? {
      for place in all.indices where all[place].address == address {
        return all[place].record.pointee.endsWithOwner && isKnownUniquelyReferenced(&all[place]) ? nil : all[place]
      }
      return nil
    }

    /// One that nobody else refers to and of which `isWanted` holds.
    @inline(__always)
    mutating func first(where isWanted: (borrowing Record) -> Bool) -> RecordOwner? {
      for place in all.indices where isKnownUniquelyReferenced(&all[place]) && isWanted(all[place].record.pointee) {
        return all[place]
      }
      return nil
    }

    /// Forgets the records that will not be taken again, so that nobody walks past them.
    mutating func forgetEnded() {
      for place in all.indices.reversed() where isKnownUniquelyReferenced(&all[place]) {
        let record = all[place].record
        guard !record.pointee.isOpen, record.pointee.entries.isEmpty else { continue }
        record.pointee.entries = []  // and their room
        all.remove(at: place)
      }
    }
  }
  private let owners = Locked(Owners())

  /// An empty record for a new tape.
  /// - Parameter endingWithOwner: whether the tape ends when nobody refers to it any more. Otherwise it must be consumed:
  ///   tensors alone may carry it on.
  // Not inlined: who calls it must not know that the pool refers to the owner too.
  @inline(never)
  func take(endingWithOwner: Bool) -> RecordOwner {
    endAbandoned()
    let waiting = braid_memory_is_used_again() == 0 ? nil : first { !$0.isOpen }
    let owner = waiting ?? made()
    owner.record.pointee.clear()
    owner.record.pointee.isOpen = true
    owner.record.pointee.endsWithOwner = endingWithOwner
    owner.record.pointee.floatingPointOperations = 0
    return owner
  }

  /// Who uses this record; nil when nobody does any more and the tape is about to end.
  func owner(of record: UnsafeMutablePointer<Record>) -> RecordOwner? {
    let address = UInt(bitPattern: record)
    return owners.withLock { $0.owner(of: address) }
  }

  /// Ends tapes that nobody refers to any more, so that what they recorded is free. Returns whether there were any.
  @discardableResult
  func endAbandoned() -> Bool {
    var wereAny = false
    // Out of the lock: what ends here may be anything that derivatives saved.
    while let abandoned = first(where: { $0.isOpen ? $0.endsWithOwner : !$0.entries.isEmpty }) {
      if abandoned.record.pointee.isOpen { abandoned.record.pointee.close() }
      abandoned.record.pointee.clear()
      wereAny = true
    }
    if braid_memory_is_used_again() == 0 { owners.withLock { $0.forgetEnded() } }
    return wereAny
  }

  @inline(never)
  private func first(where isWanted: @Sendable (borrowing Record) -> Bool) -> RecordOwner? {
    owners.withLock { $0.first(where: isWanted) }
  }

  @inline(never)
  private func made() -> RecordOwner {
    let owner = RecordOwner()
    owners.withLock { $0.all.append(owner) }
    return owner
  }
}
