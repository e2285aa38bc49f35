/// The record of one forward computation, from which gradients are derived in reverse.
///
/// Made by whoever starts a step (`Context` in BraidNN does), never global. Tensors that are `watch`ed are its leaves;
/// every operation on a recorded tensor appends one entry with its derivative. A tape serves one step: `gradients(of:)`
/// consumes it, and the tensors recorded on it are constants from then on.
public final class Tape {
  /// Adds one operation's share to the gradients of its inputs: upstream gradient in, contributions out through the
  /// sink.
  public typealias Derivative = (_ upstream: Tensor, _ sink: inout GradientSink) -> Void

  struct Entry {
    let name: StaticString
    /// nil for a leaf, and once it has run.
    var derivative: Derivative?
    /// Where a leaf's gradient is collected; nil for operations and for leaves whose gradient gets memory of its own.
    let destination: Tensor?
    /// What has been collected in the reverse pass.
    var gradient: Tensor?
    /// Whether the reverse pass may write to the gradient's memory (made here, not shared with a view or an upstream
    /// gradient).
    var isOwned = false
  }
  // Touched by one task at a time and never during a call out: the run-time check would only cost.
  @exclusivity(unchecked) private var entries: [Entry] = []
  /// Floating-point operations (a multiply-add is two) of the forward computations recorded or counted so far.
  @exclusivity(unchecked) public private(set) var floatingPointOperations = 0.0
  /// The gradient memory of one parameter store, and the leaf each of its parameters became.
  struct Arena {
    let store: ObjectIdentifier
    let memory: Tensor
    /// By the parameter's number in its store: its place on the tape, -1 while it was not used.
    var nodes: [Int32]
  }
  /// The parameter stores in use.
  private var arenas: [Arena] = []

  /// Whether the record was used up; nothing is recorded any more.
  @exclusivity(unchecked) public private(set) var isConsumed = false

  public init() { entries.reserveCapacity(256) }

  /// A leaf: the same values, recorded. Its gradient will be in the result of `gradients(of:)`.
  /// - Parameter destination: memory of the same count that collects the gradient, so that many leaves can share one
  ///   buffer.
  public func watch(_ tensor: Tensor, collectingIn destination: Tensor? = nil) -> Tensor {
    let leaf = Tensor(viewing: tensor, shape: tensor.shape)
    append(Entry(name: "leaf", derivative: nil, destination: destination), leaf)
    return leaf
  }

  /// A leaf that is one of many parameters lying side by side in a store. The gradients of all of them are collected in
  /// one buffer laid out like the store, and are found again by number.
  /// - Parameters:
  ///   - tensor: the parameter's value.
  ///   - number: which of the store's parameters it is, from 0.
  ///   - offset: where it begins in the store.
  ///   - store: the store's identity.
  ///   - elements: of all the store's parameters together.
  public func watch(
    _ tensor: Tensor, number: Int, offset: Int, of store: ObjectIdentifier, holding elements: Int
  ) -> Tensor {
    var place = arenas.firstIndex { $0.store == store && $0.memory.count == elements } ?? -1
    if place < 0 {
      place = arenas.count
      arenas.append(Arena(store: store, memory: Tensor(uninitialized: Shape(elements)), nodes: []))
    }
    let leaf = watch(
      tensor, collectingIn: Tensor(viewing: arenas[place].memory, offset: offset, shape: tensor.shape))
    while arenas[place].nodes.count <= number { arenas[place].nodes.append(-1) }
    arenas[place].nodes[number] = leaf.node
    return leaf
  }

  /// Counts the cost of a forward operation.
  public func count(floatingPointOperations: Double) { self.floatingPointOperations += floatingPointOperations }

  @inline(__always)
  private func append(_ entry: Entry, _ result: Tensor) {
    result.tape = self
    result.node = Int32(truncatingIfNeeded: entries.count)
    entries.append(entry)
  }

  func record(_ name: StaticString, _ result: Tensor, _ derivative: @escaping Derivative) {
    append(Entry(name: name, derivative: derivative, destination: nil), result)
  }

  /// Whether the tensor is recorded here and can still be differentiated.
  public func holds(_ tensor: Tensor) -> Bool { tensor.tape === self && !isConsumed }

  /// Forgets the record and ends the tape, releasing every tensor it kept alive.
  public func consume() {
    isConsumed = true
    entries.removeAll()
    arenas.removeAll()
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
      stop("gradients", "upstream of shape \(upstream.shape) for a result of shape \(result.shape)")
    }
    // From here on the recorded tensors are constants: a derivative may compute with them without recording.
    var sink = GradientSink(tape: self, entries: entries)
    let arenas = arenas
    consume()
    sink.add(upstream ?? .ones(result.shape), to: result)
    for index in sink.entries.indices.reversed() {
      guard let derivative = sink.entries[index].derivative else { continue }
      // the operation's memory is given back as soon as nothing needs it
      sink.entries[index].derivative = nil
      guard let upstream = sink.entries[index].gradient else { continue }
      sink.entries[index].gradient = nil
      sink.ownsUpstream = sink.entries[index].isOwned
      derivative(upstream, &sink)
    }
    return Gradients(tape: self, entries: sink.entries, arenas: arenas)
  }
}

/// Collects gradients during the reverse pass.
public struct GradientSink {
  let tape: Tape
  var entries: [Tape.Entry]
  /// Whether the upstream gradient's memory was made for this one operation, which may then write its results there
  /// (unless it hands the same memory on with `add`).
  public internal(set) var ownsUpstream = false

  /// Whether anyone wants this tensor's gradient. Operations skip the work otherwise.
  @inline(__always)
  public func wants(_ tensor: Tensor) -> Bool { tensor.node >= 0 && tensor.tape === tape }

  /// Adds a finished gradient of the same shape (or count, for views) to what has been collected for `tensor`.
  /// The memory may be shared: whoever adds it does not write to it afterwards.
  public mutating func add(_ gradient: Tensor, to tensor: Tensor) {
    guard wants(tensor) else { return }
    let index = Int(tensor.node)
    if entries[index].gradient == nil, entries[index].destination == nil {
      entries[index].gradient =
        gradient.shape == tensor.shape ? gradient : Tensor(viewing: gradient, shape: tensor.shape)
      return
    }
    accumulate(into: tensor) { pointer, beta in addScaled(gradient.pointer, beta, pointer, gradient.count) }
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
  private mutating func memory(for tensor: Tensor) -> (UnsafeMutablePointer<Float>, beta: Float) {
    let index = Int(tensor.node)
    if let collected = entries[index].gradient {
      if entries[index].isOwned { return (collected.pointer, 1) }
      let own = collected.copy()  // the memory may be shared with another gradient
      entries[index].gradient = own
      entries[index].isOwned = true
      return (own.pointer, 1)
    }
    let memory = entries[index].destination ?? Tensor(uninitialized: tensor.shape)
    entries[index].gradient = memory
    entries[index].isOwned = true
    return (memory.pointer, 0)
  }
}

/// The gradients of one backward pass, by leaf. A value that is returned; there is nothing to reset.
public struct Gradients {
  let tape: Tape
  var entries: [Tape.Entry]
  var arenas: [Tape.Arena]

  /// The gradient of a leaf, of its shape, or nil when the result does not depend on it.
  public subscript(_ leaf: Tensor) -> Tensor? {
    guard leaf.tape === tape, leaf.node >= 0 else { return nil }
    return entries[Int(leaf.node)].gradient
  }

  /// The gradient of parameter `number` of a store, nil when the result does not depend on it.
  public func gradient(number: Int, of store: ObjectIdentifier) -> Tensor? {
    for arena in arenas where arena.store == store && number < arena.nodes.count && arena.nodes[number] >= 0 {
      return entries[Int(arena.nodes[number])].gradient
    }
    return nil
  }
}

extension Tensor {
  /// The derivatives of this tensor (usually a loss of one element) with respect to every leaf of its tape, which is
  /// consumed. Stops when nothing it was computed from is recorded.
  public func gradients(upstream: Tensor? = nil) -> Gradients {
    guard let tape, node >= 0 else {
      stop(
        "gradients",
        "nothing this tensor of shape \(shape) was computed from is recorded. Compute it in a recording context")
    }
    return tape.gradients(of: self, upstream: upstream)
  }
}

/// The tape an operation on these operands belongs to, nil when all are constants (or their tape was consumed).
/// Stops when two operands are recorded on different live tapes.
@inline(__always)
func commonTape(_ a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil) -> Tape? {
  var tape = a.liveTape
  if let other = b?.liveTape { tape = joined(tape, other) }
  if let other = c?.liveTape { tape = joined(tape, other) }
  return tape
}

@inline(__always)
private func joined(_ tape: Tape?, _ other: Tape) -> Tape {
  if let tape, tape !== other { stop("tape", "operands are recorded on different tapes; compute both in one context") }
  return other
}

extension Tensor {
  @inline(__always) var liveTape: Tape? {
    guard let tape, !tape.isConsumed else { return nil }
    return tape
  }
}

extension Tensor {
  /// Finishes an operation: records this result with its derivative if any operand is recorded. Returns self.
  /// - Parameters:
  ///   - name: the operation's name, for messages.
  ///   - operands: what it was computed from.
  ///   - flops: floating-point operations of the forward computation.
  @inline(__always)
  public func recorded(
    _ name: StaticString, from a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil, flops: Double = 0,
    derivative: @escaping Tape.Derivative
  ) -> Tensor {
    guard let tape = commonTape(a, b, c) else { return self }
    if flops > 0 { tape.count(floatingPointOperations: flops) }
    tape.record(name, self, derivative)
    return self
  }

  /// The same for an operation with any number of operands.
  public func recorded(
    _ name: StaticString, from operands: [Tensor], flops: Double = 0, derivative: @escaping Tape.Derivative
  ) -> Tensor {
    var tape: Tape?
    for operand in operands {
      if let its = operand.liveTape { tape = joined(tape, its) }
    }
    guard let tape else { return self }
    if flops > 0 { tape.count(floatingPointOperations: flops) }
    tape.record(name, self, derivative)
    return self
  }
}
