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

  init(path: String, shape: Shape, in memory: ParameterMemory, drawing draw: (Tensor) -> Void) {
    self.path = path
    self.shape = shape
    (offset, number) = (memory.count, memory.values.count)
    self.memory = memory
    memory.add(shape, drawing: draw)
  }

  /// Number of elements.
  public var count: Int { shape.count }

  /// This parameter as a leaf of `tape`. Its gradient is collected in the store's flat gradient.
  func leaf(on tape: Tape) -> Tensor {
    tape.watch(value, number: number, offset: offset, of: ObjectIdentifier(memory), holding: memory.count)
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

/// The values of a store's parameters, side by side in the order of making. Knows no parameter, so that parameters can keep it
/// alive without a cycle.
final class ParameterMemory {
  /// By the parameter's number: views of the buffer.
  private(set) var values: [Tensor] = []
  private(set) var count = 0
  /// Longer than `count`, as an array's memory is. What lies beyond has not been touched, so that in a large model, whose memory
  /// the system hands out page by page as it is written, it takes up none.
  private var buffer = Tensor(uninitialized: [0])

  /// All values: `[count]`.
  var flat: Tensor { Tensor(viewing: buffer, shape: Shape(count)) }

  /// Adds a value, which `draw` writes where it will lie.
  func add(_ shape: Shape, drawing draw: (Tensor) -> Void) {
    reserve(count + shape.count)
    let value = Tensor(viewing: buffer, offset: count, shape: shape)
    draw(value)
    values.append(value)
    count += shape.count
  }

  private func reserve(_ elements: Int) {
    guard elements > buffer.count else { return }
    let larger = Tensor(uninitialized: Shape(elements + elements / 2))
    larger.pointer.update(from: buffer.pointer, count: count)
    for (number, value) in values.enumerated() {
      values[number] = Tensor(viewing: larger, offset: value.pointer - buffer.pointer, shape: value.shape)
    }
    buffer = larger
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
  /// The values of all parameters, in the order of making: `[count]`. It is a view, as each parameter's value is; making another
  /// parameter may move them.
  public var flat: Tensor { memory.flat }
  /// Number of trainable elements.
  public var count: Int { memory.count }

  /// Of no parameters yet.
  public init() {}

  private func reserve(_ path: String) {
    guard byPath[path] == nil, buffersByPath[path] == nil else {
      stop("parameter", "the path \"\(path)\" is made twice; give each part its own scope")
    }
  }

  func add(_ path: String, _ shape: Shape, drawing draw: (Tensor) -> Void) -> Parameter {
    reserve(path)
    let parameter = Parameter(path: path, shape: shape, in: memory, drawing: draw)
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
}
