import BraidTensor

/// Parameters with a learning rate and a weight decay of their own, found by where they are made.
///
/// A parameter belongs to the group with the longest matching prefix; those of no group take the optimiser's settings.
/// An optimiser stops at its first step when a prefix matches nothing: a misspelt one would change nothing and say
/// nothing.
public struct ParameterGroup: Sendable, Hashable {
  /// A path, or the beginning of one up to a dot: `encoder.text` holds `encoder.text.embedding`, not `encoder.text2`.
  public let prefix: String
  /// What the learning rate of every step is multiplied by; 0: the parameters stay as they are.
  public let rate: Double
  /// nil: the optimiser's.
  public let weightDecay: Double?

  /// Stops on a negative setting.
  public init(_ prefix: String, rate: Double = 1, weightDecay: Double? = nil) {
    guard rate >= 0, rate.isFinite, weightDecay ?? 0 >= 0, weightDecay?.isFinite ?? true else {
      stop(
        "ParameterGroup",
        "rate \(rate) and weight decay \(weightDecay.map { "\($0)" } ?? "as elsewhere") of \"\(prefix)\" "
          + "must be finite and not negative")
    }
    (self.prefix, self.rate, self.weightDecay) = (prefix, rate, weightDecay)
  }

  /// Whether a parameter of this path lies under the prefix.
  public func holds(_ path: String) -> Bool { path == prefix || path.hasPrefix(prefix + ".") }
}

/// Which group every parameter of a store belongs to, looked up once.
struct GroupSettings {
  let groups: [ParameterGroup]
  /// The optimiser's own.
  let weightDecay: Double
  /// By the parameter's number: its group, or -1. Empty without groups.
  private(set) var membership: [Int] = []

  init(_ groups: [ParameterGroup], weightDecay: Double) { (self.groups, self.weightDecay) = (groups, weightDecay) }

  /// Looks the groups up when the store is new or has grown. Stops on a prefix that matches nothing.
  mutating func prepare(for store: ParameterStore) {
    guard !groups.isEmpty, membership.count != store.parameters.count else { return }
    for group in groups where !store.parameters.contains(where: { group.holds($0.path) }) {
      stop("ParameterGroup", "no parameter's path is \"\(group.prefix)\" or begins with \"\(group.prefix).\"")
    }
    membership = store.parameters.map { parameter in
      let holding = groups.indices.filter { groups[$0].holds(parameter.path) }
      return holding.max { groups[$0].prefix.utf8.count < groups[$1].prefix.utf8.count } ?? -1
    }
  }

  /// The learning rate and decay of a span's parameters.
  func settings(of span: Span, rate: Float) -> (rate: Double, weightDecay: Double) {
    guard span.group >= 0 else { return (Double(rate), weightDecay) }
    let group = groups[span.group]
    return (Double(rate) * group.rate, group.weightDecay ?? weightDecay)
  }
}
