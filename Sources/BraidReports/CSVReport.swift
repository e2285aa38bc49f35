import BraidExperiments
import Foundation

/// One line a cell: row, seed, status, every metric on test, costs. RFC 4180; what a spreadsheet or a data frame reads.
enum CSVReport {
  static func render(_ comparison: Comparison) -> String {
    let metrics = comparison.metrics.map(\.name)
    var lines = [["row", "fusion", "modalities", "seed", "status"] + metrics + ["best_epoch", "epochs", "seconds", "parameters", "flops_per_sample"]]
    for row in comparison.rows {
      for cell in row.cells {
        lines.append(
          [row.name, row.fusion, row.modalities.joined(separator: " "), "\(cell.seed)", cell.status.rawValue]
            + metrics.map { cell.test[$0].map { "\($0)" } ?? "" }
            + [
              cell.bestEpoch.map(String.init) ?? "", cell.epochs.map(String.init) ?? "", cell.seconds.map { "\($0)" } ?? "",
              row.parameters.map(String.init) ?? "", row.flopsPerSample.map { "\($0)" } ?? "",
            ])
      }
    }
    return lines.map { $0.map(quoted).joined(separator: ",") }.joined(separator: "\r\n") + "\r\n"
  }

  private static func quoted(_ field: String) -> String {
    guard field.contains(where: { ",\"\n\r".contains($0) }) || field.contains("\r\n") else { return field }
    return "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }
}
