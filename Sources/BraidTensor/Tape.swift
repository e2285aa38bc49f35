/// The record of one forward computation, from which gradients are derived in reverse.
///
/// Made by whoever starts a step (`Context` in BraidNN does), never global. Tensors that are `watch`ed are its leaves;
/// every operation on a recorded tensor appends one entry with its derivative. A tape serves one step: `gradients(of:)`
/// consumes it, and the tensors recorded on it are constants from then on. Copies are the same tape.
public struct Tape {
  /// Adds one operation's share to the gradients of its inputs: upstream gradient in, contributions out through the
  /// sink.
  public typealias Derivative = (_ upstream: Tensor, _ sink: inout GradientSink) -> Void

  let owner: RecordOwner
  var record: UnsafeMutablePointer<Record> { owner.record }

  /// Floating-point operations (a multiply-add is two) of the forward computations recorded or counted so far.
  public var floatingPointOperations: Double { record.pointee.floatingPointOperations }

  /// Whether the record was used up; nothing is recorded any more.
  public var isConsumed: Bool { !record.pointee.isOpen }

  /// An empty tape, which ends by being consumed: until then it keeps the memory of what was recorded.
  public init() { owner = RecordPool.shared.take(endingWithOwner: false) }

  init(_ owner: RecordOwner) { self.owner = owner }

  /// An empty tape that also ends when nobody refers to it any more, so that an abandoned pass frees its memory: when the
  /// next tape is made, or memory is asked of the system, at the latest.
  package static func endingWithOwner() -> Tape { Tape(RecordPool.shared.take(endingWithOwner: true)) }

  /// A leaf: the same values, recorded. Its gradient will be in the result of `gradients(of:)`.
  /// - Parameter destination: memory of the same count that collects the gradient, so that many leaves can share one
  ///   buffer.
  public func watch(_ tensor: Tensor, collectingIn destination: Tensor? = nil) -> Tensor {
    var leaf = tensor.detached
    guard record.pointee.isOpen else { return leaf }
    let node = Int32(truncatingIfNeeded: record.pointee.entries.count)
    record.pointee.entries.append(
      Record.Entry(name: "leaf", memory: destination, state: destination == nil ? .none : .awaited))
    leaf.place = Place(record, node)
    return leaf
  }

  /// A leaf that is one of many parameters lying side by side in a store. The gradients of all of them are collected in
  /// one buffer laid out like the store, and are found again by number: a parameter is one leaf, however often it is
  /// watched.
  /// - Parameters:
  ///   - tensor: the parameter's value.
  ///   - number: which of the store's parameters it is, from 0.
  ///   - offset: where it begins in the store.
  ///   - store: the store's identity.
  ///   - elements: of all the store's parameters together.
  public func watch(
    _ tensor: Tensor, number: Int, offset: Int, of store: ObjectIdentifier, holding elements: Int
  ) -> Tensor {
    guard record.pointee.isOpen else { return tensor.detached }
    if let node = record.pointee.leaf(number: number, of: store) {
      var leaf = tensor.detached
      leaf.place = Place(record, node)
      return leaf
    }
    let place =
      record.pointee.arena(of: store, elements: elements)
      ?? record.pointee.begin(store, in: Tensor(uninitialized: Shape(elements)))
    let destination = record.pointee.arenas[place].memory.map {
      Tensor(viewing: $0, offset: offset, shape: tensor.shape)
    }
    let leaf = watch(tensor, collectingIn: destination)
    record.pointee.note(leaf.place.node, number: number, of: place)
    return leaf
  }

  /// Counts the cost of a forward operation.
  public func count(floatingPointOperations: Double) {
    record.pointee.floatingPointOperations += floatingPointOperations
  }

  /// Whether the tensor is recorded here and can still be differentiated.
  public func holds(_ tensor: Tensor) -> Bool { tensor.place.record == record && tensor.place.isLive }

  /// Forgets the record and ends the tape, releasing every tensor it kept alive. Does nothing to one that has ended.
  public func consume() {
    guard record.pointee.isOpen else { return }
    record.pointee.close()
    record.pointee.clear()
  }

  /// The derivative of a tensor's sum of elements (or of its inner product with `upstream`) with respect to every leaf.
  ///
  /// The record is consumed: a second call stops.
  /// - Parameters:
  ///   - result: recorded on this tape; usually the loss, of one element. Stops otherwise.
  ///   - upstream: the gradient that flows in, of the same shape; ones by default.
  public func gradients(of result: Tensor, upstream: Tensor? = nil) -> Gradients {
    guard holds(result) else { stop("gradients", "the tensor of shape \(result.shape) is not recorded on this tape") }
    if let upstream, upstream.shape != result.shape {
      stop(
        "gradients", "upstream of shape \(upstream.shape) for a result of shape \(result.shape); expected equal shapes")
    }
    // From here on the recorded tensors are constants: a derivative may compute with them without recording.
    let record = record
    record.pointee.close()
    var sink = GradientSink(record, result.place.generation)
    sink.add(upstream ?? .ones(result.shape), to: result)
    for node in record.pointee.entries.indices.reversed() {
      guard let (derivative, saved) = record.pointee.takeDerivative(of: node) else { continue }
      // the operation's memory is given back as soon as nothing needs it
      sink.ownsUpstream = record.pointee.entries[node].state == .owned
      guard let upstream = record.pointee.entries[node].takeGradient() else {
        derivative.end(saved)
        continue
      }
      derivative.run(saved, upstream, &sink)
    }
    return Gradients(owner: owner, source: record, generation: result.place.generation)
  }
}

/// The gradients of one backward pass, by leaf. A value that is returned; there is nothing to reset.
public struct Gradients {
  var owner: RecordOwner
  /// Where the leaves were recorded.
  let source: UnsafeMutablePointer<Record>
  let generation: UInt32
  /// Whose sum this is, nil for what a pass returned.
  var sum: GradientSum?

  /// The gradient of a leaf, of its shape, or nil when the result does not depend on it.
  public subscript(_ leaf: Tensor) -> Tensor? {
    guard leaf.place.record == source, leaf.place.generation == generation else { return nil }
    return owner.record.pointee.entries[Int(leaf.place.node)].gradient
  }

  /// The gradient of parameter `number` of a store, nil when the result does not depend on it.
  public func gradient(number: Int, of store: ObjectIdentifier) -> Tensor? {
    owner.record.pointee.gradient(number: number, of: store)
  }
}

extension Tensor {
  /// The derivatives of this tensor (usually a loss of one element) with respect to every leaf of its tape, which is
  /// consumed. Stops when nothing it was computed from is recorded.
  public func gradients(upstream: Tensor? = nil) -> Gradients {
    guard place.node >= 0 else {
      stop(
        "gradients",
        "nothing this tensor of shape \(shape) was computed from is recorded. Compute it in a recording context")
    }
    guard let tape else { stop("gradients", "the tensor of shape \(shape) is not recorded on this tape") }
    return tape.gradients(of: self, upstream: upstream)
  }
}
