import BraidExperiments
import Foundation

/// The report as Markdown, with its pictures beside it as SVG files.
enum MarkdownReport {
  static func render(_ content: ReportContent) -> String {
    let comparison = content.comparison
    var lines = ["# \(literal(comparison.name))", "", "**Question.** \(literal(comparison.question))", ""]
    lines += [literal(content.finding), ""]
    for (index, item) in content.tables.enumerated() {
      lines += [index == 0 ? "## Results" : "### \(item.title)", "", item.table.markdown, ""]
      if index == 0 { lines += [content.legend, ""] }
    }
    for note in comparison.notes { lines += ["> \(note)", ""] }
    if !comparison.failures.isEmpty || !comparison.missing.isEmpty {
      lines += ["## Cells that are not in the table", ""]
      func line(_ status: String, _ cell: Comparison.Failure) -> String {
        "- \(status): \(literal(cell.row)), seed \(cell.seed) (`\(cell.folder)`): \(literal(cell.reason))"
      }
      lines += comparison.failures.map { line("failed", $0) } + comparison.missing.map { line("missing", $0) }
      lines.append("")
    }
    if let search = content.search {
      lines += ["## Search", ""] + search.lines.map { "- \(literal($0.0)): \(literal($0.1))" } + [""]
      lines += [search.table.markdown, ""]
      if !search.failures.isEmpty {
        lines += ["Trials that failed:", ""] + search.failures.map { "- \(literal($0))" } + [""]
      }
    }
    if !content.charts.isEmpty || !content.chartNotes.isEmpty {
      lines += ["## Charts", ""] + content.chartNotes.flatMap { [$0, ""] }
      for chart in content.charts { lines += picture(chart.name, chart.caption) }
    }
    if !content.samplePictures.isEmpty {
      lines += ["## What the fusions looked at", ""]
      var row = ""
      for picture in content.samplePictures {
        if picture.row != row { lines += ["### \(literal(picture.row))", ""] }
        row = picture.row
        lines += self.picture(picture.name, picture.caption)
      }
    }
    lines += ["## Data", ""] + content.dataLines.map { "- \(literal($0.0)): \(literal($0.1))" } + [""]
    lines += ["## Settings", "", "Settings all rows share; those the file gave are in bold.", ""]
    lines += [settings(comparison.settings), ""]
    for row in comparison.rows where !row.settings.isEmpty {
      lines += ["### \(literal(row.name))", "", settings(row.settings), ""]
    }
    lines += ["## Provenance", ""]
    for group in comparison.provenance { lines += content.provenanceLines(group).map { "- \($0.0): \($0.1)" } + [""] }
    return lines.joined(separator: "\n")
  }

  private static func picture(_ name: String, _ caption: String) -> [String] {
    let text = literal(caption).replacingOccurrences(of: "[", with: "\\[").replacingOccurrences(of: "]", with: "\\]")
    return ["![\(text)](charts/\(name).svg)", "", "*\(literal(caption))*", ""]
  }

  /// A name or a message as one line that opens no HTML element.
  static func literal(_ text: String) -> String {
    text.split(whereSeparator: \.isNewline).joined(separator: " ")
      .replacingOccurrences(of: "<(?=[A-Za-z/!?])", with: "\\\\<", options: .regularExpression)
  }

  private static func settings(_ settings: [Comparison.SettingLine]) -> String {
    let columns = [ResultTable.Column(title: "setting", isNumber: false), .init(title: "value", isNumber: false)]
    var table = ResultTable(columns: columns, rows: settings.map { [$0.path, ReportContent.text($0.value)] })
    table.emphasised = Set(settings.indices.filter { settings[$0].isGiven })
    return table.markdown
  }
}
