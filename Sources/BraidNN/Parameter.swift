import BraidTensor

/// A trainable tensor and the one path that names it in checkpoints, errors, optimiser groups and reports.
public final class Parameter {
  /// Dotted path, such as `fusion.gate.weight`.
  public let path: String
  /// The value's shape.
  public let shape: Shape
  /// Where in the store's flat buffer it lies.
  let offset: Int
  /// Which of the store's parameters it is, from 0.
  let number: Int
  /// The current value. Optimisers and checkpoint loading write into its memory.
  public var value: Tensor { memory.values[number] }
  /// The store's memory, kept alive by every parameter in it: a layer may outlive the scope it was made in.
  let memory: ParameterMemory
  /// The leaf of the tape last used, so that a parameter used twice in a step is one leaf.
  private var leaf: Tensor?

  init(path: String, value: Tensor, in memory: ParameterMemory) {
    self.path = path
    self.shape = value.shape
    (offset, number) = (memory.count, memory.values.count)
    self.memory = memory
    memory.add(value)
  }

  /// Number of elements.
  public var count: Int { shape.count }

  /// This parameter as a leaf of `tape`. Its gradient is collected in the store's flat gradient.
  func leaf(on tape: Tape) -> Tensor {
    if let leaf, tape.holds(leaf) { return leaf }
    memory.flatten()
    let made = tape.watch(
      value, number: number, offset: offset, of: ObjectIdentifier(memory), holding: memory.count)
    leaf = made
    return made
  }

  /// Replaces every element. The values are copied. Stops when the number of elements differs.
  public func assign(_ tensor: Tensor) {
    guard tensor.count == count else {
      stop("assign", "\(path) has shape \(shape); got \(tensor.shape); give it as many elements")
    }
    value.pointer.update(from: tensor.pointer, count: count)
  }
}

extension Gradients {
  /// The gradient of a parameter, of its shape, or nil when the loss does not depend on it.
  public subscript(_ parameter: Parameter) -> Tensor? {
    gradient(number: parameter.number, of: ObjectIdentifier(parameter.memory))
  }
}

/// The values of a store's parameters. Knows no parameter, so that parameters can keep it alive without a cycle.
final class ParameterMemory {
  /// By the parameter's number.
  private(set) var values: [Tensor] = []
  /// All of them in one buffer, once `flatten` has run: `[count]`.
  private(set) var flat: Tensor?
  private(set) var count = 0

  func add(_ value: Tensor) {
    values.append(value)
    count += value.count
    flat = nil
  }

  func flatten() {
    guard flat == nil else { return }
    let buffer = Tensor(uninitialized: Shape(count))
    var offset = 0
    for (number, value) in values.enumerated() {
      let view = Tensor(viewing: buffer, offset: offset, shape: value.shape)
      view.pointer.update(from: value.pointer, count: value.count)
      values[number] = view
      offset += value.count
    }
    flat = buffer
  }
}

/// All parameters of one model, in the order they were made, in one flat buffer.
///
/// One buffer lets an optimiser update everything in one pass over memory.
public final class ParameterStore {
  /// Every parameter, in the order of making.
  public private(set) var parameters: [Parameter] = []
  private var byPath: [String: Parameter] = [:]
  /// Every tensor that is saved with the parameters but not trained, in the order of making.
  public private(set) var buffers: [Buffer] = []
  private var buffersByPath: [String: Buffer] = [:]
  private let memory = ParameterMemory()
  /// The flat buffer once `flatten` has run: `[count]`.
  public var flat: Tensor? { memory.flat }
  /// Number of trainable elements.
  public var count: Int { memory.count }

  /// Of no parameters yet.
  public init() {}

  private func reserve(_ path: String) {
    guard byPath[path] == nil, buffersByPath[path] == nil else {
      stop("parameter", "the path \"\(path)\" is made twice; give each part its own scope")
    }
  }

  func add(_ path: String, _ value: Tensor) -> Parameter {
    reserve(path)
    let parameter = Parameter(path: path, value: value, in: memory)
    parameters.append(parameter)
    byPath[path] = parameter
    return parameter
  }

  func add(buffer path: String, _ value: Tensor) -> Buffer {
    reserve(path)
    let buffer = Buffer(path: path, value: value)
    buffers.append(buffer)
    buffersByPath[path] = buffer
    return buffer
  }

  /// The parameter at a path, nil if there is none.
  public subscript(_ path: String) -> Parameter? { byPath[path] }
  /// The buffer at a path, nil if there is none.
  public subscript(buffer path: String) -> Buffer? { buffersByPath[path] }

  /// Moves all values into one buffer, in order. Called by itself before the first step; harmless to repeat.
  public func flatten() { memory.flatten() }
}
