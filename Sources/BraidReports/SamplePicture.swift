import BraidExperiments
import Foundation

/// What a fusion looked at, drawn over one real sample: SVG made from the sample's picture and words and the fusion's extras.
///
/// Attention over regions of a picture is laid over it as light where the weight is high; attention over words shades the
/// words; gates and small attention tables are bars. Nothing is smoothed: one cell of the grid is one weight.
struct SamplePicture {
  let sample: SampleView
  let answer: SampleAnswer
  let modalities: [String]

  private static let side = 136.0, gap = 14.0, wordHeight = 20.0, textWidth = 7.2

  /// The picture, nil when the fusion let nothing be seen of this sample.
  func svg() -> String? {
    var panels: [Panel] = []
    for view in attentionViews() { panels.append(panel(view)) }
    let bars = self.bars()
    if !bars.isEmpty { panels.append(barPanel(bars)) }
    guard !panels.isEmpty else { return nil }
    panels.insert(plain(), at: 0)
    let width = panels.reduce(Self.gap) { $0 + $1.width + Self.gap }
    let height = (panels.map(\.height).max() ?? 0) + 2 * Self.gap + 18
    var x = Self.gap
    var body = ""
    for panel in panels {
      body +=
        "<g transform=\"translate(\(x),\(Self.gap + 14))\">" + text(panel.title, 0, -5, size: 11, colour: "#555")
        + panel.body + "</g>"
      x += panel.width + Self.gap
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="\(width)" height="\(height)" \
      viewBox="0 0 \(width) \(height)" font-family="Helvetica, Arial, sans-serif">\
      <rect width="100%" height="100%" fill="#ffffff"/>\(body)</svg>
      """
  }

  private struct Panel {
    var title: String
    var body: String
    var width: Double
    var height: Double
  }

  // MARK: - What there is to show

  /// One moment of attention: how much weight every step of each looked-at modality got, averaged over the asking steps.
  private struct AttentionView {
    var title: String
    /// By modality: one weight a step.
    var weights: [String: [Float]]
  }

  /// The attention of every step of the fusion, both directions together.
  private func attentionViews() -> [AttentionView] {
    var byStep: [Int: [String: [[Float]]]] = [:]
    for extra in answer.extras {
      guard let (_, key, step) = extra.attention(among: modalities), let weights = received(extra) else { continue }
      guard answer.grids[key] != nil || words(of: key) != nil else { continue }
      byStep[step ?? 0, default: [:]][key, default: []].append(weights)
    }
    return byStep.sorted { $0.key < $1.key }.map { step, keys in
      let means = keys.mapValues { lists in
        lists[0].indices.map { index in
          lists.reduce(Float(0)) { $0 + ($1.indices.contains(index) ? $1[index] : 0) } / Float(lists.count)
        }
      }
      return AttentionView(title: byStep.count > 1 || step > 0 ? "step \(step)" : "attention", weights: means)
    }.filter { $0.weights.values.contains { $0.count > 1 } }
  }

  /// Weight each key step receives, averaged over heads and asking steps: `[…, queries, keys]` → `[keys]`.
  private func received(_ extra: SampleAnswer.Extra) -> [Float]? {
    guard let keys = extra.shape.last, keys > 0, extra.values.count % keys == 0, !extra.values.isEmpty else {
      return nil
    }
    let rows = extra.values.count / keys
    // rows without weight (padding that was kept) do not count
    let real = (0..<rows).filter { row in extra.values[row * keys..<(row + 1) * keys].contains { $0 > 0 } }
    guard !real.isEmpty else { return nil }
    return (0..<keys).map { key in real.reduce(Float(0)) { $0 + extra.values[$1 * keys + key] } / Float(real.count) }
  }

  /// Gates by modality (mean over features), and the weight of modalities that are one step, so that there is nothing to draw over.
  private func bars() -> [(label: String, value: Float)] {
    var bars: [(label: String, value: Float)] = []
    for extra in answer.extras where !extra.values.isEmpty {
      if extra.kind == "gate" {
        let mean = extra.values.reduce(0, +) / Float(extra.values.count)
        bars.append((String(extra.name.dropFirst("gate.".count)), mean))
      } else if let (query, key, _) = extra.attention(among: modalities), (extra.shape.last ?? 1) == 1 {
        bars.append(("\(query) → \(key)", extra.values.reduce(0, +) / Float(extra.values.count)))
      }
    }
    return bars
  }

  private func words(of modality: String) -> [String]? { sample.words.first { $0.modality == modality }?.words }

  // MARK: - Drawing

  private func plain() -> Panel {
    var body = "", y = 0.0
    for picture in sample.pictures {
      body += image(picture, y)
      y += Self.side + 4
    }
    for words in sample.words {
      let (drawn, bottom) = drawWords(words.words, weights: nil, y)
      body += drawn
      y = bottom
    }
    return Panel(title: sample.identifier, body: body, width: Self.side, height: y)
  }

  private func panel(_ view: AttentionView) -> Panel {
    var body = "", y = 0.0
    for picture in sample.pictures {
      guard let weights = view.weights[picture.modality], let grid = answer.grids[picture.modality], grid.count == 2,
        grid[0] > 0, weights.count % grid[0] == 0, weights.count / grid[0] == grid[1]
      else { continue }
      body += image(picture, y) + overlay(weights, rows: grid[0], columns: grid[1], y)
      y += Self.side + 4
    }
    for words in sample.words {
      guard let weights = view.weights[words.modality] else { continue }
      let (drawn, bottom) = drawWords(words.words, weights: weights, y)
      body += drawn
      y = bottom
    }
    return Panel(title: view.title, body: body, width: Self.side, height: y)
  }

  private func image(_ picture: SampleView.Picture, _ y: Double) -> String {
    let type = picture.isPNG ? "image/png" : "image/jpeg"
    let data = picture.bytes.base64EncodedString()
    return "<image x=\"0\" y=\"\(y)\" width=\"\(Self.side)\" height=\"\(Self.side)\" preserveAspectRatio=\"none\" "
      + "xlink:href=\"data:\(type);base64,\(data)\" href=\"data:\(type);base64,\(data)\"/>"
  }

  /// Dark where little weight went, clear where the most did; the frame marks the cell with the most.
  private func overlay(_ weights: [Float], rows: Int, columns: Int, _ y: Double) -> String {
    let most = max(weights.max() ?? 0, 1e-12), width = Self.side / Double(columns), height = Self.side / Double(rows)
    var body = ""
    for (index, weight) in weights.enumerated() {
      let left = Double(index % columns) * width, top = y + Double(index / columns) * height
      let shade = 0.82 * Double(1 - weight / most)
      body +=
        "<rect x=\"\(left)\" y=\"\(top)\" width=\"\(width)\" height=\"\(height)\" fill=\"#102030\" "
        + "fill-opacity=\"\(String(format: "%.3f", shade))\"/>"
      if weight == most {
        body +=
          "<rect x=\"\(left + 1)\" y=\"\(top + 1)\" width=\"\(width - 2)\" height=\"\(height - 2)\" fill=\"none\" "
          + "stroke=\"#D55E00\" stroke-width=\"2\"/>"
      }
    }
    return body
  }

  /// Words in lines, each on a ground as strong as its weight. Returns the drawing and where it ends.
  private func drawWords(_ words: [String], weights: [Float]?, _ top: Double) -> (String, Double) {
    var body = "", x = 0.0, y = top + 4
    let most = max(weights?.max() ?? 0, 1e-12)
    for (index, word) in words.enumerated() {
      let width = Double(word.count) * Self.textWidth + 8
      if x > 0, x + width > Self.side { (x, y) = (0, y + Self.wordHeight) }
      if let weights {
        let share = index < weights.count ? Double(weights[index] / most) : 0
        body +=
          "<rect x=\"\(x)\" y=\"\(y)\" width=\"\(width - 2)\" height=\"\(Self.wordHeight - 3)\" rx=\"3\" fill=\"#E69F00\" "
          + "fill-opacity=\"\(String(format: "%.3f", 0.9 * share))\"/>"
      }
      body += text(word, x + 3, y + 13, size: 12, colour: "#111")
      x += width
    }
    return (body, words.isEmpty ? top : y + Self.wordHeight)
  }

  private func barPanel(_ bars: [(label: String, value: Float)]) -> Panel {
    var body = "", y = 0.0
    let most = max(bars.map { abs($0.value) }.max() ?? 1, 1)
    for bar in bars {
      let width = Self.side * Double(abs(bar.value) / most)
      body += text(bar.label, 0, y + 11, size: 12, colour: "#111")
      body += "<rect x=\"0\" y=\"\(y + 15)\" width=\"\(Self.side)\" height=\"9\" fill=\"#eeeeee\"/>"
      body += "<rect x=\"0\" y=\"\(y + 15)\" width=\"\(width)\" height=\"9\" fill=\"#0072B2\"/>"
      body += text(NumberText.fixed(Double(bar.value), 2), Self.side + 4, y + 24, size: 11, colour: "#555")
      y += 34
    }
    return Panel(
      title: bars.contains { $0.label.contains("→") } ? "weights" : "mean gate", body: body, width: Self.side + 34,
      height: y)
  }

  private func text(_ text: String, _ x: Double, _ y: Double, size: Double, colour: String) -> String {
    "<text x=\"\(x)\" y=\"\(y)\" font-size=\"\(size)\" fill=\"\(colour)\">\(escapeXML(text))</text>"
  }
}

/// Text that stands for itself in XML and HTML.
func escapeXML(_ text: String) -> String {
  var result = ""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "&": result += "&amp;"
    case "<": result += "&lt;"
    case ">": result += "&gt;"
    case "\"": result += "&quot;"
    case "'": result += "&#39;"
    default:
      // control characters are not allowed in XML at all
      if scalar.value >= 32 || scalar == "\t" || scalar == "\n" { result.unicodeScalars.append(scalar) }
    }
  }
  return result
}
