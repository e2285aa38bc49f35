import BraidCore
import BraidTensor
import Foundation

/// The tree-structured Parzen estimator: Bergstra, Bardenet, Bengio & Kégl 2011, "Algorithms for Hyper-Parameter
/// Optimization" (NIPS), section 4.
///
/// The finished trials are divided into the best share γ of them and the rest. Axis by axis, `l(x)` is the density of the
/// values of the former and `g(x)` of the latter. The expected improvement is `∝ (γ + (1 − γ) g(x) / l(x))^−1`, so the next
/// value is, of some drawn from l, the one with the largest `l(x) / g(x)`. Logarithmic ranges are estimated in their
/// logarithm, whole numbers by the probability of what is rounded to them, lists by counting. An axis of a part's setting is
/// estimated from the trials that used the part: that is the tree.
///
/// As in the authors' program hyperopt, and unlike the paper, every axis has its own best candidate, not the combination
/// as a whole. Trials that are proposed together count as bad ones for each other, so that they keep apart.
struct TreeParzenSearch: SearchMethod {
  static let name = "tpe"

  struct Options: PartOptions {
    /// Trials drawn at random first.
    var startup = 10
    /// γ: the share of the trials that count as good, 0.15 in the paper.
    var quantile = 0.15
    /// Drawn from l for each value.
    var candidates = 24
    /// Trials proposed, and trained side by side, before their values are looked at. Of the file, not of the machine:
    /// results must not depend on how many workers there are.
    var batch = 4
  }
  let options: Options
  let settings: [String: Setting]
  /// How often a combination that was tried before is drawn anew, before it is accepted.
  private static let attempts = 8

  init(_ settings: [String: Setting], at place: String) throws {
    options = try Options(settings, at: place)
    try require(options.startup >= 1, "\(place).startup: found \(options.startup); expected 1 or more.")
    try require(
      options.quantile > 0 && options.quantile < 1,
      "\(place).quantile: found \(options.quantile); expected a share between 0 and 1.")
    try require(options.candidates >= 1, "\(place).candidates: found \(options.candidates); expected 1 or more.")
    try require(options.batch >= 1, "\(place).batch: found \(options.batch); expected 1 or more.")
    self.settings = try options.settings()
  }

  func budget(trials: Int, epochs: Int) -> [SearchRung] { [SearchRung(trials: trials, epochs: epochs)] }

  func proposals(for search: SearchProgress) throws -> [SearchTrial] {
    let rung = search.budget[0], done = search.trials.count
    let isStarting = done < options.startup
    let end = min(rung.trials, isStarting ? options.startup : done + options.batch)
    var proposed: [SearchTrial] = []
    for index in done..<max(end, done) {
      var values: [Coordinate] = []
      for attempt in 0..<TreeParzenSearch.attempts {
        values =
          isStarting
          ? try search.space.draw(seed: search.seed, trial: index)
          : try propose(search, beside: proposed, trial: index, attempt: attempt)
        if isStarting || !(search.trials + proposed).contains(where: { $0.values == values }) { break }
      }
      proposed.append(SearchTrial(number: index + 1, rung: 0, values: values, epochs: rung.epochs))
    }
    return proposed
  }

  private func propose(
    _ search: SearchProgress, beside proposed: [SearchTrial], trial: Int, attempt: Int
  ) throws -> [Coordinate] {
    let ranked = SearchTrial.ranked(search.trials, higherIsBetter: search.higherIsBetter)
    let good = Int((options.quantile * Double(ranked.count)).rounded(.up))
    return try search.space.combination { axis in
      func values(_ trials: some Sequence<SearchTrial>) -> [Setting] {
        trials.compactMap { $0.values.first { $0.path == axis.path }?.value }
      }
      let l = AxisEstimator(axis.domain, values(ranked.prefix(good)))
      let g = AxisEstimator(axis.domain, values(ranked.dropFirst(good) + proposed))
      var stream = search.space.stream(of: axis, seed: search.seed, trial: trial, attempt: attempt)
      let candidates = (0..<options.candidates).map { _ in l.draw(&stream) }
      return TreeParzenSearch.best(of: candidates, l, g)
    }
  }

  /// The candidate with the largest `l / g`, the first of equal ones.
  static func best(of candidates: [Setting], _ l: AxisEstimator, _ g: AxisEstimator) -> Setting {
    var (best, most) = (candidates[0], -Double.infinity)
    for candidate in candidates {
      let ratio = log(l.likelihood(of: candidate)) - log(g.likelihood(of: candidate))
      if ratio > most { (best, most) = (candidate, ratio) }
    }
    return best
  }
}

/// The density of one axis' values.
struct AxisEstimator {
  private enum Form { case range(SweepRange, ParzenEstimator), list([Setting], ChoiceEstimator) }
  private let form: Form

  init(_ domain: SweepDomain, _ values: [Setting]) {
    switch domain {
    case .range(let range): form = .range(range, ParzenEstimator(values.compactMap(range.share)))
    case .list(let list):
      form = .list(list, ChoiceEstimator(values.compactMap { list.firstIndex(of: $0) }, of: list.count))
    }
  }

  func draw(_ stream: inout RandomStream) -> Setting {
    switch form {
    case .range(let range, let estimator): range.number(at: estimator.draw(&stream))
    case .list(let list, let estimator): list[estimator.draw(&stream)]
    }
  }

  /// Of a number of a range, the density at its share of the way; of a whole number and of a list's entry the probability.
  func likelihood(of value: Setting) -> Double {
    switch form {
    case .range(let range, let estimator):
      if let part = range.shares(of: value) { return estimator.mass(of: part) }
      return range.share(value).map(estimator.density) ?? 0
    case .list(let list, let estimator):
      return list.firstIndex(of: value).map { estimator.probabilities[$0] } ?? 0
    }
  }
}
