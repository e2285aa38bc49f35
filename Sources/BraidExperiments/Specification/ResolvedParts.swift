import BraidCore
import BraidTensor

/// Parts with all their defaults, each worked out once: the rows of a sweep share most of theirs.
final class ResolvedParts: Sendable {
  private let known = Locked<[String: [PartChoice: PartChoice]]>([:])

  /// The part with every default, checked.
  /// - Throws: `SetupError` as `PartChoice.resolved`; a choice that has one is not kept.
  func resolve<E>(
    _ choice: PartChoice, _ kind: String, in shelf: [String: Catalogue.Entry<E>], at path: String
  ) throws -> PartChoice {
    if let found = known.withLock({ $0[kind]?[choice] }) { return found }
    let resolved = try choice.resolved(kind, in: shelf, at: path)
    known.withLock { $0[kind, default: [:]][choice] = resolved }
    return resolved
  }
}
