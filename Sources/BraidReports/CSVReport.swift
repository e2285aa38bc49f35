import BraidExperiments
import Foundation

/// One line a cell: row, values on the axes of a sweep, seed, status, every metric on test, costs. RFC 4180; what a spreadsheet or a data frame reads.
enum CSVReport {
  static func render(_ comparison: Comparison) -> String {
    let metrics = comparison.metrics.map(\.name)
    let costs = ["best_epoch", "epochs", "seconds", "parameters", "flops_per_sample"]
    var axes: [String] = []
    for path in comparison.rows.flatMap({ $0.coordinates.map(\.path) }) where !axes.contains(path) {
      if !["fusion", "modalities"].contains(path) { axes.append(path) }  // they have their columns
    }
    let first = ["row", "fusion", "modalities"] + axes + ["seed", "status"]
    var lines: [[String]] = [first + metrics + costs]
    for row in comparison.rows {
      for cell in row.cells {
        var line = [row.name, row.fusion, row.modalities.joined(separator: " ")]
        for path in axes { line.append(row.coordinates.first { $0.path == path }?.text ?? "") }
        line += ["\(cell.seed)", cell.status.rawValue]
        for metric in metrics { line.append(number(cell.test[metric])) }
        line += [number(cell.bestEpoch), number(cell.epochs), number(cell.seconds)]
        line += [number(row.parameters), number(row.flopsPerSample)]
        lines.append(line)
      }
    }
    return lines.map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
  }

  private static func number<N: Numeric>(_ value: N?) -> String { value.map { "\($0)" } ?? "" }

  static func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\n\r".contains($0) }) || field.contains("\r\n") else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
