import BraidTesting
import BraidCore
import Foundation
import Testing

@testable import BraidExperiments
@testable import BraidReports

/// A comparison whose rows were searched: gated twice the better, one of its trials failed, one repeated.
private func searched() throws -> Comparison {
  func trial(_ number: Int, _ rate: Double, _ value: Double?, repeated: Bool = false) throws -> Comparison.SearchedTrial
  {
    let json = """
      {"number": \(number), "rung": 0, "epochs": 4, "folders": ["cells/t\(number)"], "isRepeated": \(repeated),
       "epochsTrained": \(repeated ? 0 : 4), "values": [{"path": "train.learningRate", "value": \(rate)}],
       "seconds": 1.5 \(value.map { ", \"value\": \($0)" } ?? ", \"failure\": \"the loss is, as said, NaN\"")}
      """
    return try JSONDecoder().decode(Comparison.SearchedTrial.self, from: Data(json.utf8))
  }
  var made = comparison()
  var gated = Comparison.SearchedRow(
    name: "gated", axes: ["train.learningRate"], budget: [SearchRung(trials: 4, epochs: 4)])
  gated.trials = [
    try trial(1, 0.1, 0.5), try trial(2, 9, nil), try trial(3, 0.01, 0.75), try trial(4, 0.01, 0.75, repeated: true),
  ]
  gated.chosen = 3
  made.search = Comparison.Search(
    method: "random", settings: [:], monitor: "accuracy", higherIsBetter: true, seed: 0, seeds: [0],
    axes: [.init(path: "train.learningRate", values: "0.001 … 10.0, logarithmic")],
    rows: [Comparison.SearchedRow(name: "concat", axes: [], budget: []), gated])
  return made
}

@Suite("The search in a report") struct SearchReportTests {
  @Test func `Every form says what was searched, how much, what was found and what failed`() throws {
    let report = bare(try searched())
    for text in [report.markdown(), try report.html()] {
      for part in [
        "Search", "0.001 … 10.0, logarithmic", "4 trials of 4 epochs",
        "4 trials, 12 epochs, 6.0 seconds of single workers",
        "1 failed, 1 repeated", "train.learningRate 0.01", "0.750", "as written",
        "gated, trial 2 (train.learningRate 9): the loss is, as said, NaN",
      ] { #expect(text.contains(part), "lacks \(part)") }
    }
    let latex = report.latex()
    #expect(latex.contains("\\label{tab:trial-search}") && latex.contains("train.learningRate 0.01"))
    #expect(latex.components(separatedBy: "\\begin{table}").count == 3)
    let read = try JSONDecoder().decode(Comparison.self, from: try report.json())
    #expect(read.search?.rows.last?.best?.value == 0.75)
  }

  @Test func `The curve of the best so far climbs at the trial that made it, and ends with the budget`() throws {
    let curve = try #require(try searched().search?.rows.last).bestSoFar(higherIsBetter: true)
    #expect(curve.map(\.epochs) == [4, 12] && curve.map(\.value) == [0.5, 0.75])
    let falling = try #require(try searched().search?.rows.last).bestSoFar(higherIsBetter: false)
    #expect(falling.map(\.epochs) == [4, 12] && falling.map(\.value) == [0.5, 0.5])
  }

  @Test func `search.csv has a line a trial`() throws {
    let made = try searched()
    let csv = try #require(SearchReport(made)).csv
    let lines = csv.components(separatedBy: "\r\n")
    #expect(
      lines[0]
        == "row,trial,rung,epochs,train.learningRate,validation_accuracy,epochs_trained,seconds,status,chosen,reason")
    #expect(lines[1] == "gated,1,0,4,0.1,0.5,4,1.5,done,,")
    #expect(lines[2] == "gated,2,0,4,9,,4,1.5,failed,,\"the loss is, as said, NaN\"")
    #expect(lines[3] == "gated,3,0,4,0.01,0.75,4,1.5,done,yes,")
    #expect(lines[4] == "gated,4,0,4,0.01,0.75,0,1.5,repeated,,")
    #expect(lines.count == 6)
  }

  @Test func `A report without a search has none of it, and takes an older search.csv away`() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    let file = folder.appendingPathComponent("search.csv").path
    try bare(try searched()).write(to: folder)
    #expect(FileManager.default.fileExists(atPath: file))
    let plain = bare(comparison())
    try plain.write(to: folder)
    #expect(!FileManager.default.fileExists(atPath: file))
    let page = try plain.html()
    #expect(!plain.markdown().contains("## Search") && !page.contains("<h2>Search</h2>"))
    #expect(!plain.latex().contains("search"))
  }

  @Test(.enabled(if: try needed(Gnuplot.find() != nil, noGnuplot), "\(noGnuplot)"))
  func `The chart has a line for every searched row`() throws {
    let drawn = Charts.draw(try searched(), with: try #require(Gnuplot.find()))
    #expect(drawn.complaints == [])
    let chart = try #require(drawn.charts.first { $0.name == "search" })
    let words = try #require(texts(chart.svg))
    #expect(words.contains("gated") && !words.contains("concat"))
    #expect(words.contains("epochs trained in trials") && words.contains("best validation accuracy so far"))
  }
}
