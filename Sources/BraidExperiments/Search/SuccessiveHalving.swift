import BraidCore

/// Many combinations for a few epochs, the best of them for more, and so on: Jamieson & Talwalkar 2016, "Non-stochastic Best
/// Arm Identification and Hyperparameter Optimization" (AISTATS), after Karnin, Koren & Somekh 2013 (ICML).
///
/// Of n trials, rung k has `n_k = ⌊n / η^k⌋`, each of `r_k = ⌊R / η^(s − k)⌋` epochs, k = 0 … s: the best of rung k make up rung
/// k + 1. R are the row's epochs, and s the largest number with `n_s ≥ 1` and `r_0 ≥ leastEpochs`. So every rung costs about as
/// much, and the last has the epochs with which the rows are trained. (The papers divide by η = 2; Li et al. 2018,
/// "Hyperband", JMLR 18, recommend 3 or 4.)
///
/// A trial of a later rung is trained from the beginning, not continued: schedules of the learning rate are of the epochs
/// a training has, and one that has come to its end cannot go on as if it were in its middle.
struct SuccessiveHalving: SearchMethod {
  static let name = "halving"

  struct Options: PartOptions {
    /// η: one of so many goes on.
    var factor = 3
    /// Of the first rung, at least.
    var leastEpochs = 1
  }
  let options: Options
  let settings: [String: Setting]

  init(_ settings: [String: Setting], at place: String) throws {
    options = try Options(settings, at: place)
    try require(options.factor >= 2, "\(place).factor: found \(options.factor); expected 2 or more.")
    try require(options.leastEpochs >= 1, "\(place).leastEpochs: found \(options.leastEpochs); expected 1 or more.")
    self.settings = try options.settings()
  }

  func budget(trials: Int, epochs: Int) -> [SearchRung] {
    var divisors = [1]  // η^k
    while let last = divisors.last, trials / (last * options.factor) >= 1,
      epochs / (last * options.factor) >= options.leastEpochs
    { divisors.append(last * options.factor) }
    return zip(divisors, divisors.reversed()).map { SearchRung(trials: trials / $0, epochs: epochs / $1) }
  }

  func proposals(for search: SearchProgress) throws -> [SearchTrial] {
    guard let last = search.trials.map(\.rung).max() else {
      return try (0..<search.budget[0].trials).map { index in
        SearchTrial(
          number: index + 1, rung: 0, values: try search.space.draw(seed: search.seed, trial: index),
          epochs: search.budget[0].epochs)
      }
    }
    guard last + 1 < search.budget.count else { return [] }
    let next = search.budget[last + 1]
    let ranked = SearchTrial.ranked(
      search.trials.filter { $0.rung == last }, higherIsBetter: search.higherIsBetter)
    return ranked.prefix(next.trials).filter { $0.value != nil }.enumerated().map { index, trial in
      SearchTrial(
        number: search.trials.count + index + 1, rung: last + 1, values: trial.values, epochs: next.epochs)
    }
  }
}
