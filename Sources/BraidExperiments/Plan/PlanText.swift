import BraidCore
import Foundation

extension Plan {
  /// What `braid run` prints first: the data, then one line a row with its cost, then the number of runs.
  public var text: String { text(workers: nil) }

  /// What `braid check` prints: the same, and what it will take, where that was measured.
  /// - Parameter workers: cells that are trained at a time; nil: not known.
  public func text(workers: Int?) -> String {
    let counts = Split.allCases.map { "\(data.counts[$0.rawValue] ?? 0) \($0.rawValue)" }.joined(separator: ", ")
    var lines = [name]
    if !question.isEmpty { lines.append(question) }
    lines += [
      "",
      "data     \(data.name): \(counts); predicts \(data.target)",
      "inputs   " + data.inputs.map { "\($0.name) (\($0.summary))" }.joined(separator: ", "),
      "metrics  " + metrics.map(\.name).joined(separator: ", "),
      "seeds    " + seeds.map(String.init).joined(separator: ", "),
      "",
    ]
    var table = [["row", "fusion", "modalities", "parameters", "FLOPs a sample"] + (seconds.isEmpty ? [] : ["a run"])]
    for row in rows {
      let inputs = row.modalities.map { name in
        let adapter = row.adapters[name] ?? Adapter.none.summary
        return adapter == Adapter.none.summary ? name : "\(name) (\(adapter))"
      }
      table.append(
        [
          row.name + (row.name == reference ? " *" : ""), row.fusion, inputs.joined(separator: ", "),
          grouped(row.parameters) + (row.frozenParameters.map { " + \(grouped($0)) frozen" } ?? ""),
          grouped(Int(row.flopsPerSample.rounded())),
        ] + (seconds.isEmpty ? [] : [seconds[row.name].map(Progress.spoken(seconds:)) ?? ""]))
    }
    lines += aligned(table, right: [3, 4, 5])
    if reference != nil { lines += ["", "* the reference the other rows are tested against"] }
    lines += [
      "", "\(cells.count) runs: \(rows.count) rows × \(seeds.count) seeds. Every row was built and took a trial step.",
    ]
    if !seconds.isEmpty {
      let alone = "\(Progress.spoken(seconds: secondsInAll(workers: 1) ?? 0)) one after the other"
      let beside = workers.flatMap { workers in
        secondsInAll(workers: workers).map {
          "\(Progress.spoken(seconds: $0)) with \(workers) worker\(workers == 1 ? "" : "s") (\(alone))"
        }
      }
      lines.append(
        "About \(beside ?? alone), told from one measured step a row, start, data and checkpoints included.")
    }
    return (lines + searchLines).joined(separator: "\n")
  }
}

/// `1234567` as `1,234,567`.
func grouped(_ number: Int) -> String {
  var digits = String(number.magnitude), groups: [String] = []
  while digits.count > 3 {
    groups.insert(String(digits.suffix(3)), at: 0)
    digits.removeLast(3)
  }
  return (number < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
}

/// Rows of text as columns two spaces apart.
func aligned(_ table: [[String]], right: Set<Int> = []) -> [String] {
  let widths = (0..<(table.first?.count ?? 0)).map { column in table.map { $0[column].count }.max() ?? 0 }
  return table.map { row in
    let cells = row.enumerated().map { index, cell in
      let space = String(repeating: " ", count: widths[index] - cell.count)
      return right.contains(index) ? space + cell : cell + space
    }
    var line = cells.joined(separator: "  ")
    while line.last == " " { line.removeLast() }
    return line
  }
}
