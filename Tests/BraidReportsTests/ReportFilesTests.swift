import BraidCore
import Foundation
import Testing

@testable import BraidExperiments
@testable import BraidReports

@Suite("The files of a report") struct ReportFilesTests {
  private func withFolder(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder)
  }
  private func files(_ folder: URL) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: folder.path).sorted()
  }
  private let documents = ["charts", "comparison.json", "report.html", "report.md", "results.csv", "table.tex"]

  @Test func `all are written into a folder that is made, the page first`() throws {
    try withFolder { folder in
      let target = folder.appendingPathComponent("deep/report")
      let report = bare(comparison())
      let written = try report.write(to: target)
      #expect(
        written.map(\.lastPathComponent) == ["report.html", "report.md", "table.tex", "results.csv", "comparison.json"])
      #expect(try files(target) == documents)
      #expect(try String(contentsOf: written[0], encoding: .utf8) == report.html())
      #expect(try String(contentsOf: written[1], encoding: .utf8) == report.markdown())
    }
  }

  @Test func `comparison.json is read back as the same comparison`() throws {
    try withFolder { folder in
      let report = bare(comparison([Measured(name: hostile[0], accuracy: [0.1, nil, 1.0 / 3])]))
      try report.write(to: folder)
      let data = try Data(contentsOf: folder.appendingPathComponent("comparison.json"))
      let back = try JSONDecoder().decode(Comparison.self, from: data)
      #expect(try bare(back).json() == data)
      #expect(back.rows[0].metrics[0].test == Estimate([0.1, nil, 1.0 / 3]) && back.rows[0].name == hostile[0])
    }
  }

  @Test func `a new report replaces the old one's charts and leaves other files alone`() throws {
    try withFolder { folder in
      let charts = folder.appendingPathComponent("charts")
      try FileManager.default.createDirectory(at: charts, withIntermediateDirectories: true)
      for name in ["charts/confusion.svg", "charts/sample-0-1.svg", "charts/mine.svg", "notes.txt", "report.md"] {
        try Data("old".utf8).write(to: folder.appendingPathComponent(name))
      }
      try bare(comparison()).write(to: folder)
      #expect(try files(folder) == (documents + ["charts/mine.svg", "notes.txt"]).sorted())
      #expect(try String(contentsOf: folder.appendingPathComponent("report.md"), encoding: .utf8).hasPrefix("# trial"))
    }
  }

  @Test func `an old report stays when the new one cannot be written`() throws {
    try withFolder { folder in
      try bare(comparison()).write(to: folder)
      let page = folder.appendingPathComponent("report.html"), charts = folder.appendingPathComponent("charts")
      let old = try Data(contentsOf: page)
      try FileManager.default.removeItem(at: charts)
      try Data().write(to: charts)  // a file where the charts' folder should be
      let error = #expect(throws: SetupError.self) { try bare(comparison(question: "New?")).write(to: folder) }
      #expect(error?.description.hasPrefix("\(folder.path): the report cannot be written: ") == true)
      #expect(try Data(contentsOf: page) == old)
      #expect(try files(folder) == documents)
    }
  }

  @Test func `a folder below a file cannot be made, and is named`() throws {
    try withFolder { folder in
      let file = folder.appendingPathComponent("file")
      try Data().write(to: file)
      let target = file.appendingPathComponent("report")
      let error = #expect(throws: SetupError.self) { try bare(comparison()).write(to: target) }
      #expect(error?.description.hasPrefix("\(target.path): the report cannot be written: ") == true)
    }
  }

  @Test func `charts and sample pictures lie beside the Markdown, which names them`() throws {
    let view = SampleView(identifier: "a]b", right: "cat", pictures: [], words: [])
    let answer = SampleAnswer(
      identifier: "a]b", seed: 1, predicted: "cat", isRight: true,
      extras: [.init(name: "gate.words", shape: [1], values: [0.5])], grids: [:])
    let report = bare(comparison([Measured(name: "gated", accuracy: [0.5], samples: [answer])], samples: [view]))
    try withFolder { folder in
      try report.write(to: folder)
      #expect(try files(folder).contains("charts/sample-0-0.svg"))
      #expect(report.markdown().contains("![a\\]b, cat. Answer: cat (right), seed 1.](charts/sample-0-0.svg)"))
    }
  }
}
