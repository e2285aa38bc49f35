import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

/// The toy experiment with a search.
enum ToySearch {
  static let axes = """
    train.learningRate: {from: 1e-4, to: 1, scale: log}
    encoders.left.mlp.dropout: {from: 0, to: 0.9}
    train.batchSize: {from: 4, to: 64, scale: log, whole: true}
    fusion.join.scale: [1, 2, 4]
    """

  static func text(_ search: String, axes: String = axes, _ replacements: [(String, String)] = []) -> String {
    func indented(_ text: String, _ depth: Int) -> String {
      text.split(separator: "\n").map { String(repeating: " ", count: depth) + $0 }.joined(separator: "\n")
    }
    return Toy.text(replacements) + "\nsearch:\n\(indented(search, 2))\n  axes:\n\(indented(axes, 4))\n"
  }

  static func specification(
    _ search: String, axes: String = axes, _ replacements: [(String, String)] = [], catalogue: Catalogue = .toy
  ) throws -> Specification {
    try Specification(
      SettingsDocument(text(search, axes: axes, replacements), named: "toy.yaml"), catalogue: catalogue)
  }

  /// A row's search carried to its end, trials judged by a function of their values; nil: the trial failed.
  static func finished(
    _ specification: Specification, row: Int = 1, _ value: (SearchTrial) -> Double?
  ) throws -> SearchProgress {
    let search = try #require(specification.search), row = specification.rows[row]
    var progress = SearchProgress(
      space: try search.space(of: row), seed: search.seed, budget: try search.budget(of: row), higherIsBetter: true)
    while case let proposals = try search.method.proposals(for: progress), !proposals.isEmpty {
      for var trial in proposals {
        trial.value = value(trial)
        progress.trials.append(trial)
      }
    }
    return progress
  }

  /// A smooth function with its maximum, 0, at a learning rate of 0.01, a dropout of 0.3, batches of 16 and scale 2.
  static func smooth(_ trial: SearchTrial) -> Double {
    func number(_ path: String) -> Double {
      switch trial.values.first(where: { $0.path == path })?.value {
      case .integer(let number)?: Double(number)
      case .number(let number)?: number
      default: .nan
      }
    }
    let rate = log10(number("train.learningRate")) + 2, dropout = number("encoders.left.mlp.dropout") - 0.3
    let batch = log2(number("train.batchSize")) - 4
    return -(rate * rate + 4 * dropout * dropout + batch * batch / 4 + (number("fusion.join.scale") == 2 ? 0 : 0.5))
  }
}
