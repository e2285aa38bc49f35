import BraidTensor
import CBraidKernels

/// An exponential moving average of a model's parameters, to evaluate with instead of the parameters themselves (Polyak
/// & Juditsky 1992, "Acceleration of stochastic approximation by averaging", in its exponential form).
///
/// After every step `a ← δ a + (1 − δ) p`; the first step copies the parameters. It remembers about 1 / (1 − δ) steps.
/// Buffers, such as running statistics, are averages already and are left to the model.
public struct ExponentialAverage {
  /// δ.
  public let decay: Double
  private var values: Tensor?
  private var owner = MemoryOwner()

  /// Stops unless `decay` lies in [0, 1).
  public init(decay: Double) {
    guard (0..<1).contains(decay) else { stop("ExponentialAverage", "decay \(decay) is outside [0, 1)") }
    self.decay = decay
  }

  /// Takes the parameters in as they are after a step: one pass over memory.
  /// - Parameter store: always the same one, whose parameters have all been made.
  public mutating func update(_ store: ParameterStore) {
    let parameters = store.flat
    if values == nil {
      values = parameters.copy()
    } else {
      braid_average(memory(for: store), parameters.pointer, store.count, Float(1 - decay))
    }
  }

  /// Exchanges the parameters' values and the average's. A second call exchanges them back, to the same bits. Nothing
  /// happens before the first update.
  public mutating func swap(with store: ParameterStore) {
    guard values != nil else { return }
    braid_exchange(memory(for: store), store.flat.pointer, store.count)
  }

  /// Runs `body` while the parameters have the average's values, and gives them back theirs however it ends.
  public mutating func evaluating<Result>(_ store: ParameterStore, _ body: () throws -> Result) rethrows -> Result {
    swap(with: store)
    defer { swap(with: store) }
    return try body()
  }

  /// The average by name: `average.<parameter path>`. Empty before the first update.
  public func state(of store: ParameterStore) -> [(name: String, value: Tensor)] {
    guard let values else { return [] }
    return store.parameters.map { parameter in
      let part = Tensor(viewing: values, offset: parameter.offset, shape: parameter.shape)
      return ("average.\(parameter.path)", part.copy())
    }
  }

  /// Takes over what `state` returned.
  /// - Throws: `OptimizerStateError` when a tensor is missing or has another number of elements.
  public mutating func restore(_ state: [String: Tensor], of store: ParameterStore) throws {
    guard !state.isEmpty else { return }
    values = try collected("average", state, of: store)
  }

  /// The average's memory; a copy when another value shares it. Stops when the store has grown.
  private mutating func memory(for store: ParameterStore) -> UnsafeMutablePointer<Float> {
    guard values!.count == store.count else {
      stop(
        "ExponentialAverage",
        "the average holds \(values!.count) elements, the model \(store.count). "
          + "Make every parameter before the first step"
      )
    }
    if !isKnownUniquelyReferenced(&owner) { (owner, values) = (MemoryOwner(), values!.copy()) }
    return values!.pointer
  }
}
