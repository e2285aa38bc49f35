import CBraidKernels

/// The identity of a sum of gradients: a copy of the sum, changed, becomes one of its own.
final class GradientSum {}

extension Gradients {
  /// Adds the gradients that another pass found for the same parameters: g ← g + g′, none counting as zeros.
  ///
  /// The sum of several passes' gradients is the gradient of the sum of their losses, so that a batch may be taken in
  /// parts: with `upstream` the share of a part's samples, the parts' mean losses add up to the mean loss of the whole.
  /// Leaves that are no parameters keep the gradients they have. Stops when a parameter's sizes differ.
  public mutating func add(_ other: Gradients) {
    beOwnSum()
    for arena in other.owner.record.pointee.arenas {
      guard let memory = arena.memory else { continue }
      guard let place = record.pointee.arena(of: arena.store), let own = record.pointee.arenas[place].memory else {
        adopt(arena, memory, of: other)
        continue
      }
      guard own.count == memory.count else {
        stop(
          "gradients",
          "parameters of \(memory.count) elements added to those of \(own.count); "
            + "make every parameter before the first pass")
      }
      for (number, node) in arena.nodes.enumerated() where node >= 0 {
        guard let found = other.owner.record.pointee.entries[Int(node)].gradient else { continue }
        add(found, number: number, of: place, at: found.pointer - memory.pointer)
      }
    }
  }

  private var record: UnsafeMutablePointer<Record> { owner.record }

  /// Moves to a record that no other value shares.
  private mutating func beOwnSum() {
    if sum != nil, isKnownUniquelyReferenced(&sum!) { return }
    sum = GradientSum()
    let shared = owner
    owner = RecordPool.shared.take(endingWithOwner: true)
    record.pointee.close()
    for entry in shared.record.pointee.entries {
      record.pointee.entries.append(Record.Entry(name: entry.name, memory: entry.memory, state: entry.state))
    }
    for arena in shared.record.pointee.arenas {
      guard let memory = arena.memory else { continue }  // that one waits to be used
      let (place, own) = begin(arena.store, with: memory)
      for (number, node) in arena.nodes.enumerated() where node >= 0 {
        record.pointee.entries[Int(node)].memory = record.pointee.entries[Int(node)].memory?.moved(
          from: memory, to: own)
        record.pointee.note(node, number: number, of: place)
      }
    }
  }

  /// Begins to collect a store's gradients here, from a copy of those found elsewhere: who holds those keeps them as they
  /// are.
  private func begin(_ store: ObjectIdentifier, with memory: Tensor) -> (place: Int, own: Tensor) {
    let own = memory.copy()
    return (record.pointee.begin(store, in: own), own)
  }

  /// Adds to one parameter's gradient, in this sum's own memory.
  private func add(_ found: Tensor, number: Int, of place: Int, at offset: Int) {
    let arena = record.pointee.arenas[place]
    if number < arena.nodes.count, arena.nodes[number] >= 0,
      let gradient = record.pointee.entries[Int(arena.nodes[number])].gradient
    {
      addScaled(found.pointer, 1, gradient.pointer, found.count)
      return
    }
    // not used, or without a gradient, in the passes before
    guard let memory = arena.memory else { return }
    let gradient = Tensor(viewing: memory, offset: offset, shape: found.shape)
    gradient.pointer.update(from: found.pointer, count: found.count)
    note(Record.Entry(name: "leaf", memory: gradient, state: .owned), number: number, of: place)
  }

  /// Takes in the gradients of a store that had none here.
  private func adopt(_ arena: Record.Arena, _ memory: Tensor, of other: Gradients) {
    let (place, own) = begin(arena.store, with: memory)
    for (number, node) in arena.nodes.enumerated() where node >= 0 {
      let entry = other.owner.record.pointee.entries[Int(node)]
      let moved = entry.memory?.moved(from: memory, to: own)
      note(Record.Entry(name: entry.name, memory: moved, state: entry.state), number: number, of: place)
    }
  }

  /// Adds an entry that holds a parameter's gradient.
  private func note(_ entry: Record.Entry, number: Int, of place: Int) {
    record.pointee.note(Int32(record.pointee.entries.count), number: number, of: place)
    record.pointee.entries.append(entry)
  }
}

extension Tensor {
  /// What lies at the same place of a copy of the memory this is a view of.
  fileprivate func moved(from memory: Tensor, to copy: Tensor) -> Tensor {
    Tensor(viewing: copy, offset: pointer - memory.pointer, shape: shape)
  }
}
