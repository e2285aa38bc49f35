import BraidTesting
import BraidCore
import Foundation
import Testing

#if canImport(FoundationXML)
  import FoundationXML
#endif

@testable import BraidExperiments
@testable import BraidReports

/// The text of every `text` element, as a reader sees it; nil when the picture is not well-formed XML.
func texts(_ svg: String) -> [String]? {
  final class Collector: NSObject, XMLParserDelegate {
    var texts: [String] = [], open = false
    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      if name == "text" { (open, texts) = (true, texts + [""]) }
    }
    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
      if name == "text" { open = false }
    }
    func parser(_ parser: XMLParser, foundCharacters string: String) {
      if open { texts[texts.count - 1] += string }
    }
  }
  let collector = Collector()
  let parser = XMLParser(data: Data(svg.utf8))
  parser.delegate = collector
  return parser.parse() ? collector.texts : nil
}

@Suite("Charts", .enabled(if: try needed(Gnuplot.find() != nil, noGnuplot), "\(noGnuplot)"))
struct ChartTests {
  private func draw(_ comparison: Comparison) throws -> (charts: [Chart], complaints: [String]) {
    Charts.draw(comparison, with: try #require(Gnuplot.find()))
  }

  @Test func `a comparison has its four charts as SVG, with the rows' names on them`() throws {
    let (charts, complaints) = try draw(comparison())
    #expect(complaints == [])
    #expect(charts.map(\.name) == ["metric-by-fusion", "learning-curves", "loss-curves", "confusion"])
    #expect(Set(charts.map(\.name)) == Charts.names.subtracting(["search"]))  // nothing was searched
    for chart in charts {
      let words = try #require(texts(chart.svg), "\(chart.name) is not XML")
      #expect(words.contains(chart.name == "confusion" ? "dog" : "gated"), "\(chart.name): \(words)")
    }
    #expect(charts[0].caption.hasSuffix("Without any input (majority class (cat)) it is 0.500."))
    // shares of the right class: cat 50 and 50, dog 100
    #expect(try #require(texts(charts[3].svg)).filter { $0 == "50" }.count >= 2)
  }

  @Test func `names are shown as they are: no quote, backslash, backquote or per cent sign is a command`() throws {
    let marker = FileManager.default.currentDirectoryPath + "/braid-was-here"
    try? FileManager.default.removeItem(atPath: marker)
    var made = comparison(
      hostile.map { Measured(name: $0, accuracy: [0.5, 0.6, 0.7]) }, reference: nil,
      confusion: ConfusionMatrix(classes: hostile, right: [0, 1, 2], answered: [0, 1, 1]))
    made.metrics[0].name = hostile[1]
    for row in made.rows.indices {
      made.rows[row].metrics[0].name = hostile[1]
      for point in made.rows[row].curve.indices { made.rows[row].curve[point].metrics = [hostile[1]: Double(point)] }
    }
    made.baseline = .init(name: hostile[5], metrics: [hostile[1]: 0.5])
    let (charts, complaints) = try draw(made)
    #expect(complaints == [] && charts.count == 4)
    for chart in charts {
      let words = try #require(texts(chart.svg), "\(chart.name) is not XML")
      for name in hostile {
        #expect(words.contains(name.replacingOccurrences(of: "\n", with: " ")), "\(chart.name) lacks \(name)")
      }
    }
    #expect(!FileManager.default.fileExists(atPath: marker))
  }

  @Test func `one seed, one row, nothing finished: what can be drawn is drawn`() throws {
    let single = try draw(comparison([Measured(name: "alone", accuracy: [0.5])], reference: nil, confusion: nil))
    #expect(
      single.complaints == [] && single.charts.map(\.name) == ["metric-by-fusion", "learning-curves", "loss-curves"])
    var unfinished = comparison([Measured(name: "alone", accuracy: [nil])], confusion: nil)
    unfinished.rows[0].curve = []
    let nothing = try draw(unfinished)
    #expect(nothing.complaints == [] && nothing.charts.isEmpty)
  }

  @Test func `a script that gnuplot refuses is a complaint, not a picture`() throws {
    let (svg, complaint) = try #require(Gnuplot.find()).draw("plot sin(", width: 100, height: 100)
    #expect(svg == nil && complaint.contains("sin("))
  }
}
