import BraidTesting
import Foundation
import Testing

/// Finds what a test cannot: a `stop` in the engine whose sentence stands in no test. Sentences are compared piece by
/// piece between what is interpolated, so the test has to have the words, whatever the shapes.
@Suite struct StopCoverageTests {
  /// Sentences that no test can bring about.
  private let unreachable = ["threads: the system refuses another thread (error "]

  @Test func `every sentence a stop prints stands in a test, word for word`() throws {
    let tests = try ["Tests/BraidTensorTests", "Tests/BraidNNTests"].flatMap(texts).map(joined).joined(separator: "\n")
    var count = 0
    var missing: [String] = []
    for text in try ["Sources/BraidTensor", "Sources/BraidTensor/Operations", "Sources/BraidNN"].flatMap(texts) {
      for sentence in sentences(joined(text)) where !unreachable.contains(sentence[0]) {
        count += 1
        if !has(tests, sentence) { missing.append(sentence.joined(separator: "…")) }
      }
    }
    #expect(count > 150)
    #expect(missing == [])
  }

  @Test func `a sentence that no test has is found`() {  // negative control
    let source = "stop(\n  \"op\",\n  \"a \\(f(\"x\")) b \\(n); \" + \"do c\")"
    #expect(sentences(joined(source)) == [["op: a ", " b ", "; do c"]])
    #expect(has("Mistake(\"op: a [2] b 3; do c\")", ["op: a ", " b ", "; do c"]))
    #expect(!has("Mistake(\"op: a [2] b 3; do d\")", ["op: a ", " b ", "; do c"]))
    #expect(!has("Mistake(\"op: a [2] b 3\") \n Mistake(\"; do c\")", ["op: a ", " b ", "; do c"]))
  }

  /// The Swift files of a folder.
  private func texts(_ path: String) throws -> [String] {
    let folder = URL(fileURLWithPath: try Fixture.folder(above: #filePath)).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent(path).resolvingSymlinksInPath()
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.filter { $0.pathExtension == "swift" }.map { try String(contentsOf: $0, encoding: .utf8) }
  }

  /// Literals that are added up in one piece; no comments.
  private func joined(_ text: String) -> String {
    text.replacingOccurrences(of: #"(?m)^\s*//.*$"#, with: "", options: .regularExpression)
      .replacingOccurrences(of: #""\s*\+\s*""#, with: "", options: .regularExpression)
  }

  /// What the calls of `stop` in a text print, cut where something is interpolated.
  private func sentences(_ text: String) -> [[String]] {
    let calls = text.ranges(of: /[^.\w]stop\(/).filter { !text[..<$0.lowerBound].hasSuffix("func") }
    let first = text.hasPrefix("stop(") ? [Array(text.dropFirst(5))] : []
    return (first + calls.map { Array(text[$0.upperBound...].prefix(2_000)) }).map { call in
      var pieces = [""]
      var depth = 1  // of parentheses outside literals
      var place = 0
      while depth > 0 && place < call.count {
        switch call[place] {
        case "\"": literal(call, &place, &pieces)
        case "(", "[": depth += 1
        case ")", "]": depth -= 1
        case "," where depth == 1: pieces[pieces.count - 1] += ": "
        default: break
        }
        place += 1
      }
      return pieces.filter { !$0.isEmpty }
    }
  }

  /// Reads a literal from its opening quote to its closing one.
  private func literal(_ text: [Character], _ place: inout Int, _ pieces: inout [String]) {
    place += 1
    while text[place] != "\"" {
      if text[place] == "\\", text[place + 1] == "(" {
        pieces.append("")
        var depth = 1
        place += 2
        while depth > 0 {
          if text[place] == "\"" {
            var inner = [""]
            literal(text, &place, &inner)
          } else if text[place] == "(" {
            depth += 1
          } else if text[place] == ")" {
            depth -= 1
          }
          place += 1
        }
      } else {
        pieces[pieces.count - 1].append(text[place])
        if text[place] == "\\" {
          place += 1
          pieces[pieces.count - 1].append(text[place])
        }
        place += 1
      }
    }
  }

  /// Whether the pieces follow one another on one line.
  private func has(_ text: String, _ pieces: [String]) -> Bool {
    let pattern = pieces.map { NSRegularExpression.escapedPattern(for: $0) }.joined(separator: ".*?")
    return text.range(of: pattern, options: .regularExpression) != nil
  }
}
