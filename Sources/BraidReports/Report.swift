import BraidCore
import BraidExperiments
import Foundation

/// A comparison laid out for people and for tools: pure functions of a `Comparison`, and one call that writes the files.
public struct Report {
  public let comparison: Comparison
  private let content: ReportContent

  /// Lays out a comparison. Charts are drawn when gnuplot is found.
  public init(_ comparison: Comparison) { self.init(comparison, gnuplot: Gnuplot.find()) }

  init(_ comparison: Comparison, gnuplot: Gnuplot?) {
    self.comparison = comparison
    content = ReportContent(comparison, gnuplot: gnuplot)
  }

  /// The main table for a terminal.
  public var mainTable: String {
    guard let metric = comparison.metrics.first else { return "no metric was measured" }
    return ResultTable(comparison, metric: metric.name, withCosts: true).text
  }

  /// The finding in a sentence or two.
  public var finding: String { content.finding }

  public func markdown() -> String { MarkdownReport.render(content) }
  public func html() throws -> String { try HTMLReport.render(content) }
  public func latex() -> String { LaTeXReport.render(comparison) }
  public func csv() -> String { CSVReport.render(comparison) }
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(comparison)
  }

  /// Charts and sample pictures by file name, without their ending.
  public var pictures: [(name: String, svg: String)] {
    content.charts.map { ($0.name, $0.svg) } + content.samplePictures.map { ($0.name, $0.svg) }
  }

  /// Writes report.md, report.html, table.tex, results.csv, comparison.json and charts/*.svg into a folder, which is made.
  ///
  /// Everything is written beside the folder first and moved into place, so an old report stays until the new one is whole.
  /// - Returns: the files, report.html first.
  /// - Throws: `SetupError` naming the file that cannot be written.
  @discardableResult
  public func write(to folder: URL) throws -> [URL] {
    let manager = FileManager.default
    let staged = folder.deletingLastPathComponent()
      .appendingPathComponent(".\(folder.lastPathComponent)-\(ProcessInfo.processInfo.processIdentifier)")
    var files: [(String, Data)] = [
      ("report.html", Data(try html().utf8)), ("report.md", Data(markdown().utf8)), ("table.tex", Data(latex().utf8)),
      ("results.csv", Data(csv().utf8)), ("comparison.json", try json()),
    ]
    files += pictures.map { ("charts/\($0.name).svg", Data($0.svg.utf8)) }
    do {
      try? manager.removeItem(at: staged)
      try manager.createDirectory(at: staged.appendingPathComponent("charts"), withIntermediateDirectories: true)
      for (name, data) in files { try data.write(to: staged.appendingPathComponent(name)) }
      if manager.fileExists(atPath: folder.path) { try manager.removeItem(at: folder) }
      try manager.moveItem(at: staged, to: folder)
    } catch {
      try? manager.removeItem(at: staged)
      throw SetupError("\(folder.path): the report cannot be written: \(error.localizedDescription)")
    }
    return files.map { folder.appendingPathComponent($0.0) }
  }
}
