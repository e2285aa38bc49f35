import BraidTensor

/// What stands in the tensor an operation is tried on.
enum Filling: String, CaseIterable, Sendable {
  case huge, tiny, zeros, huger, mixed, infinite, excluded

  /// What is not: where it is multiplied and added up, an upstream gradient of 0 makes 0 · ∞.
  var isFinite: Bool { self != .infinite && self != .excluded }

  /// `[2, 3]`; `isPositive`: without what lies below 0.
  func tensor(_ isPositive: Bool) -> Tensor {
    let numbers: [Float] =
      switch self {
      case .huge: [1e4, -1e4, 1e4, -1e4, -1e4, -1e4]
      case .tiny: [1e-30, -1e-30, 1e-30, -1e-30, -1e-30, -1e-30]
      case .zeros: [0, -0.0, 0, 0, 0, 0]
      case .huger: [3e18, -3e18, 3e18, 3e18, 3e18, 3e18]
      case .mixed: [1e4, -1e-30, 0, -1e4, 1e-30, 1]
      case .infinite: [.infinity, 1, -1, 1e4, .infinity, 0]  // one a row
      case .excluded: [-.infinity, 1, -1, -.infinity, -.infinity, -.infinity]  // a row with one, a row of nothing else
      }
    return Tensor(isPositive ? numbers.map(abs) : numbers, [2, 3])
  }
}

/// An operation with the fillings at which mathematics (or the limit that its documentation names) has no number, and
/// why it has none.
struct Subject: Sendable {
  let name: String
  let undefined: Set<Filling>
  let reason: String
  let isPositive: Bool
  /// Of ordinary numbers, whose derivatives are looked at, too.
  let others: @Sendable () -> [Tensor]
  let compute: @Sendable (Tensor, _ others: [Tensor]) -> Tensor

  init(
    _ name: String, except undefined: Set<Filling> = [], because reason: String = "", positive: Bool = false,
    _ compute: @escaping @Sendable (Tensor) -> Tensor
  ) {
    (self.name, self.undefined, self.reason) = (name, undefined, reason)
    (isPositive, others, self.compute) = (positive, { [] }, { x, _ in compute(x) })
  }

  /// Of an operation with other operands, whose derivatives must be numbers, too.
  init(
    _ name: String, with others: @autoclosure @escaping @Sendable () -> [Tensor], except undefined: Set<Filling> = [],
    because reason: String = "", _ compute: @escaping @Sendable (Tensor, _ others: [Tensor]) -> Tensor
  ) {
    (self.name, self.undefined, self.reason) = (name, undefined, reason)
    (isPositive, self.others, self.compute) = (false, others, compute)
  }

  /// Of what throws where mathematics has no answer: NaN there.
  init(
    trying name: String, except undefined: Set<Filling>, because reason: String,
    _ compute: @escaping @Sendable (Tensor) throws -> Tensor
  ) {
    self.init(name, except: undefined, because: reason, positive: true) { (try? compute($0)) ?? Tensor([.nan]) }
  }
}
