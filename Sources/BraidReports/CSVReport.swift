import BraidExperiments
import Foundation

/// One line a cell: row, seed, status, every metric on test, costs. RFC 4180; what a spreadsheet or a data frame reads.
enum CSVReport {
  static func render(_ comparison: Comparison) -> String {
    let metrics = comparison.metrics.map(\.name)
    let costs = ["best_epoch", "epochs", "seconds", "parameters", "flops_per_sample"]
    var lines: [[String]] = [["row", "fusion", "modalities", "seed", "status"] + metrics + costs]
    for row in comparison.rows {
      for cell in row.cells {
        var line: [String] = [
          row.name, row.fusion, row.modalities.joined(separator: " "), "\(cell.seed)", cell.status.rawValue,
        ]
        for metric in metrics { line.append(number(cell.test[metric])) }
        line += [number(cell.bestEpoch), number(cell.epochs), number(cell.seconds)]
        line += [number(row.parameters), number(row.flopsPerSample)]
        lines.append(line)
      }
    }
    return lines.map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
  }

  private static func number<N: Numeric>(_ value: N?) -> String { value.map { "\($0)" } ?? "" }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\n\r".contains($0) }) || field.contains("\r\n") else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
