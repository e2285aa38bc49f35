import BraidCore
import Foundation
import Testing

@testable import BraidExperiments
@testable import BraidReports

/// What is said where no chart can be drawn.
let noGnuplot = "gnuplot is not installed: tools/setup quickstart"

/// A row measured by hand: one value a seed, nil where the run did not finish.
struct Measured {
  var name: String
  var accuracy: [Double?]
  var modalities = ["picture", "words"]
  var samples: [SampleAnswer] = []
}

/// A comparison of these rows, put together without running anything.
func comparison(
  _ measured: [Measured] = [
    Measured(name: "concat", accuracy: [0.80, 0.82, 0.84]), Measured(name: "gated", accuracy: [0.90, 0.91, 0.95]),
  ], reference: String? = "concat", question: String = "Does it help?", samples: [SampleView] = [],
  confusion: ConfusionMatrix? = ConfusionMatrix(classes: ["cat", "dog"], right: [0, 0, 1, 1], answered: [0, 1, 1, 1])
) -> Comparison {
  let seeds = (measured.first?.accuracy.indices.map { UInt64($0 + 1) }) ?? []
  let base = measured.first { $0.name == reference }?.accuracy
  let others = measured.filter { $0.name != reference }
  let differences = base.map { base in others.map { Difference($0.accuracy, minus: base) } } ?? []
  let adjusted = Difference.holm(differences.map(\.p))
  var failures: [Comparison.Failure] = [], missing: [Comparison.Failure] = []
  let rows = measured.map { row in
    var difference: Difference?
    if base != nil, let place = others.firstIndex(where: { $0.name == row.name }) {
      difference = differences[place]
      difference?.adjustedP = adjusted[place]
    }
    for (seed, value) in zip(seeds, row.accuracy) where value == nil {
      let trouble = Comparison.Failure(
        row: row.name, seed: seed, folder: "runs/\(seed)", reason: "loss is <nan>\nat step 7")
      if seed == 2 { failures.append(trouble) } else { missing.append(trouble) }
    }
    return Comparison.Row(
      name: row.name, fusion: "concat", modalities: row.modalities, adapters: [:], isReference: row.name == reference,
      metrics: [
        .init(
          name: "accuracy", test: Estimate(row.accuracy), validation: Estimate(row.accuracy), difference: difference)
      ], parameters: 73511, flopsPerSample: 147_000, secondsPerEpoch: Estimate([1, 2, 3]), bestEpoch: Estimate([2]),
      curve: (1...3).map {
        .init(
          epoch: $0, cells: 1, trainLoss: 1 / Double($0), validationLoss: 2 / Double($0),
          metrics: ["accuracy": 0.3 * Double($0)])
      }, settings: [.init(path: "fusion.concat.width", value: .integer(64), isGiven: true)],
      cells: zip(seeds, row.accuracy).map { seed, value in
        .init(
          seed: seed, status: value != nil ? .done : seed == 2 ? .failed : .missing, folder: "runs/\(seed)",
          test: value.map { ["accuracy": $0] } ?? [:], bestEpoch: value.map { _ in 2 }, epochs: value.map { _ in 3 },
          seconds: value.map { _ in 6.5 })
      }, samples: row.samples)
  }
  let best = rows.compactMap { row in row.metrics[0].test.mean.map { (row.name, $0) } }.max { $0.1 < $1.1 }?.0
  let provenance = Provenance(
    commit: "abc", executable: "e", swift: "6.3", system: "s", processor: "p", cores: 2, library: "l", libraryCore: "c",
    threads: 1, dataDigest: "d", command: ["braid", "run"], host: "h", seed: 1, started: "a", finished: "b")
  return Comparison(
    name: "trial", question: question,
    data: .init(
      name: "toy", digest: "0123", counts: ["train": 8, "test": 4], target: "one of 2 classes",
      targetNames: ["cat", "dog"],
      inputs: [.init(name: "words", summary: "tokens of 9 words")]),
    metrics: [.init(name: "accuracy", summary: "share of right answers", higherIsBetter: true)], seeds: seeds,
    rows: rows,
    reference: reference, best: best, confusion: confusion,
    baseline: .init(name: "majority class (cat)", metrics: ["accuracy": 0.5]), failures: failures, missing: missing,
    settings: [.init(path: "train.epochs", value: .integer(3), isGiven: true)],
    provenance: [.init(provenance: provenance, cells: 1, started: "a", finished: "b")], samples: samples,
    notes: ["A note."])
}

/// The report without charts, whatever is installed.
func bare(_ comparison: Comparison) -> Report { Report(comparison, gnuplot: nil) }

/// Names that mean something to HTML, LaTeX, Markdown, gnuplot or the shell.
let hostile = [
  "<script>alert(\"1\")</script>", "it's \"quoted\"", "under_score {a}^2 \\n \\textbf{x}", "100% of %d %s", "a|b\nc",
  "`touch braid-was-here`", "& $x$ #~", "[star] *b*", "@macro $0",
]
