import BraidCore
import BraidExperiments
import Foundation

/// A comparison laid out for people and for tools: pure functions of a `Comparison`, and one call that writes the files.
public struct Report {
  /// What is reported.
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

  /// As Markdown.
  public func markdown() -> String { MarkdownReport.render(content) }
  /// As one HTML page.
  public func html() throws -> String { try HTMLReport.render(content) }
  /// As a LaTeX table.
  public func latex() -> String { LaTeXReport.render(comparison) }
  /// As a table of comma-separated values.
  public func csv() -> String { CSVReport.render(comparison) }
  /// As JSON.
  public func json() throws -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(comparison)
  }

  /// Charts and sample pictures by file name, without their ending.
  public var pictures: [(name: String, svg: String)] {
    content.charts.map { ($0.name, $0.svg) } + content.samplePictures.map { ($0.name, $0.svg) }
  }

  /// Writes report.md, report.html, table.tex, results.csv, comparison.json, charts/*.svg and after a search search.csv into a folder, which is made.
  ///
  /// Everything is written aside first and then moved into place, so an old report stays until the new one is whole. Other
  /// files in the folder are left alone; only charts of the old report that the new one has not are removed.
  /// - Returns: the files, report.html first.
  /// - Throws: `SetupError` naming the file that cannot be written.
  @discardableResult
  public func write(to folder: URL) throws -> [URL] {
    let manager = FileManager.default
    let isNew = !manager.fileExists(atPath: folder.path)
    let staged = folder.appendingPathComponent(".unfinished-\(ProcessInfo.processInfo.processIdentifier)")
    var files: [(String, Data)] = [
      ("report.html", Data(try html().utf8)), ("report.md", Data(markdown().utf8)), ("table.tex", Data(latex().utf8)),
      ("results.csv", Data(csv().utf8)), ("comparison.json", try json()),
    ]
    if let search = content.search { files.append(("search.csv", Data(search.csv.utf8))) }
    files += pictures.map { ("charts/\($0.name).svg", Data($0.svg.utf8)) }
    do {
      try? manager.removeItem(at: staged)
      try manager.createDirectory(at: staged.appendingPathComponent("charts"), withIntermediateDirectories: true)
      for (name, data) in files { try data.write(to: staged.appendingPathComponent(name)) }
      try manager.createDirectory(at: folder.appendingPathComponent("charts"), withIntermediateDirectories: true)
      for (name, _) in files {
        let (new, place) = (staged.appendingPathComponent(name).path, folder.appendingPathComponent(name).path)
        guard rename(new, place) == 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
      }
      try manager.removeItem(at: staged)
      if content.search == nil { try? manager.removeItem(at: folder.appendingPathComponent("search.csv")) }
      try removeOldCharts(in: folder.appendingPathComponent("charts"))
    } catch {
      try? manager.removeItem(at: isNew ? folder : staged)
      throw SetupError("\(folder.path): the report cannot be written: \(error.localizedDescription)")
    }
    return files.map { folder.appendingPathComponent($0.0) }
  }

  /// Removes what an earlier report drew and this one does not have.
  private func removeOldCharts(in folder: URL) throws {
    let own = Set(pictures.map { "\($0.name).svg" })
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path) where !own.contains(file) {
      guard file.hasSuffix(".svg"), Charts.names.contains(String(file.dropLast(4))) || file.hasPrefix("sample-") else {
        continue
      }
      try FileManager.default.removeItem(at: folder.appendingPathComponent(file))
    }
  }
}
