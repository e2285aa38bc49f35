import BraidCore
import BraidExperiments
import Foundation

/// A table as every renderer lays it out: titles, rows of text, which rows stand out.
public struct ResultTable: Sendable, Equatable {
  /// One column.
  public struct Column: Sendable, Equatable {
    /// Its heading.
    public var title: String
    /// Numbers stand to the right.
    public var isNumber: Bool
  }
  /// In order.
  public var columns: [Column]
  /// Cells in the order of the columns.
  public var rows: [[String]]
  /// Rows to set in bold: the best by the first metric.
  public var emphasised: Set<Int> = []

  /// One metric over all rows: mean ± deviation over the seeds, the mean's 95 % interval, the difference to the reference with
  /// its interval and p after Holm's correction; and for the main table what each row costs.
  /// - Parameters:
  ///   - metric: the metric's name.
  ///   - withCosts: adds parameters, floating-point operations a sample and seconds an epoch.
  public init(_ comparison: Comparison, metric: String, withCosts: Bool) {
    let reference = comparison.reference
    columns = [
      Column(title: "fusion", isNumber: false), Column(title: metric, isNumber: true),
      Column(title: "95 % interval", isNumber: true),
    ]
    if let reference {
      columns += [
        Column(title: "Δ to \(reference)", isNumber: true), Column(title: "its 95 % interval", isNumber: true),
        Column(title: "p (Holm)", isNumber: true),
      ]
    }
    if withCosts {
      for other in comparison.metrics.map(\.name) where other != metric {
        columns.append(Column(title: other, isNumber: true))
      }
      columns += ["parameters", "FLOPs a sample", "s an epoch"].map { Column(title: $0, isNumber: true) }
    }
    columns.append(Column(title: "seeds", isNumber: true))
    rows = []
    for (index, row) in comparison.rows.enumerated() {
      let result = row.metric(metric)
      var cells = [
        row.name, result.map { NumberText.meanDeviation($0.test) } ?? "–", NumberText.interval(result?.test.interval),
      ]
      if reference != nil {
        if row.isReference {
          cells += ["reference", "", ""]
        } else {
          let difference = result?.difference
          cells += [
            NumberText.difference(difference?.estimate.mean),
            NumberText.interval(difference?.estimate.interval, signed: true),
            NumberText.probability(difference?.adjustedP),
          ]
        }
      }
      if withCosts {
        for other in comparison.metrics.map(\.name) where other != metric {
          cells.append(row.metric(other).map { NumberText.meanDeviation($0.test) } ?? "–")
        }
        cells += [
          NumberText.count(row.parameters), NumberText.magnitude(row.flopsPerSample),
          NumberText.fixed(row.secondsPerEpoch.mean, 2),
        ]
      }
      let done = row.cells.filter { $0.status == .done }.count
      cells.append(done == row.cells.count ? "\(done)" : "\(done) of \(row.cells.count)")
      rows.append(cells)
      if row.name == comparison.best { emphasised.insert(index) }
    }
  }

  /// A table of these columns and rows.
  public init(columns: [Column], rows: [[String]]) { (self.columns, self.rows) = (columns, rows) }

  /// For a terminal: columns padded to their widest cell, the best row marked with `*`.
  public var text: String {
    let all = [columns.map(\.title)] + rows
    let widths = columns.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    func line(_ cells: [String], _ mark: String) -> String {
      let padded = cells.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - cells[column].count)
        return columns[column].isNumber ? space + cells[column] : cells[column] + space
      }
      var text = mark + padded.joined(separator: "  ")
      while text.last == " " { text.removeLast() }
      return text
    }
    let rule = "  " + widths.map { String(repeating: "─", count: $0) }.joined(separator: "  ")
    let body = rows.enumerated().map { line($1, emphasised.contains($0) ? "* " : "  ") }
    return ([line(columns.map(\.title), "  "), rule] + body).joined(separator: "\n")
  }

  /// As a Markdown table, the best row in bold.
  public var markdown: String {
    func escape(_ text: String) -> String {
      MarkdownReport.literal(text).replacingOccurrences(of: "|", with: "\\|")
    }
    func line(_ cells: [String]) -> String { "| " + cells.joined(separator: " | ") + " |" }
    let body = rows.enumerated().map { index, cells in
      line(cells.map { emphasised.contains(index) && !$0.isEmpty ? "**\(escape($0))**" : escape($0) })
    }
    return ([line(columns.map { escape($0.title) }), line(columns.map { $0.isNumber ? "--:" : ":--" })] + body)
      .joined(separator: "\n")
  }
}
