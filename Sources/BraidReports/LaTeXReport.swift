import BraidExperiments
import Foundation

/// The main table for a paper: booktabs, one `tabular` in a `table`, to be included with `\input`.
enum LaTeXReport {
  static func render(_ comparison: Comparison) -> String {
    guard let metric = comparison.metrics.first else { return "% no metric was measured\n" }
    var text =
      "% \\usepackage{booktabs} in the preamble. Mean ± standard deviation over \(comparison.seeds.count) seeds, test split.\n"
      + float(
        ResultTable(comparison, metric: metric.name, withCosts: true), caption: comparison.question,
        label: comparison.name)
    if let search = SearchReport(comparison) {
      let said = search.lines.map { "\($0.0): \($0.1)" }.joined(separator: "; ")
      text += float(search.table, caption: "Search of settings. \(said).", label: comparison.name + "-search")
    }
    return text
  }

  /// A table that floats.
  private static func float(_ table: ResultTable, caption: String, label name: String) -> String {
    let alignment = table.columns.map { $0.isNumber ? "r" : "l" }.joined()
    var lines = [
      "\\begin{table}", "  \\centering", "  \\begin{tabular}{\(alignment)}", "    \\toprule",
      "    " + table.columns.map { escape($0.title) }.joined(separator: " & ") + " \\\\", "    \\midrule",
    ]
    for (index, row) in table.rows.enumerated() {
      let cells = row.map { cell in
        let text = escape(cell)
        return table.emphasised.contains(index) && !text.isEmpty ? "\\textbf{\(text)}" : text
      }
      lines.append("    " + cells.joined(separator: " & ") + " \\\\")
    }
    lines += [
      "    \\bottomrule", "  \\end{tabular}",
      "  \\caption{\(escape(caption))}", "  \\label{tab:\(label(name))}", "\\end{table}",
    ]
    return lines.joined(separator: "\n") + "\n"
  }

  /// Letters, digits and hyphens only.
  private static func label(_ name: String) -> String {
    String(name.map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "-" })
  }

  /// Text with what LaTeX would read as commands made literal.
  static func escape(_ text: String) -> String {
    var result = ""
    for character in text {
      switch character {
      case "\\": result += "\\textbackslash{}"
      case "&", "%", "$", "#", "_", "{", "}": result += "\\\(character)"
      case "~": result += "\\textasciitilde{}"
      case "^": result += "\\textasciicircum{}"
      case "±": result += "$\\pm$"
      case "−": result += "$-$"
      case "Δ": result += "$\\Delta$"
      case "…": result += "\\,--\\,"
      case "–": result += "--"
      case "<": result += "$<$"
      case ">": result += "$>$"
      case "\u{202f}": result += "\\,"
      // after the end of a row these would be read as its options
      case "[", "]", "*": result += "{\(character)}"
      case _ where character.isNewline: result += " "
      default: result.append(character)
      }
    }
    return result
  }
}
