import BraidCore
import BraidExperiments
import Foundation

/// One picture of a report.
public struct Chart: Sendable {
  /// File name without its ending.
  public var name: String
  /// Above the picture.
  public var title: String
  /// What the reader sees, for those who cannot see it.
  public var caption: String
  /// The picture.
  public var svg: String
}

/// The charts of a comparison, drawn by gnuplot.
enum Charts {
  /// Colours that can be told apart with colour-blind eyes (Okabe & Ito 2008).
  static let palette = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#666666", "#000000"]

  /// File names of all charts there can be.
  static let names: Set = ["metric-by-fusion", "learning-curves", "loss-curves", "confusion", "search"]

  /// All charts there is data for.
  static func draw(_ comparison: Comparison, with gnuplot: Gnuplot) -> (charts: [Chart], complaints: [String]) {
    var charts: [Chart] = []
    var complaints: [String] = []
    func add(_ name: String, _ title: String, _ caption: String, _ width: Int, _ height: Int, _ script: String?) {
      guard let script else { return }
      let (svg, complaint) = gnuplot.draw(script, width: width, height: height)
      if let svg {
        charts.append(Chart(name: name, title: title, caption: caption, svg: svg))
      } else {
        complaints.append("chart \"\(title)\": gnuplot said: \(complaint)")
      }
    }
    if let metric = comparison.metrics.first?.name {
      add(
        "metric-by-fusion", "\(metric) by fusion",
        "\(metric) on the test split: the mean over seeds with its 95 % interval, and every seed as a small circle below it."
          + baselineSentence(comparison, metric),
        760, 110 + 44 * comparison.rows.count, metricByRow(comparison, metric))
      add(
        "learning-curves", "\(metric) on the validation split while training",
        "\(metric) on the validation split by epoch, mean over seeds.", 760, 420,
        curves(comparison, title: "validation \(metric)") { $0.metrics[metric] })
    }
    add(
      "loss-curves", "Loss on the validation split while training", "Validation loss by epoch, mean over seeds.", 760,
      420,
      curves(comparison, title: "validation loss") { $0.validationLoss })
    if let search = SearchReport(comparison) {
      let monitor = search.search.monitor
      add(
        "search", "Best validation \(monitor) so far, by the epochs trained in search of settings",
        "The best validation \(monitor) of the trials so far, by the epochs they have been trained, for each row.", 760,
        420, search.curves)
    }
    if let confusion = comparison.confusion, let best = comparison.best {
      let side = 190 + 52 * confusion.classes.count
      add(
        "confusion", "Confusion matrix of \(best)",
        "Right classes down, answers across, all seeds together; the share of each right class in per cent.",
        side + 140, side, matrix(confusion))
    }
    return (charts, complaints)
  }

  private static func baselineSentence(_ comparison: Comparison, _ metric: String) -> String {
    guard let baseline = comparison.baseline, let value = baseline.metrics[metric] else { return "" }
    return " Without any input (\(baseline.name)) it is \(NumberText.fixed(value))."
  }

  /// Mean, interval and every seed, one line a row, the first row on top.
  static func metricByRow(_ comparison: Comparison, _ metric: String) -> String? {
    let rows = comparison.rows
    let results = rows.map { $0.metric(metric)?.test }
    guard results.contains(where: { $0?.mean != nil }) else { return nil }
    var means = "$means << EOD\n", seeds = "$seeds << EOD\n"
    for (index, result) in results.enumerated() {
      let y = rows.count - index
      if let mean = result?.mean {
        let low = result?.interval?.low ?? mean, high = result?.interval?.high ?? mean
        means += "\(mean) \(y) \(low) \(high)\n"
      }
      for value in result?.values ?? [] { if let value { seeds += "\(value) \(Double(y) - 0.24)\n" } }
    }
    means += "EOD\n"
    seeds += "EOD\n"
    let labels = rows.enumerated().map { "\(Gnuplot.tic($1.name)) \(rows.count - $0)" }.joined(separator: ", ")
    var script = means + seeds
    script +=
      "set yrange [0.4:\(Double(rows.count) + 0.6)]\nset ytics (\(labels)) scale 0\nset xlabel \(Gnuplot.quoted(metric))\n"
    script += "unset key\nset offsets graph 0.02, graph 0.02, 0, 0\n"
    script +=
      "plot $means using 1:2:3:4 with xerrorbars pointtype 7 pointsize 0.9 linewidth 2 linecolor '\(palette[0])', "
    script += "$seeds using 1:2 with points pointtype 6 pointsize 0.6 linecolor '#D55E00'\n"
    return script
  }

  /// One line a row over epochs.
  static func curves(_ comparison: Comparison, title: String, _ value: (Comparison.CurvePoint) -> Double?) -> String? {
    var script = ""
    var plots: [String] = []
    for (index, row) in comparison.rows.enumerated() {
      let points = row.curve.compactMap { point in value(point).map { "\(point.epoch) \($0)" } }
      guard !points.isEmpty else { continue }
      script += "$row\(index) << EOD\n" + points.joined(separator: "\n") + "\nEOD\n"
      let dash = row.isSingleModality ? "dashtype 2 " : ""
      plots.append(
        "$row\(index) using 1:2 with lines linewidth 2 \(dash)linecolor '\(palette[index % palette.count])' "
          + "title \(Gnuplot.quoted(row.name))")
    }
    guard !plots.isEmpty else { return nil }
    script += "set xlabel 'epoch'\nset ylabel \(Gnuplot.quoted(title))\nset key outside right\n"
    return script + "plot " + plots.joined(separator: ", ") + "\n"
  }

  /// Shares of each right class as a heat map with numbers.
  static func matrix(_ confusion: ConfusionMatrix) -> String? {
    let count = confusion.classes.count
    guard count > 0, count <= 40, confusion.total > 0 else { return nil }
    var script = "$cells << EOD\n"
    for right in 0..<count {
      let support = max(confusion.support(right), 1)
      for answered in 0..<count {
        let share = 100 * Double(confusion.counts[right][answered]) / Double(support)
        script += "\(answered) \(count - 1 - right) \(share) \(share >= 0.5 ? String(format: "%.0f", share) : "·")\n"
      }
      script += "\n"
    }
    script += "EOD\n"
    let names = confusion.classes.map { Gnuplot.tic($0) }
    let across = names.enumerated().map { "\($1) \($0)" }.joined(separator: ", ")
    let down = names.enumerated().map { "\($1) \(count - 1 - $0)" }.joined(separator: ", ")
    script += "set xtics (\(across)) rotate by 40 right scale 0\nset ytics (\(down)) scale 0\nunset grid\nunset key\n"
    script +=
      "set xlabel 'answer'\nset ylabel 'right class'\nset cblabel 'per cent of the right class'\nset size ratio 1\n"
    script +=
      "set xrange [-0.5:\(Double(count) - 0.5)]\nset yrange [-0.5:\(Double(count) - 0.5)]\nset cbrange [0:100]\n"
    script += "set palette defined (0 '#ffffff', 100 '#0072B2')\n"
    script += "plot $cells using 1:2:3 with image pixels, $cells using 1:2:(strcol(4)) with labels font ',11'\n"
    return script
  }
}
