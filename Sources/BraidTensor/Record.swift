import Synchronization

/// What a tape has recorded, and then the gradients of its leaves. Lies where it is for the rest of the process, with the room
/// its arrays have, and is used again by later tapes.
struct Record: ~Copyable {
  struct Entry {
    /// For who looks at a record in a debugger.
    let name: StaticString
    /// How to run or end what lies at `place`; nil for a leaf, and once that has happened.
    var derivative: SavedDerivative?
    /// Where in the saved memory the derivative lies.
    var place = 0
    /// What has been collected in the reverse pass, or where a leaf's gradient will be.
    var memory: Tensor?
    var state = GradientState.none
    /// The gradient, nil when nothing has arrived.
    var gradient: Tensor? { hasGradient ? memory : nil }
    private var hasGradient: Bool { state != .none && state != .awaited }

    /// The gradient, no longer kept here; nil when nothing has arrived.
    @inline(__always)
    mutating func takeGradient() -> Tensor? { hasGradient ? memory.take() : nil }
  }

  enum GradientState {
    case none
    /// The memory is where a leaf's gradient is to be collected; nothing has arrived.
    case awaited
    /// The memory may be that of a view or of another gradient: not to be written to.
    case shared
    /// The reverse pass may write there.
    case owned
  }

  /// The gradient memory of one parameter store, and the leaf each of its parameters became.
  struct Arena {
    var store: ObjectIdentifier
    /// nil while this waits to be used.
    var memory: Tensor?
    /// By the parameter's number in its store: its place on the tape, -1 while it was not used.
    var nodes: [Int32] = []
  }

  /// Goes up when a tape ends: the tensors recorded before are constants from then on.
  let generation = Atomic<UInt32>(0)
  /// Whether a tape records here.
  var isOpen = false
  /// Whether the tape ends with the last who refers to it, instead of only by being consumed.
  var endsWithOwner = false
  var floatingPointOperations = 0.0
  var entries: [Entry] = []
  /// The parameter stores in use, then those that wait.
  var arenas: [Arena] = []
  private(set) var saved = SavedMemory()

  init() {
    entries.reserveCapacity(256)
  }

  /// Adds an operation; returns its node.
  @inline(__always)
  mutating func append<Values>(_ name: StaticString, _ saving: consuming Saved<Values>) -> Int32 {
    let node = Int32(truncatingIfNeeded: entries.count)
    entries.append(Entry(name: name, derivative: SavedDerivative(of: Saved<Values>.self), place: saved.append(saving)))
    return node
  }

  /// Runs the derivative of an entry, or ends it when no gradient has arrived. Once only.
  @inline(__always)
  mutating func takeDerivative(of node: Int) -> (SavedDerivative, UnsafeMutableRawPointer)? {
    guard let derivative = entries[node].derivative else { return nil }
    entries[node].derivative = nil
    return (derivative, saved.address(of: entries[node].place))
  }

  /// Nothing more is recorded, and what was recorded becomes constant.
  mutating func close() {
    isOpen = false
    generation.wrappingAdd(1, ordering: .relaxed)
  }

  /// Ends everything it holds, keeping the room.
  mutating func clear() {
    for node in entries.indices {
      if let (derivative, memory) = takeDerivative(of: node) { derivative.end(memory) }
    }
    entries.removeAll(keepingCapacity: true)
    saved.removeAll()
    for place in arenas.indices {
      arenas[place].memory = nil
      arenas[place].nodes.removeAll(keepingCapacity: true)
    }
  }

  /// The place of a store's gradients among the arenas.
  func arena(of store: ObjectIdentifier, elements: Int? = nil) -> Int? {
    for place in arenas.indices where arenas[place].store == store {
      guard let memory = arenas[place].memory else { continue }
      if elements == nil || memory.count == elements { return place }
    }
    return nil
  }

  /// Begins to collect a store's gradients in this memory; returns the place among the arenas.
  mutating func begin(_ store: ObjectIdentifier, in memory: Tensor) -> Int {
    for place in arenas.indices where arenas[place].memory == nil {
      (arenas[place].store, arenas[place].memory) = (store, memory)
      return place
    }
    arenas.append(Arena(store: store, memory: memory))
    return arenas.count - 1
  }

  /// Notes the leaf that a parameter became.
  mutating func note(_ node: Int32, number: Int, of place: Int) {
    while arenas[place].nodes.count <= number { arenas[place].nodes.append(-1) }
    arenas[place].nodes[number] = node
  }

  /// The leaf that a parameter became, nil while it was not used.
  func leaf(number: Int, of store: ObjectIdentifier) -> Int32? {
    for place in arenas.indices where arenas[place].store == store && arenas[place].memory != nil {
      guard number < arenas[place].nodes.count else { continue }
      let node = arenas[place].nodes[number]
      if node >= 0 { return node }
    }
    return nil
  }

  /// The gradient of a store's parameter, nil when none has arrived.
  func gradient(number: Int, of store: ObjectIdentifier) -> Tensor? {
    leaf(number: number, of: store).flatMap { entries[Int($0)].gradient }
  }
}
