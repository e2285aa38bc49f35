import BraidTensor

/// Parameters with a learning rate and a weight decay of their own, found by where they are made.
///
/// A group's pattern is a path or the beginning of one up to a dot: `encoder.text` holds `encoder.text.embedding`, not
/// `encoder.text2`. In it `*` stands for any characters, dots too, and `{a,b}` for either: `*.{bias,gain}` holds all biases
/// and all that normalisation learns, which are not to decay.
///
/// Of the groups without such signs the one with the longest matching path counts, of those with them the longest, and
/// where both are, their rates multiply and the latter's decay counts: what is said of all biases leaves an encoder's rate
/// as it is. Parameters of no group take the optimiser's settings. An optimiser stops at its first step when a group
/// matches nothing: a misspelt one would change nothing and say nothing.
public struct ParameterGroup: Sendable, Hashable {
  /// A path, the beginning of one up to a dot, or such a one with `*` and `{a,b}`.
  public let pattern: String
  /// What the learning rate of every step is multiplied by; 0: the parameters stay as they are.
  public let rate: Double
  /// nil: the optimiser's.
  public let weightDecay: Double?

  /// Stops on a negative setting.
  public init(_ pattern: String, rate: Double = 1, weightDecay: Double? = nil) {
    guard rate >= 0, rate.isFinite, weightDecay ?? 0 >= 0, weightDecay?.isFinite ?? true else {
      stop(
        "ParameterGroup",
        "rate \(rate) and weight decay \(weightDecay.map { "\($0)" } ?? "as elsewhere") of \"\(pattern)\" "
          + "must be finite and not negative")
    }
    (self.pattern, self.rate, self.weightDecay) = (pattern, rate, weightDecay)
  }

  /// Whether the pattern says `*` or `{a,b}`.
  public var isWild: Bool { pattern.contains { $0 == "*" || $0 == "{" } }

  /// Whether a parameter of this path, or all under it, belong to the group.
  public func holds(_ path: String) -> Bool { ParameterGroup.fits(pattern[...], path[...]) }

  /// Whether a pattern fits a path or its beginning up to a dot.
  private static func fits(_ pattern: Substring, _ path: Substring) -> Bool {
    guard let sign = pattern.first else { return path.isEmpty || path.first == "." }
    let rest = pattern.dropFirst()
    if sign == "*" {
      return fits(rest, path) || (!path.isEmpty && fits(pattern, path.dropFirst()))
    }
    if sign == "{", let end = rest.firstIndex(of: "}") {
      return rest[..<end].split(separator: ",").contains { fits($0 + rest[end...].dropFirst(), path) }
    }
    return path.first == sign && fits(rest, path.dropFirst())
  }
}

/// The settings of every parameter of a store, looked up once.
struct GroupSettings {
  private struct Setting: Hashable {
    var rate = 1.0
    /// nil: the optimiser's.
    var weightDecay: Double?
  }
  let groups: [ParameterGroup]
  /// The optimiser's own.
  let weightDecay: Double
  /// Those that differ.
  private var settings: [Setting] = []
  /// By the parameter's number: its place among the settings. Empty without groups.
  private(set) var membership: [Int] = []

  init(_ groups: [ParameterGroup], weightDecay: Double) { (self.groups, self.weightDecay) = (groups, weightDecay) }

  /// Looks the groups up when the store is new or has grown. Stops on a group that matches nothing.
  mutating func prepare(for store: ParameterStore) {
    guard !groups.isEmpty, membership.count != store.parameters.count else { return }
    for group in groups where !store.parameters.contains(where: { group.holds($0.path) }) {
      stop("ParameterGroup", "no parameter's path is \"\(group.pattern)\" or begins with \"\(group.pattern).\"")
    }
    settings = []
    membership = store.parameters.map { parameter in
      let setting = setting(of: parameter.path)
      if let place = settings.firstIndex(of: setting) { return place }
      settings.append(setting)
      return settings.count - 1
    }
  }

  private func setting(of path: String) -> Setting {
    var setting = Setting()
    for isWild in [false, true] {
      let holding = groups.filter { $0.isWild == isWild && $0.holds(path) }
      // patterns may be as long as each other; their order then decides, not that of the list
      func length(_ group: ParameterGroup) -> (Int, String) { (group.pattern.utf8.count, group.pattern) }
      guard let group = holding.max(by: { length($0) < length($1) }) else { continue }
      setting.rate *= group.rate
      setting.weightDecay = group.weightDecay ?? setting.weightDecay
    }
    return setting
  }

  /// The learning rate and decay of a span's parameters.
  func settings(of span: Span, rate: Float) -> (rate: Double, weightDecay: Double) {
    guard span.group >= 0 else { return (Double(rate), weightDecay) }
    let setting = settings[span.group]
    return (Double(rate) * setting.rate, setting.weightDecay ?? weightDecay)
  }
}
