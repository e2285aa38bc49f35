import BraidCore

extension Comparison {
  /// What was searched before the rows were trained, how much, and what was found. Trials see the training and validation
  /// splits only.
  public struct Search: Codable, Sendable {
    /// `tpe`, `random` or `halving`.
    public var method: String
    /// Of the method, every default included.
    public var settings: [String: Setting]
    /// What is compared on the validation split.
    public var monitor: String
    /// Whether more of what is compared is better.
    public var higherIsBetter: Bool
    /// Of what is drawn.
    public var seed: UInt64
    /// Each trial is trained with.
    public var seeds: [UInt64]
    /// What was searched over.
    public var axes: [SearchedAxis]
    /// In the order of the comparison's rows.
    public var rows: [SearchedRow]
  }

  /// One setting that was searched.
  public struct SearchedAxis: Codable, Sendable, Hashable {
    /// Key path within a cell's configuration.
    public var path: String
    /// `32, 64, 128`; `0.0001 … 0.01, logarithmic`.
    public var values: String
  }

  /// A row's search.
  public struct SearchedRow: Codable, Sendable {
    /// The row's.
    public var name: String
    /// Paths of the axes that count for it; empty when it is trained as it is written.
    public var axes: [String]
    /// Trials and their epochs, rung by rung.
    public var budget: [SearchRung]
    /// In order.
    public var trials: [SearchedTrial] = []
    /// Number of the trial whose settings the row has; nil when nothing was searched or every trial failed.
    public var chosen: Int?

    /// The trial whose settings the row has.
    public var best: SearchedTrial? { trials.first { $0.number == chosen } }
  }

  /// One trained choice of settings.
  public struct SearchedTrial: Codable, Sendable {
    /// From 1.
    public var number: Int
    /// How often it was chosen for more epochs.
    public var rung: Int
    /// On every axis.
    public var values: [Coordinate]
    /// The mean over the seeds on the validation split; nil for a trial that failed.
    public var value: Double?
    /// What went wrong, nil unless it failed.
    public var failure: String?
    /// Within the folder of trials, one a seed.
    public var folders: [String]
    /// Epochs it may have, for each seed.
    public var epochs: Int
    /// Epochs trained, all seeds together: fewer where training stopped early. A run that failed counts with all it had.
    public var epochsTrained: Int
    /// Whether it has the configuration of an earlier trial of the row, whose result it shares; it was not trained again.
    public var isRepeated: Bool
    /// Wall-clock, all seeds together; nil until its runs have been read.
    public var seconds: Double?

    init(_ trial: SearchTrial, _ cells: [Plan.Cell], _ result: TrialResult, isRepeated: Bool) {
      (number, rung, values, epochs) = (trial.number, trial.rung, trial.values, trial.epochs)
      (value, failure, folders) = (result.value, result.failure, cells.map(\.folder))
      (epochsTrained, self.isRepeated) = (isRepeated ? 0 : result.epochs, isRepeated)
    }
  }
}

extension Comparison.SearchedRow {
  /// Epochs trained in its trials.
  public var epochsTrained: Int { trials.map(\.epochsTrained).reduce(0, +) }
  /// Trials that failed.
  public var failures: [Comparison.SearchedTrial] { trials.filter { $0.value == nil } }

  /// The best validation value after so many epochs of trials, wherever it became better, and at the end.
  public func bestSoFar(higherIsBetter: Bool) -> [(epochs: Int, value: Double)] {
    var points: [(epochs: Int, value: Double)] = []
    var epochs = 0
    for trial in trials {
      epochs += trial.epochsTrained
      guard let value = trial.value else { continue }
      guard let best = points.last?.value else {
        points.append((epochs, value))
        continue
      }
      if higherIsBetter ? value > best : value < best { points.append((epochs, value)) }
    }
    if let last = points.last, last.epochs < epochs { points.append((epochs, last.value)) }
    return points
  }
}

extension Comparison.Search {
  /// `tpe found settings for 2 rows in 40 trials and 312 epochs; 1 trial failed`.
  var sentence: String {
    let trials = rows.flatMap(\.trials), failures = trials.filter { $0.value == nil }.count
    let searched = rows.filter { !$0.budget.isEmpty }.count
    return
      "search: \(method) found settings for \(searched) row\(searched == 1 ? "" : "s") in \(trials.count) trials of "
      + "\(rows.map(\.epochsTrained).reduce(0, +)) epochs"
      + (failures == 0 ? "" : "; \(failures) of them failed")
  }

  /// With the seconds of its runs, as far as they are there.
  func timed(in experiment: String) -> Comparison.Search {
    var result = self
    let folder = SearchRunner.folder(of: experiment)
    for row in result.rows.indices {
      for trial in result.rows[row].trials.indices where !result.rows[row].trials[trial].isRepeated {
        let seconds = result.rows[row].trials[trial].folders.map { path in
          (try? RunFolder.read(RunFolder.resultFile, in: "\(folder)/\(path)") as RunResult)?.seconds
        }
        if !seconds.contains(nil) {
          result.rows[row].trials[trial].seconds = seconds.compactMap { $0 }.reduce(0, +)
        }
      }
    }
    return result
  }
}
