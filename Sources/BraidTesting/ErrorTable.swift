import BraidNN
import BraidTensor
import Foundation

/// The worst relative error of every operation that was compared with golden values, printed when the process ends.
///
/// `Fixture.closeness` notes each comparison that is within its tolerance; one that is not fails its test and says so
/// there (or is a negative control). So the table at the end of a test run is the proof in numbers: one line an
/// operation, those nearest their tolerance first. With `BRAID_ERRORS=cases` in the environment it has a line for every
/// golden case with the reason for its tolerance, with `BRAID_ERRORS=none` it is left out.
public enum ErrorTable {
  private struct Row {
    var cases: Set<String> = []
    var comparisons = 0
    var worst: Closeness
    var reason: String
  }

  private static let rows = Locked<(operations: [String: Row], cases: [String: Row])>(([:], [:]))
  private static let printing: Void = {
    let wanted = ProcessInfo.processInfo.environment["BRAID_ERRORS"] ?? ""
    if wanted == "none" { return }
    if wanted == "cases" {
      atexit { print(ErrorTable.text(everyCase: true)) }
    } else {
      atexit { print(ErrorTable.text()) }
    }
  }()

  /// Notes a comparison under its operation and its case.
  static func note(_ closeness: Closeness, _ fixture: Fixture) {
    guard closeness.isWithin else { return }
    printing
    let reason = fixture.file.metadata["reason"] ?? ""
    let new = Row(cases: [fixture.name], comparisons: 1, worst: closeness, reason: reason)
    rows.withLock { rows in
      rows.operations.merge([fixture.operation: new], uniquingKeysWith: joined)
      rows.cases.merge([fixture.name: new], uniquingKeysWith: joined)
    }
  }

  private static func joined(_ old: Row, _ new: Row) -> Row {
    var row = new.worst.used > old.worst.used ? new : old
    row.cases = old.cases.union(new.cases)
    row.comparisons = old.comparisons + new.comparisons
    return row
  }

  /// What has been noted so far, a line an operation, or a line a golden case.
  public static func text(everyCase: Bool = false) -> String {
    let rows = rows.withLock { everyCase ? $0.cases : $0.operations }
    let sorted = rows.sorted { ($0.value.worst.used, $1.key) > ($1.value.worst.used, $0.key) }
    let width = (sorted.map(\.key.count).max() ?? 0) + 2
    func column(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    func short(_ number: Double) -> String { String(format: "%.1e", number) }
    let head = (everyCase ? "golden case" : "operation").padding(toLength: width, withPad: " ", startingAt: 0)
    var lines = [
      "Worst relative errors against golden values, nearest their tolerance first",
      head + column("cases", 6) + column("tensors", 9) + column("error", 10) + column("allowed", 10) + column("used", 6)
        + (everyCase ? "  because of" : "  at"),
    ]
    for (name, row) in sorted {
      let used = String(format: "%.0f %%", 100 * row.worst.used)
      lines.append(
        name.padding(toLength: width, withPad: " ", startingAt: 0) + column("\(row.cases.count)", 6)
          + column("\(row.comparisons)", 9) + column(short(row.worst.worst), 10)
          + column(short(row.worst.tolerance), 10) + column(used, 6) + "  " + (everyCase ? row.reason : row.worst.name))
    }
    return lines.joined(separator: "\n")
  }
}

extension Closeness {
  /// The part of the tolerance that the worst error takes: above 1 is a failure.
  public var used: Double { worst == 0 ? 0 : worst / tolerance }
}
