import BraidExperiments
import Foundation

/// The report as Markdown, with its pictures beside it as SVG files.
enum MarkdownReport {
  static func render(_ content: ReportContent) -> String {
    let comparison = content.comparison
    var lines = ["# \(comparison.name)", "", "**Question.** \(comparison.question)", "", content.finding, ""]
    for (index, item) in content.tables.enumerated() {
      lines += [index == 0 ? "## Results" : "### \(item.title)", "", item.table.markdown, ""]
      if index == 0 { lines += [content.legend, ""] }
    }
    for note in comparison.notes { lines += ["> \(note)", ""] }
    if !comparison.failures.isEmpty || !comparison.missing.isEmpty {
      lines += ["## Cells that are not in the table", ""]
      lines += comparison.failures.map { "- failed: \($0.row), seed \($0.seed) (`\($0.folder)`): \($0.reason)" }
      lines += comparison.missing.map { "- missing: \($0.row), seed \($0.seed) (`\($0.folder)`): \($0.reason)" }
      lines.append("")
    }
    if !content.charts.isEmpty || !content.chartNotes.isEmpty {
      lines += ["## Charts", ""] + content.chartNotes.flatMap { [$0, ""] }
      for chart in content.charts { lines += ["![\(chart.caption)](charts/\(chart.name).svg)", "", "*\(chart.caption)*", ""] }
    }
    if !content.samplePictures.isEmpty {
      lines += ["## What the fusions looked at", ""]
      var row = ""
      for picture in content.samplePictures {
        if picture.row != row { lines += ["### \(picture.row)", ""] }
        row = picture.row
        lines += ["![\(picture.caption)](charts/\(picture.name).svg)", "", "*\(picture.caption)*", ""]
      }
    }
    lines += ["## Data", ""] + content.dataLines.map { "- \($0.0): \($0.1)" } + [""]
    lines += ["## Settings", "", "Settings all rows share; those the file gave are in bold.", ""]
    lines += [settings(comparison.settings), ""]
    for row in comparison.rows where !row.settings.isEmpty { lines += ["### \(row.name)", "", settings(row.settings), ""] }
    lines += ["## Provenance", ""]
    for group in comparison.provenance { lines += content.provenanceLines(group).map { "- \($0.0): \($0.1)" } + [""] }
    return lines.joined(separator: "\n")
  }

  private static func settings(_ settings: [Comparison.SettingLine]) -> String {
    let columns = [ResultTable.Column(title: "setting", isNumber: false), .init(title: "value", isNumber: false)]
    var table = ResultTable(columns: columns, rows: settings.map { [$0.path, ReportContent.text($0.value)] })
    table.emphasised = Set(settings.indices.filter { settings[$0].isGiven })
    return table.markdown
  }
}
