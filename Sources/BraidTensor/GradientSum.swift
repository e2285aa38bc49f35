import CBraidKernels

extension Gradients {
  /// Adds the gradients that another pass found for the same parameters: g ← g + g′, none counting as zeros.
  ///
  /// The sum of several passes' gradients is the gradient of the sum of their losses, so that a batch may be taken in
  /// parts: with `upstream` the share of a part's samples, the parts' mean losses add up to the mean loss of the whole.
  /// Leaves that are no parameters keep the gradients they have. Stops when a parameter's sizes differ.
  public mutating func add(_ other: Gradients) {
    for arena in other.arenas {
      let place = arenas.firstIndex { $0.store == arena.store } ?? -1
      guard place >= 0 else {
        adopt(arena, of: other)
        continue
      }
      guard arenas[place].memory.count == arena.memory.count else {
        stop(
          "gradients",
          "parameters of \(arena.memory.count) elements added to those of \(arenas[place].memory.count); "
            + "make every parameter before the first pass")
      }
      for (number, node) in arena.nodes.enumerated() where node >= 0 {
        guard let found = other.entries[Int(node)].gradient else { continue }
        add(found, number: number, of: place, like: arena)
      }
    }
  }

  /// Adds to one parameter's gradient, in this sum's own memory.
  private mutating func add(_ found: Tensor, number: Int, of place: Int, like arena: Tape.Arena) {
    while arenas[place].nodes.count <= number { arenas[place].nodes.append(-1) }
    let node = Int(arenas[place].nodes[number])
    if node >= 0, let gradient = entries[node].gradient {
      addScaled(found.pointer, 1, gradient.pointer, found.count)
      return
    }
    // not used, or without a gradient, in the passes before
    let gradient = Tensor(
      viewing: arenas[place].memory, offset: found.pointer - arena.memory.pointer, shape: found.shape)
    gradient.pointer.update(from: found.pointer, count: found.count)
    arenas[place].nodes[number] = Int32(entries.count)
    entries.append(Tape.Entry(name: "leaf", derivative: nil, destination: nil, gradient: gradient, isOwned: true))
  }

  /// Takes over the gradients of a store that had none here.
  private mutating func adopt(_ arena: Tape.Arena, of other: Gradients) {
    var taken = arena
    for (number, node) in arena.nodes.enumerated() where node >= 0 {
      taken.nodes[number] = Int32(entries.count)
      entries.append(other.entries[Int(node)])
    }
    arenas.append(taken)
  }
}
