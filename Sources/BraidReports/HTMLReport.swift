import BraidExperiments
import Foundation
import Mustache

/// The report as one HTML file that needs nothing else: pictures inside it, no scripts, no network.
enum HTMLReport {
  static func render(_ content: ReportContent) throws -> String {
    let comparison = content.comparison
    let page: [String: Any] = [
      "name": comparison.name, "question": comparison.question, "finding": content.finding, "legend": content.legend,
      "notes": comparison.notes,
      "tables": content.tables.enumerated().map { index, item in
        section(title: index == 0 ? "" : item.title, item.table)
      },
      "troubles": comparison.failures.map { trouble("failed", $0) } + comparison.missing.map { trouble("missing", $0) },
      "hasTroubles": !comparison.failures.isEmpty || !comparison.missing.isEmpty,
      "searches": content.search.map { [search($0)] } ?? [],
      "chartNotes": content.chartNotes,
      "charts": content.charts.map { ["title": $0.title, "caption": $0.caption, "svg": inline($0.svg)] },
      "hasPictures": !content.samplePictures.isEmpty,
      "pictures": grouped(content.samplePictures),
      "data": content.dataLines.map { ["name": $0.0, "value": $0.1] },
      "settings": comparison.settings.map(setting),
      "rows": comparison.rows.filter { !$0.settings.isEmpty }.map {
        ["name": $0.name, "settings": $0.settings.map(setting)] as [String: Any]
      },
      "provenance": comparison.provenance.map { group in
        ["lines": content.provenanceLines(group).map { ["name": $0.0, "value": $0.1] }]
      },
    ]
    return try MustacheTemplate(string: HTMLTemplate.page).render(page)
  }

  private static func section(title: String, _ table: ResultTable) -> [String: Any] {
    func kind(_ column: Int) -> String { table.columns[column].isNumber ? "number" : "name" }
    return [
      "title": title, "hasTitle": !title.isEmpty,
      "head": table.columns.indices.map { ["text": table.columns[$0].title, "kind": kind($0)] },
      "body": table.rows.enumerated().map { index, row in
        [
          "emphasis": table.emphasised.contains(index) ? "best" : "",
          "cells": row.indices.map { ["text": row[$0], "kind": kind($0)] },
        ] as [String: Any]
      },
    ]
  }

  private static func search(_ report: SearchReport) -> [String: Any] {
    [
      "lines": report.lines.map { ["name": $0.0, "value": $0.1] }, "table": [section(title: "", report.table)],
      "failures": report.failures, "hasFailures": !report.failures.isEmpty,
    ]
  }

  private static func trouble(_ status: String, _ failure: Comparison.Failure) -> [String: Any] {
    [
      "status": status, "row": failure.row, "seed": "\(failure.seed)", "folder": failure.folder,
      "reason": failure.reason,
    ]
  }

  private static func setting(_ line: Comparison.SettingLine) -> [String: Any] {
    ["path": line.path, "value": ReportContent.text(line.value), "kind": line.isGiven ? "given" : "default"]
  }

  private static func grouped(_ pictures: [ReportContent.SampleChart]) -> [[String: Any]] {
    var rows: [String] = []
    for picture in pictures where !rows.contains(picture.row) { rows.append(picture.row) }
    return rows.map { row in
      let own = pictures.filter { $0.row == row }
      return ["row": row, "items": own.map { ["caption": $0.caption, "svg": inline($0.svg)] }]
    }
  }

  /// An SVG without its XML declaration and document type, which may not stand inside HTML.
  private static func inline(_ svg: String) -> String {
    svg.range(of: "<svg").map { String(svg[$0.lowerBound...]) } ?? svg
  }
}
