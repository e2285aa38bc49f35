import BraidCore
import BraidTraining
import Foundation

@testable import BraidExperiments
@testable import BraidReports

extension RunFolder {
  /// The digests of its files that hold no times.
  var timelessDigests: [String: String] {
    let timed = [RunFolder.epochsFile, RunFolder.provenanceFile, RunFolder.resultFile]
    return digests.names.filter { !timed.contains($0) }.reduce(into: [:]) { $0[$1] = digests[$1] }
  }
}

extension RunnerTests {
  /// Everything of a plan's runs but times, and the plan itself: what must not depend on how they were run.
  static func essence(_ plan: Plan, _ folder: String) throws -> [String: String] {
    var result: [String: String] = [:]
    func text(_ path: String) -> String {
      (FileManager.default.contents(atPath: "\(folder)/\(path)") ?? Data()).base64EncodedString()
    }
    // a search's trials are planned round by round, and what lies there is the plan of the round trained last
    let plans = plan.rows.isEmpty ? [] : ["plan.json", "cells.jsonl", "cells.index", "worker.json", "samples.json"]
    for name in plans { result[name] = text(name) }
    for cell in plan.cells {
      let run = try RunFolder("\(folder)/\(cell.folder)")
      for name in run.timelessDigests.keys {
        result["\(cell.folder)/\(name)"] = text("\(cell.folder)/\(name)")
      }
      var outcome = run.result
      (outcome.seconds, outcome.secondsPerEpoch) = (nil, nil)
      result["\(cell.folder)/result"] = String(decoding: try JSONFile.encoder().encode(outcome), as: UTF8.self)
      var epochs = run.epochs
      for index in epochs.indices { epochs[index].seconds = 0 }
      result["\(cell.folder)/epochs"] = String(decoding: try JSONFile.encoder().encode(epochs), as: UTF8.self)
      var provenance = run.provenance
      timeless(&provenance)
      result["\(cell.folder)/provenance"] = String(decoding: try JSONFile.encoder().encode(provenance), as: UTF8.self)
    }
    if !plan.rows.isEmpty { result.merge(try report(of: folder)) { $1 } }
    return result
  }

  /// The files of its report, the charts' data among them in `comparison.json`.
  private static func report(of folder: String) throws -> [String: String] {
    var comparison = try Comparison(reading: folder)
    for row in comparison.rows.indices {
      comparison.rows[row].secondsPerEpoch = Estimate([])
      for cell in comparison.rows[row].cells.indices { comparison.rows[row].cells[cell].seconds = nil }
    }
    // programs that differ in nothing else are one
    comparison.provenance = comparison.provenance.reduce(into: []) { groups, group in
      var group = group
      (group.started, group.finished) = ("", "")
      timeless(&group.provenance)
      if let same = groups.firstIndex(where: { $0.provenance == group.provenance }) {
        groups[same].cells += group.cells
      } else {
        groups.append(group)
      }
    }
    comparison.notes = Comparison.notes(comparison)  // they tell of programs, too
    let report = Report(comparison, gnuplot: nil)
    return [
      "report.html": try report.html(), "report.md": report.markdown(), "table.tex": report.latex(),
      "results.csv": report.csv(), "comparison.json": String(decoding: try report.json(), as: UTF8.self),
    ]
  }

  /// A command line is no more of a result than times are; and a worker within the test program is another executable than
  /// what runners of tests start.
  private static func timeless(_ provenance: inout Provenance) {
    (provenance.started, provenance.finished, provenance.command, provenance.executable) = ("", "", [], "")
  }
}
