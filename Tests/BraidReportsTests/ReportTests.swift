import BraidCore
import Foundation
import Testing

@testable import BraidExperiments
@testable import BraidReports

@Suite("What a report says") struct ReportTests {
  @Test func `the finding names the best row and whether it beats the reference`() {
    #expect(
      bare(comparison()).finding
        == "Best by mean accuracy: gated, 0.920 ± 0.026. Better than concat at p < 0.05 after Holm's correction: gated."
    )
    let close = [
      Measured(name: "concat", accuracy: [0.8, 0.9, 0.7]), Measured(name: "gated", accuracy: [0.9, 0.7, 0.9]),
    ]
    #expect(
      bare(comparison(close)).finding
        == "Best by mean accuracy: gated, 0.833 ± 0.115. No fusion is better than concat at p < 0.05 after Holm's correction."
    )
    let worse = [
      Measured(name: "concat", accuracy: [0.90, 0.91, 0.95]), Measured(name: "gated", accuracy: [0.80, 0.82, 0.84]),
    ]
    #expect(bare(comparison(worse)).finding.hasSuffix("after Holm's correction. Worse: gated."))
  }

  @Test func `one seed has no deviation, no interval and no test`() {
    let report = bare(
      comparison([Measured(name: "concat", accuracy: [0.8]), Measured(name: "gated", accuracy: [0.9])]))
    let rows = ResultTable(report.comparison, metric: "accuracy", withCosts: false).rows
    #expect(
      rows == [["concat", "0.800", "–", "reference", "", "", "1"], ["gated", "0.900", "–", "+0.100", "–", "–", "1"]])
    #expect(
      report.finding == "Best by mean accuracy: gated, 0.900. With one seed no difference to concat can be tested.")
  }

  @Test func `without a reference there are no differences, and one row is a report too`() throws {
    let report = bare(comparison([Measured(name: "alone", accuracy: [0.5, 0.75])], reference: nil, confusion: nil))
    #expect(
      ResultTable(report.comparison, metric: "accuracy", withCosts: false).columns.map(\.title)
        == ["fusion", "accuracy", "95 % interval", "seeds"])
    #expect(report.finding == "Best by mean accuracy: alone, 0.625 ± 0.177.")
    #expect(try !report.html().contains("Δ") && !report.markdown().contains("p (Holm)"))
  }

  @Test func `nothing finished is said, not trapped on`() throws {
    let report = bare(comparison([Measured(name: "concat", accuracy: [nil, nil])], confusion: nil))
    #expect(report.finding == "No cell has finished yet.")
    #expect(report.mainTable.contains("0 of 2"))
    #expect(try report.html().contains("No cell has finished yet."))
    var none = report.comparison
    none.metrics = []
    #expect(bare(none).mainTable == "no metric was measured" && bare(none).latex() == "% no metric was measured\n")
  }

  @Test func `failed and missing cells are named with their reason, one line each`() throws {
    let report = bare(
      comparison([
        Measured(name: "concat", accuracy: [0.8, 0.9, 0.7]), Measured(name: "gated", accuracy: [0.9, nil, nil]),
      ]))
    let markdown = report.markdown().components(separatedBy: "\n")
    #expect(markdown.contains("- failed: gated, seed 2 (`runs/2`): loss is \\<nan> at step 7"))
    #expect(markdown.contains("- missing: gated, seed 3 (`runs/3`): loss is \\<nan> at step 7"))
    #expect(
      try report.html().contains(
        "<td class=\"failed\">failed</td><td>gated</td><td>2</td><td>loss is &lt;nan&gt;\nat step 7</td>"))
    #expect(ResultTable(report.comparison, metric: "accuracy", withCosts: false).rows[1].last == "1 of 3")
    #expect(!bare(comparison()).markdown().contains("Cells that are not in the table"))
  }

  @Test func `without gnuplot there are the tables and how to get the charts`() throws {
    let sentence =
      "The charts are missing because gnuplot was not found: install it (package gnuplot-nox) and run the report again."
    let report = bare(comparison())
    #expect(report.markdown().contains(sentence) && report.markdown().contains("| **gated** | **0.920 ± 0.026** |"))
    #expect(try report.html().contains("<p class=\"note\">\(sentence)</p>"))
    #expect(report.pictures.isEmpty)
    #expect(Gnuplot.find(path: "/nowhere:/dev") == nil)
  }

  @Test func `HTML shows hostile text as text and needs nothing from elsewhere`() throws {
    let view = SampleView(
      identifier: hostile[0], right: hostile[1], pictures: [], words: [.init(modality: "words", words: hostile)])
    let answer = SampleAnswer(
      identifier: hostile[0], seed: 1, predicted: hostile[0], isRight: false,
      extras: [.init(name: "gate.\(hostile[0])", shape: [2], values: [0, 1])], grids: [:])
    var made = comparison(
      hostile.map { Measured(name: $0, accuracy: [0.5, nil, nil], samples: [answer]) }, reference: hostile[1],
      question: hostile.joined(separator: " "), samples: [view])
    made.notes = hostile
    made.settings = hostile.map { .init(path: $0, value: .text($0), isGiven: true) }
    for report in [bare(made), Report(made)] {
      let html = try report.html()
      #expect(html.contains("<h3>&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;</h3>"))
      #expect(!html.lowercased().contains("<script"))
      for fetch in ["<link", "<iframe", "@import", "url(", "src=", "javascript:"] {
        #expect(!html.contains(fetch), "\(fetch)")
      }
      let bareText = html.replacingOccurrences(
        of: "xmlns(:xlink)?=\"http://www.w3.org/[a-z0-9/]+\"", with: "", options: .regularExpression)
      #expect(!bareText.contains("http://") && !bareText.contains("https://"))
      #expect(html.components(separatedBy: "<td").count == html.components(separatedBy: "</td>").count)
    }
  }
}
