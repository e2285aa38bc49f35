import BraidExperiments
import Foundation

/// The main table for a paper: booktabs, one `tabular` in a `table`, to be included with `\input`.
enum LaTeXReport {
  static func render(_ comparison: Comparison) -> String {
    guard let metric = comparison.metrics.first else { return "% no metric was measured\n" }
    let table = ResultTable(comparison, metric: metric.name, withCosts: true)
    let alignment = table.columns.map { $0.isNumber ? "r" : "l" }.joined()
    var lines = [
      "% \\usepackage{booktabs} in the preamble. Mean ± standard deviation over \(comparison.seeds.count) seeds, test split.",
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
      "  \\caption{\(escape(comparison.question))}", "  \\label{tab:\(label(comparison.name))}", "\\end{table}",
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
