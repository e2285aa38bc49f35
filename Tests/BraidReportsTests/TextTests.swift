import BraidCore
import BraidExperiments
import Foundation
import Testing

@testable import BraidReports

@Suite("How reports write numbers, tables and names") struct TextTests {
  @Test func `numbers carry the digits that can be compared, a real minus and a dash for nothing`() {
    #expect(NumberText.fixed(-0.5, 2) == "−0.50")
    #expect(NumberText.fixed(-0.0001, 2) == "0.00")
    #expect(NumberText.fixed(nil) == "–")
    #expect(NumberText.fixed(.nan) == "–")
    #expect(
      [0.1234, 12.34, 123.4, 1234.5].map { NumberText.fixed($0, NumberText.decimals(for: $0)) } == [
        "0.123", "12.34", "123.4", "1234",
      ])
    #expect(NumberText.meanDeviation(Estimate([0.8, 0.9, 1.0])) == "0.900 ± 0.100")
    #expect(NumberText.meanDeviation(Estimate([0.8])) == "0.800")
    #expect(NumberText.meanDeviation(Estimate([nil])) == "–")
  }

  @Test func `differences and their intervals show signs, probabilities stop at 0.001`() {
    #expect(NumberText.difference(0.021) == "+0.021")
    #expect(NumberText.difference(-0.021) == "−0.021")
    #expect(NumberText.difference(0) == "0.000")
    #expect(NumberText.interval(Interval(low: -0.01, high: 0.02), signed: true) == "−0.010 … +0.020")
    #expect(NumberText.interval(Interval(low: 0.1, high: 0.2)) == "0.100 … 0.200")
    #expect(NumberText.interval(nil) == "–")
    #expect([0.0009, 0.001, 0.5, 1].map { NumberText.probability($0) } == ["< 0.001", "0.001", "0.500", "1.000"])
    #expect(NumberText.probability(nil) == "–")
  }

  @Test func `counts have groups of three, magnitudes a unit`() {
    #expect(NumberText.count(7) == "7" && NumberText.count(nil) == "–")
    #expect(NumberText.count(73511) == "73\u{202f}511" && NumberText.count(-1_234_567) == "−1\u{202f}234\u{202f}567")
    #expect(
      [999, 1500, 147_000, 3.2e6, 1.44e9].map { NumberText.magnitude($0) } == [
        "999", "1.50 k", "147 k", "3.20 M", "1.44 G",
      ])
    #expect(NumberText.magnitude(.infinity) == "–")
  }

  /// Differences 0.10, 0.09, 0.11: mean 0.1, deviation 0.01, t = 17.3205, and with 2 degrees of freedom
  /// p = 1 − t/√(t² + 2) = 0.0033; 95 % of the mean: ± 4.3027 · 0.01/√3 = 0.0248.
  @Test func `the main table says what was worked out by hand`() {
    let table = ResultTable(comparison(), metric: "accuracy", withCosts: true)
    let costs = ["73\u{202f}511", "147 k", "2.00", "3"]
    #expect(
      table.columns.map(\.title) == [
        "fusion", "accuracy", "95 % interval", "Δ to concat", "its 95 % interval", "p (Holm)", "parameters",
        "FLOPs a sample", "s an epoch", "seeds",
      ])
    #expect(
      table.rows == [
        ["concat", "0.820 ± 0.020", "0.770 … 0.870", "reference", "", ""] + costs,
        ["gated", "0.920 ± 0.026", "0.854 … 0.986", "+0.100", "+0.075 … +0.125", "0.003"] + costs,
      ])
    #expect(table.emphasised == [1])
  }

  @Test func `the terminal's table is padded and marks the best row`() {
    var table = ResultTable(
      columns: [.init(title: "name", isNumber: false), .init(title: "n", isNumber: true)],
      rows: [["a", "1"], ["longer", "22"]])
    table.emphasised = [1]
    #expect(table.text == "  name     n\n  ──────  ──\n  a        1\n* longer  22")
    #expect(table.markdown == "| name | n |\n| :-- | --: |\n| a | 1 |\n| **longer** | **22** |")
  }

  @Test func `Markdown cells hold no bar, no line end and no element`() {
    let table = ResultTable(columns: [.init(title: "a|b", isNumber: false)], rows: [["c|d\ne\r\nf"], ["<b>x</b> < 3"]])
    #expect(table.markdown == "| a\\|b |\n| :-- |\n| c\\|d e f |\n| \\<b>x\\</b> < 3 |")
  }

  @Test func `LaTeX reads no command in a name`() {
    #expect(LaTeXReport.escape("a_b & 5% $x$ #1 {y}") == "a\\_b \\& 5\\% \\$x\\$ \\#1 \\{y\\}")
    #expect(LaTeXReport.escape("~^\\") == "\\textasciitilde{}\\textasciicircum{}\\textbackslash{}")
    #expect(LaTeXReport.escape("−0.1 ± 0.2 … Δ <>") == "$-$0.1 $\\pm$ 0.2 \\,--\\, $\\Delta$ $<$$>$")
    #expect(LaTeXReport.escape("[a] *\nb") == "{[}a{]} {*} b")
  }

  @Test func `the table for a paper has one line a row, the best in bold`() {
    let lines = bare(comparison(question: "50% & more?")).latex().components(separatedBy: "\n").map {
      $0.trimmingCharacters(in: .whitespaces)
    }
    #expect(lines.contains("\\begin{tabular}{lrrrrrrrrr}"))
    #expect(
      lines.contains(
        "concat & 0.820 $\\pm$ 0.020 & 0.770 \\,--\\, 0.870 & reference &  &  & 73\\,511 & 147 k & 2.00 & 3 \\\\"))
    #expect(lines.contains { $0.hasPrefix("\\textbf{gated} & \\textbf{0.920 $\\pm$ 0.026} & ") })
    #expect(lines.contains("\\caption{50\\% \\& more?}") && lines.contains("\\label{tab:trial}"))
  }

  @Test func `CSV quotes commas, quotes and line ends, and leaves out what is not there`() {
    let rows = [
      Measured(name: "a, \"b\"", accuracy: [0.5, nil]), Measured(name: "c\nd", accuracy: [0.25, 0.75]),
    ]
    #expect(
      bare(comparison(rows, reference: nil)).csv()
        == [
          "row,fusion,modalities,seed,status,accuracy,best_epoch,epochs,seconds,parameters,flops_per_sample",
          "\"a, \"\"b\"\"\",concat,picture words,1,done,0.5,2,3,6.5,73511,147000.0",
          "\"a, \"\"b\"\"\",concat,picture words,2,failed,,,,,73511,147000.0",
          "\"c\nd\",concat,picture words,1,done,0.25,2,3,6.5,73511,147000.0",
          "\"c\nd\",concat,picture words,2,done,0.75,2,3,6.5,73511,147000.0", "",
        ].joined(separator: "\r\n"))
  }

  @Test func `CSV has a column for every axis of a sweep, empty where an axis does not apply`() {
    var measured = comparison([Measured(name: "concat", accuracy: [0.5]), Measured(name: "gated", accuracy: [0.25])])
    measured.rows[0].coordinates = [.init(path: "fusion", value: .text("concat"))]
    measured.rows[1].coordinates = [
      .init(path: "fusion", value: .text("gated")), .init(path: "fusion.gated.width", value: .integer(8)),
    ]
    let lines = bare(measured).csv().components(separatedBy: "\r\n")
    #expect(lines[0].hasPrefix("row,fusion,modalities,fusion.gated.width,seed,status,accuracy,"))
    #expect(lines[1].hasPrefix("concat,concat,picture words,,1,done,0.5,"))
    #expect(lines[2].hasPrefix("gated,concat,picture words,8,1,done,0.25,"))
  }
}
