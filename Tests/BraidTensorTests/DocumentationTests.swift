import Foundation
import Testing

/// Public declarations without a doc comment, in a set of sources.
private struct Documentation {
  /// What protocols of the standard library and of packages require; what it means stands there.
  private static let known: [String: Set<String>] = [
    "CustomStringConvertible": ["description"], "Error": ["description"], "LocalizedError": ["errorDescription"],
    "RandomNumberGenerator": ["next"], "RandomAccessCollection": ["startIndex", "endIndex", "subscript"],
    "MutableCollection": ["subscript"], "Sequence": ["makeIterator"], "IteratorProtocol": ["next"],
    "Equatable": ["=="], "Comparable": ["<"], "Hashable": ["hash"], "Codable": ["init", "encode"],
    "Encodable": ["encode"], "Decodable": ["init"], "CaseIterable": ["allCases"],
    "ExpressibleByArrayLiteral": ["init"], "ExpressibleByStringLiteral": ["init"],
    "ExpressibleByIntegerLiteral": ["init"], "ExpressibleByFloatLiteral": ["init"],
    "ExpressibleByBooleanLiteral": ["init"], "ExpressibleByDictionaryLiteral": ["init"],
    "AsyncParsableCommand": ["run", "init", "configuration"], "ParsableCommand": ["run", "init", "configuration"],
    "ParsableArguments": ["init", "validate"],
  ]
  private static let kinds = ["struct ", "class ", "enum ", "actor ", "extension "]
  /// What each protocol requires, and from which it inherits.
  private var required = Documentation.known
  private var parents: [String: Set<String>] = [:]

  init(_ texts: some Sequence<String>) {
    for text in texts {
      for match in text.matches(of: /(?m)^(?:public )?protocol (\w+)([^{]*)\{([\s\S]*?)^\}/) {
        let lines = match.3.split(separator: "\n").filter { $0.hasPrefix("  ") && !$0.hasPrefix("   ") }
        required[String(match.1), default: []].formUnion(lines.compactMap { Documentation.name(String($0)) })
        parents[String(match.1)] = Documentation.words(match.2)
      }
    }
  }

  /// Lines of declarations that say nothing and witness no protocol which the file's types conform to.
  func missing(_ text: String) -> [String] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    var protocols: Set<String> = []
    for (number, line) in lines.enumerated() where Documentation.kinds.contains(where: line.contains) {
      guard !line.hasPrefix("//"), let head = line.firstMatch(of: /(?:struct|class|enum|actor|extension) (\w+)(.*)/)
      else { continue }
      if line.hasPrefix("extension") { protocols.insert(String(head.1)) }  // defaults of a protocol's requirements
      let rest = lines[number...].prefix(8).joined(separator: " ").prefix { $0 != "{" }
      guard let colon = rest.firstIndex(of: ":") else { continue }
      protocols.formUnion(Documentation.words(rest[colon...]))
    }
    var above = protocols
    while !above.isEmpty {
      above = above.reduce(into: Set<String>()) { $0.formUnion(parents[$1] ?? []) }.subtracting(protocols)
      protocols.formUnion(above)
    }
    let witnessed = protocols.reduce(into: Set<String>()) { $0.formUnion(required[$1] ?? []) }
    var before = ""  // the last line that is no attribute
    return lines.compactMap { line in
      let line = line.trimmingCharacters(in: .whitespaces), isAttribute = line.hasPrefix("@")
      defer { if !isAttribute || line.contains(" ") { before = line } }
      guard isAttribute || line.hasPrefix("public "),
        line.firstMatch(of: /^(@\w+(\(.*?\))? )*public (?!extension|import)/) != nil, !before.hasPrefix("///")
      else { return nil }
      return Documentation.name(line).map(witnessed.contains) == true ? nil : line
    }
  }

  /// Cases of public enumerations that say nothing, each line once.
  func silentCases(_ text: String) -> [String] {
    var indentation: Int?  // of the enumeration
    var before: Substring = ""
    return text.split(separator: "\n", omittingEmptySubsequences: false).compactMap { line in
      let own = line.prefix { $0 == " " }.count, words = line.dropFirst(own)
      defer { before = words }
      if words.firstMatch(of: /^(@\w+ )*public (indirect )?enum\b/) != nil, !words.hasSuffix("}") { indentation = own }
      if own == indentation, words.hasPrefix("}") { indentation = nil }
      guard let indentation, own == indentation + 2, words.hasPrefix("case ") else { return nil }
      return before.hasPrefix("///") ? nil : String(words)
    }
  }

  private static func words(_ text: Substring) -> Set<String> {
    Set(text.matches(of: /\w+/).map { String($0.0) })
  }

  /// What a line declares.
  private static func name(_ line: String) -> String? {
    if line.contains(/\binit[?(<]/) { return "init" }
    if line.contains(/\bsubscript\b/) { return "subscript" }
    return line.firstMatch(of: /\b(?:let|var|func|typealias|associatedtype|struct|enum) (\w+|[^\w\s(]+)/).map {
      String($0.1)
    }
  }
}

@Suite struct DocumentationTests {
  @Test func `every public declaration has a doc comment, or is what a protocol asks for`() throws {
    let root = URL(fileURLWithPath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    var texts: [String: String] = [:]
    for room in ["Sources", "Plugins"] {
      let files = FileManager.default.enumerator(atPath: root.appendingPathComponent(room).path)
      while let file = files?.nextObject() as? String {
        guard file.hasSuffix(".swift") else { continue }
        texts["\(room)/\(file)"] = try String(
          contentsOf: root.appendingPathComponent("\(room)/\(file)"), encoding: .utf8)
      }
    }
    #expect(texts.count > 250)
    let documentation = Documentation(texts.values)
    let missing = texts.sorted { $0.key < $1.key }.flatMap { file, text in
      (documentation.missing(text) + documentation.silentCases(text)).map { "\(file): \($0)" }
    }
    #expect(missing == [])
  }

  @Test func `one that has none is found`() {  // negative control
    let documentation = Documentation([
      "/// P.\npublic protocol Part: Sendable {\n  /// Of the part.\n  static var about: Int { get }\n}\n"
    ])
    let text = """
      /// Said.
      public struct A: Part {
        public static let about = 1
        @inlinable
        public init() {}
        /// Said.
        @inlinable
        public func f() {}
        public func g() {}
      }
      """
    #expect(documentation.missing(text) == ["public init() {}", "public func g() {}"])
    let cases = """
      /// Said.
      public enum E: String {
        /// Said.
        case a, b
        case c
        var isC: Bool {
          switch self {
          case .c: true
          default: false
          }
        }
      }
      public enum F { case d, e }
      enum Own {
        case f
      }
      """
    #expect(documentation.silentCases(cases) == ["case c"])
  }
}
