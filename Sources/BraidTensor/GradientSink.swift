/// Collects gradients during the reverse pass.
public struct GradientSink {
  private let record: UnsafeMutablePointer<Record>
  private let generation: UInt32
  /// Whether the upstream gradient's memory was made for this one operation, which may then write its results there
  /// (unless it hands the same memory on with `add`).
  public internal(set) var ownsUpstream = false

  init(_ record: UnsafeMutablePointer<Record>, _ generation: UInt32) {
    (self.record, self.generation) = (record, generation)
  }

  /// Whether anyone wants this tensor's gradient. Operations skip the work otherwise.
  @inline(__always)
  public func wants(_ tensor: Tensor) -> Bool {
    tensor.place.record == record && tensor.place.generation == generation
  }

  /// Adds a finished gradient of the same shape (or count, for views) to what has been collected for `tensor`.
  /// The memory may be shared: whoever adds it does not write to it afterwards.
  public mutating func add(_ gradient: Tensor, to tensor: Tensor) {
    guard wants(tensor) else { return }
    let node = Int(tensor.place.node)
    if record.pointee.entries[node].state == .none {
      record.pointee.entries[node].state = .shared
      record.pointee.entries[node].memory =
        gradient.shape == tensor.shape ? gradient : Tensor(viewing: gradient, shape: tensor.shape)
      return
    }
    let (pointer, beta) = memory(for: tensor)
    addScaled(gradient.pointer, beta, pointer, gradient.count)
  }

  /// Lets the operation write its share straight into the collected gradient.
  /// - Parameter body: gets the gradient's memory and `beta`: 0 means overwrite (the memory is undefined), 1 means add.
  @inline(__always)
  public mutating func accumulate(
    into tensor: Tensor, _ body: (_ gradient: UnsafeMutablePointer<Float>, _ beta: Float) -> Void
  ) {
    guard wants(tensor) else { return }
    let (pointer, beta) = memory(for: tensor)
    body(pointer, beta)
  }

  /// Where `tensor`'s gradient is collected, and whether something is there already.
  private func memory(for tensor: Tensor) -> (UnsafeMutablePointer<Float>, beta: Float) {
    let node = Int(tensor.place.node)
    let state = record.pointee.entries[node].state
    if state != .none, let collected = record.pointee.entries[node].memory {
      if state == .owned { return (collected.pointer, 1) }
      record.pointee.entries[node].state = .owned
      if state == .awaited { return (collected.pointer, 0) }
      let own = collected.copy()  // the memory may be shared with another gradient
      record.pointee.entries[node].memory = own
      return (own.pointer, 1)
    }
    let made = Tensor(uninitialized: tensor.shape)
    record.pointee.entries[node].memory = made
    record.pointee.entries[node].state = .owned
    return (made.pointer, 0)
  }
}
