import BraidCore
import BraidExperiments
import Foundation

/// Everything a report says, ready to be laid out: the same content whether it becomes Markdown or HTML.
struct ReportContent {
  let comparison: Comparison
  let charts: [Chart]
  /// Why charts are missing, in words for the reader; empty when they are there.
  let chartNotes: [String]
  /// Pictures of what the fusions looked at.
  let samplePictures: [SampleChart]

  struct SampleChart {
    var row: String
    var name: String
    var caption: String
    var svg: String
  }

  init(_ comparison: Comparison, gnuplot: Gnuplot?) {
    self.comparison = comparison
    if let gnuplot {
      let drawn = Charts.draw(comparison, with: gnuplot)
      (charts, chartNotes) = (drawn.charts, drawn.complaints)
    } else {
      charts = []
      chartNotes = [
        "The charts are missing because gnuplot was not found: install it (package gnuplot-nox) and run the report again."
      ]
    }
    var pictures: [SampleChart] = []
    for (rowNumber, row) in comparison.rows.enumerated() {
      for (number, answer) in row.samples.enumerated() {
        guard let sample = comparison.samples.first(where: { $0.identifier == answer.identifier }),
          let svg = SamplePicture(sample: sample, answer: answer, modalities: row.modalities).svg()
        else { continue }
        let verdict = answer.isRight.map { $0 ? " (right)" : " (wrong)" } ?? ""
        pictures.append(
          SampleChart(
            row: row.name, name: "sample-\(rowNumber)-\(number)",
            caption:
              "\(sample.identifier), \(sample.right). Answer: \(answer.predicted)\(verdict), seed \(answer.seed).",
            svg: svg))
      }
    }
    samplePictures = pictures
  }

  /// The result tables: the main one with costs, then one a further metric.
  var tables: [(title: String, table: ResultTable)] {
    comparison.metrics.enumerated().map { index, metric in
      (metric.name, ResultTable(comparison, metric: metric.name, withCosts: index == 0))
    }
  }

  /// The search that found the rows' settings, if there was one.
  var search: SearchReport? { SearchReport(comparison) }

  /// What the numbers are, in words.
  var legend: String {
    let seeds = comparison.seeds.count
    var text =
      "Test split, parameters of the best validation epoch. Mean ± standard deviation over \(seeds) "
      + "seed\(seeds == 1 ? "" : "s"); 95 % t-interval of the mean."
    if let reference = comparison.reference {
      text +=
        " Δ is the row minus \(reference), paired by seed, with its 95 % t-interval; p is the two-sided paired t-test's, "
        + "corrected by Holm's method over all rows compared on the metric."
    }
    return text
  }

  /// The finding in one or two sentences: what is best, and whether it beats the reference.
  var finding: String {
    guard let metric = comparison.metrics.first, let best = comparison.best, let row = comparison.row(best),
      let result = row.metric(metric.name)
    else { return "No cell has finished yet." }
    var text = "Best by mean \(metric.name): \(best), \(NumberText.meanDeviation(result.test))."
    guard let reference = comparison.reference else { return text }
    let others = comparison.rows.filter { !$0.isReference && !$0.isSingleModality }
    guard others.contains(where: { $0.metric(metric.name)?.difference?.adjustedP != nil }) else {
      let why =
        comparison.seeds.count == 1
        ? "With one seed no difference to \(reference) can be tested."
        : "No difference to \(reference) could be tested."
      return others.isEmpty ? text : "\(text) \(why)"
    }
    let differing = others.filter { ($0.metric(metric.name)?.difference?.adjustedP ?? 1) < 0.05 }
    func isBetter(_ row: Comparison.Row) -> Bool {
      ((row.metric(metric.name)?.difference?.estimate.mean ?? 0) > 0) == metric.higherIsBetter
    }
    let better = differing.filter(isBetter).map(\.name), worse = differing.filter { !isBetter($0) }.map(\.name)
    text +=
      better.isEmpty
      ? " No fusion is better than \(reference) at p < 0.05 after Holm's correction."
      : " Better than \(reference) at p < 0.05 after Holm's correction: \(better.joined(separator: ", "))."
    if !worse.isEmpty { text += " Worse: \(worse.joined(separator: ", "))." }
    return text
  }

  /// Name and value lines about the data.
  var dataLines: [(String, String)] {
    let data = comparison.data
    let counts = ["train", "validation", "test"].compactMap { split in data.counts[split].map { "\(split) \($0)" } }
    var lines = [("data set", data.name), ("samples", counts.joined(separator: ", ")), ("target", data.target)]
    lines += data.inputs.map { ("modality \($0.name)", $0.summary) }
    if let baseline = comparison.baseline {
      let values = comparison.metrics.compactMap { metric in
        baseline.metrics[metric.name].map { "\(metric.name) \(NumberText.fixed($0))" }
      }
      lines.append(("without any input: \(baseline.name)", values.joined(separator: ", ")))
    }
    lines.append(("digest", data.digest))
    return lines
  }

  /// Name and value lines about where the cells ran.
  func provenanceLines(_ group: Comparison.ProvenanceGroup) -> [(String, String)] {
    let p = group.provenance
    return [
      ("cells", "\(group.cells)"), ("Braid", p.version + (p.commit.isEmpty ? "" : ", commit \(p.commit)")),
      ("executable", p.executable), ("Swift", p.swift), ("system", p.system),
      ("processor", "\(p.processor), \(p.cores) cores"),
      ("matrix library", "\(p.library), kernels \(p.libraryCore)"), ("threads a cell", "\(p.threads)"),
      ("host", p.host),
      ("started", group.started), ("finished", group.finished), ("command", p.command.joined(separator: " ")),
    ]
  }

  /// A setting's value as its file would say it.
  static func text(_ value: Setting) -> String {
    if case .text(let text) = value { return text }
    return value.description
  }
}
