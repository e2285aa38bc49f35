import Foundation
import Testing

/// The code a page shows, each block with the file that the nearest heading above it names in backquotes.
private func blocks(_ page: String) -> [(file: String, code: String)] {
  var found: [(file: String, code: String)] = []
  var file = ""
  var code: [Substring]?
  for line in page.split(separator: "\n", omittingEmptySubsequences: false) {
    if let lines = code {
      if line == "```" {
        found.append((file, lines.joined(separator: "\n")))
        code = nil
      } else {
        code = lines + [line]
      }
    } else if line.hasPrefix("#") {
      let parts = line.split(separator: "`")
      file = parts.count == 2 ? String(parts[1]) : ""
    } else if line.hasPrefix("```") && line != "```sh" {
      code = []
    }
  }
  return found
}

/// What a page shows that is not in the file it names, line by line as it is.
private func strangers(_ page: String, _ read: (String) throws -> String) rethrows -> [String] {
  try blocks(page).filter { try !"\n\(read($0.file))\n".contains("\n\($0.code)\n") }.map { "\($0.file): \($0.code)" }
}

@Suite struct `The guide to adding an operation` {
  private let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func text(_ file: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(file), encoding: .utf8)
  }

  @Test func `shows the code that is compiled, as it is`() throws {
    let page = try text("Guides/Adding an operation.md")
    #expect(try strangers(page, text) == [])
    #expect(blocks(page).count == 10)
    #expect(Set(blocks(page).map(\.file)).count == 6)
  }

  @Test func `a line that has changed since would be noticed`() {
    let page = "## The file: `a.swift`\n```swift\nlet x = 1\n```\n"
    #expect(strangers(page) { _ in "// a\nlet x = 1\n" } == [])
    #expect(strangers(page) { _ in "// a\nlet x = 12\n" } == ["a.swift: let x = 1"])
  }
}

@Suite struct `The guide to reading the engine` {
  private let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Names in backquotes that are those of no file of the engine; `Recurrent…` stands for all that begin so.
  private func strangers(_ page: String) throws -> [String] {
    let folders = ["BraidTensor", "BraidTensor/Operations", "BraidNN", "CBraidKernels"]
    let files = try folders.flatMap {
      try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent("Sources/\($0)").path)
    }
    return page.matches(of: /`(?:\w+\/)?([A-Z]\w+…?|\w+\.(?:swift|c|h))`/).map { String($0.1) }.filter { name in
      !files.contains { name.hasSuffix("…") ? $0.hasPrefix(name.dropLast()) : $0 == name || $0 == "\(name).swift" }
    }
  }

  /// Files of public operations that the table of what is where does not name.
  private func forgotten(_ page: String) throws -> [String] {
    let names = page.matches(of: /`(?:\w+\/)?([A-Z]\w+…?)`/).map { String($0.1) }
    let folder = root.appendingPathComponent("Sources/BraidTensor/Operations")
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil).compactMap { file in
      let text = try String(contentsOf: file, encoding: .utf8), name = file.deletingPathExtension().lastPathComponent
      guard text.contains("public func ") || text.contains("public static func ") else { return nil }
      return names.contains { $0.hasSuffix("…") ? name.hasPrefix($0.dropLast()) : $0 == name } ? nil : name
    }
  }

  @Test func `says where every operation is`() throws {
    let page = try String(contentsOf: root.appendingPathComponent("Guides/Reading the engine.md"), encoding: .utf8)
    let parts = page.split(separator: "## What is where")
    try #require(parts.count == 2)
    let table = String(parts[1])
    #expect(try forgotten(table) == [])
    #expect(try forgotten(table.replacing("`Einsum`", with: "")) == ["Einsum"])
  }

  @Test func `names files that are there`() throws {
    let page = try String(contentsOf: root.appendingPathComponent("Guides/Reading the engine.md"), encoding: .utf8)
    #expect(try strangers(page) == [])
    #expect(
      try strangers("`Tensor.swift` `Operations/Nothing.swift` `Softmax` `Hardmax` `Recurrent…`") == [
        "Nothing.swift", "Hardmax",
      ])
  }
}
