import BraidCore

/// A combination of settings that was or is to be trained in search of the best.
struct SearchTrial {
  /// From 1, row by row.
  let number: Int
  /// 0; for methods that train some for longer, how often this one was chosen for it.
  let rung: Int
  let values: [Coordinate]
  /// Epochs it may be trained, for each seed.
  let epochs: Int
  /// The validation value, the mean over the seeds; nil for a trial that failed.
  var value: Double?

  /// The order of the trials, the best first: those that failed come last, and of equal ones the earlier is better.
  static func ranked(_ trials: [SearchTrial], higherIsBetter: Bool) -> [SearchTrial] {
    trials.sorted { a, b in
      switch (a.value, b.value) {
      case (let x?, let y?) where x != y: higherIsBetter ? x > y : x < y
      case (nil, _?): false
      case (_?, nil): true
      default: a.number < b.number
      }
    }
  }
}

/// What proposes trials. A function of its arguments alone: the same file and the same finished trials give the same
/// proposals, however many workers there are and however often a search was interrupted.
protocol SearchMethod: Sendable {
  /// In experiment files.
  static var name: String { get }
  /// Every setting, given or default.
  var settings: [String: Setting] { get }

  /// How many trials a row has, and of how many epochs: one entry a rung.
  func budget(trials: Int, epochs: Int) -> [SearchRung]

  /// The trials that come next for a row; empty when its search is over. All that were proposed before have finished.
  func proposals(for search: SearchProgress) throws -> [SearchTrial]
}

/// So many trials of so many epochs.
public struct SearchRung: Codable, Sendable, Hashable {
  /// How many are trained here.
  public var trials: Int
  /// How many each may have.
  public var epochs: Int
}

/// A row's search as far as it has come.
struct SearchProgress {
  let space: SearchSpace
  let seed: UInt64
  /// Each trial's trials and epochs, rung by rung.
  let budget: [SearchRung]
  let higherIsBetter: Bool
  var trials: [SearchTrial] = []

  /// The trial whose settings the row gets: the best of the last rung. Nil when none of it finished.
  var best: SearchTrial? {
    let last = trials.map(\.rung).max()
    let first = SearchTrial.ranked(trials.filter { $0.rung == last }, higherIsBetter: higherIsBetter).first
    return first?.value == nil ? nil : first
  }
}
