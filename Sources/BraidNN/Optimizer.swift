import BraidTensor

/// Changes parameters so that a loss falls.
///
/// An optimiser is a value: a copy has its own memory of earlier steps. A parameter the loss does not depend on (it has
/// no gradient) is left as it is, its state too.
public protocol Optimizer {
  /// One step.
  /// - Parameters:
  ///   - store: always the same one, whose parameters have all been made.
  ///   - learningRate: the rate of this step, after any schedule.
  mutating func update(_ store: ParameterStore, _ gradients: Gradients, learningRate: Float)

  /// What the optimiser remembers, by name: `optimizer.<quantity>.<parameter path>`. Empty before the first step.
  func state(of store: ParameterStore) -> [(name: String, value: Tensor)]

  /// Takes over what `state` returned, so that training goes on as if it had never stopped.
  /// - Throws: `OptimizerStateError` when a tensor is missing or has another number of elements.
  mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws
}

/// A saved optimiser state that does not fit the optimiser or the model.
public struct OptimizerStateError: Error, CustomStringConvertible, Equatable {
  /// Names the tensor, what was found and what was expected.
  public let description: String
  /// An error with this sentence.
  public init(_ description: String) { self.description = description }
}

/// Neighbouring parameters of the same settings that all have a gradient and took the same number of steps: one pass updates
/// them.
struct Span {
  var offset: Int
  var count: Int
  var steps: Int
  /// The place of its settings in `GroupSettings`, -1 without groups.
  var group: Int
  /// The gradients, laid out as the parameters.
  var gradient: UnsafePointer<Float>
}

extension Gradients {
  /// The parameters that have a gradient, in as few spans as possible (one, when all of them do).
  /// - Parameters:
  ///   - membership: the settings of parameter `number`; parameters of different ones are kept apart. Empty: one for
  ///     all.
  ///   - steps: earlier steps of parameter `number`; parameters with different ones are kept apart. Empty: 0 for all.
  func spans(of store: ParameterStore, membership: [Int] = [], steps: [Int] = []) -> Spans {
    Spans(gradients: self, parameters: store.parameters, membership: membership, steps: steps)
  }
}

/// The spans of a store, one after the other, without memory.
struct Spans: Sequence, IteratorProtocol {
  let gradients: Gradients
  let parameters: [Parameter]
  let membership, steps: [Int]
  /// The next parameter to look at.
  private var index = 0

  init(gradients: Gradients, parameters: [Parameter], membership: [Int], steps: [Int]) {
    (self.gradients, self.parameters, self.membership, self.steps) = (gradients, parameters, membership, steps)
  }

  mutating func next() -> Span? {
    var span: Span?
    while index < parameters.count {
      let parameter = parameters[index]
      if parameter.count > 0, let gradient = gradients[parameter] {
        let one = Span(
          offset: parameter.offset, count: parameter.count, steps: steps.isEmpty ? 0 : steps[parameter.number],
          group: membership.isEmpty ? -1 : membership[parameter.number], gradient: UnsafePointer(gradient.pointer))
        guard span?.append(one) ?? true else { return span }
        if span == nil { span = one }
      }
      index += 1
    }
    return span
  }
}

extension Span {
  /// Lengthens this span by its neighbour. Returns whether they belong together.
  fileprivate mutating func append(_ next: Span) -> Bool {
    guard offset + count == next.offset, steps == next.steps, group == next.group, gradient + count == next.gradient
    else { return false }
    count += next.count
    return true
  }
}

/// Whose memory a value writes to: a copy of the value, before it writes, makes its own.
final class MemoryOwner {}

/// One number for every element of a store, such as a running mean: one buffer laid out as the store's.
struct Moment {
  let name: String
  private(set) var values: Tensor?
  private var owner = MemoryOwner()

  init(_ name: String) { self.name = name }

  /// The memory to update, zeros at first; a copy when another optimiser shares it. Stops when the store has grown.
  mutating func memory(for store: ParameterStore) -> UnsafeMutablePointer<Float> {
    if values == nil { values = .zeros(Shape(store.count)) }
    guard values!.count == store.count else {
      stop(
        "optimizer",
        "the state holds \(values!.count) elements, the model \(store.count). "
          + "Make every parameter before the first step"
      )
    }
    if !isKnownUniquelyReferenced(&owner) { (owner, values) = (MemoryOwner(), values!.copy()) }
    return values!.pointer
  }

  /// By parameter: views of the buffer.
  func state(of store: ParameterStore) -> [(name: String, value: Tensor)] {
    guard let values else { return [] }
    return store.parameters.map { parameter in
      let part = Tensor(viewing: values, offset: parameter.offset, shape: parameter.shape)
      return ("optimizer.\(name).\(parameter.path)", part.copy())
    }
  }

  mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws {
    values = try collected("optimizer.\(name)", state, of: store)
  }
}

/// The tensors `<prefix>.<parameter path>` in one buffer laid out as the store's. Throws when one is missing or of
/// another size.
func collected(_ prefix: String, _ state: [String: Tensor], of store: ParameterStore) throws -> Tensor {
  let buffer = Tensor.zeros(Shape(store.count))
  for parameter in store.parameters {
    let key = "\(prefix).\(parameter.path)"
    let tensor = try find(key, in: state)
    guard tensor.count == parameter.count else {
      throw OptimizerStateError(
        "\(key): found shape \(tensor.shape); expected \(parameter.shape), as the parameter has")
    }
    (buffer.pointer + parameter.offset).update(from: tensor.pointer, count: parameter.count)
  }
  return buffer
}

/// The tensor called `key`. Throws when there is none.
func find(_ key: String, in state: [String: Tensor]) throws -> Tensor {
  guard let tensor = state[key] else {
    throw OptimizerStateError(
      "\(key): missing from the saved state. Restore with the optimizer and the model it was saved from")
  }
  return tensor
}
