import BraidCore

/// Every trial drawn by itself, all values equally likely: Bergstra & Bengio 2012, "Random Search for Hyper-Parameter
/// Optimization" (Journal of Machine Learning Research 13). Unlike a grid it wastes no trial on axes that do not matter.
struct RandomSearch: SearchMethod {
  static let name = "random"
  let settings: [String: Setting] = [:]

  init(_ settings: [String: Setting], at place: String) throws { _ = try NoOptions(settings, at: place) }

  func budget(trials: Int, epochs: Int) -> [SearchRung] { [SearchRung(trials: trials, epochs: epochs)] }

  func proposals(for search: SearchProgress) throws -> [SearchTrial] {
    let rung = search.budget[0]
    return try (search.trials.count..<rung.trials).map { index in
      SearchTrial(
        number: index + 1, rung: 0, values: try search.space.draw(seed: search.seed, trial: index), epochs: rung.epochs)
    }
  }
}
