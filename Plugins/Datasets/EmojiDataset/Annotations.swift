import BraidCore

/// Names and keywords of emoji in one language, from CLDR's annotation files.
///
/// Keys are code points without U+FE0F, as in the files. (Not `String`: Swift compares text by canonical equivalence,
/// which would make one of two signs such as Ω and Ω.)
public struct Annotations: Sendable {
  /// Short names (`type="tts"`).
  public private(set) var names: [[UInt32]: String] = [:]
  /// Keywords, in the file's order.
  public private(set) var keywords: [[UInt32]: [String]] = [:]

  /// Annotations of no emoji.
  public init() {}

  /// Adds `<annotation cp="X">a | b</annotation>` and `<annotation cp="X" type="tts">name</annotation>` of one file;
  /// what is known already stays, so read `annotations` before `annotationsDerived`.
  /// - Returns: how many names the file had that were not known yet.
  /// - Throws: `SetupError` naming file and line.
  @discardableResult
  public mutating func add(_ bytes: [UInt8], file: String) throws -> Int {
    var scanner = MarkupScanner(bytes, file: file)
    var added = 0
    var elements = 0
    while let element = try scanner.next(element: "annotation") {
      elements += 1
      guard let characters = element.attributes["cp"] else {
        throw SetupError("\(file):\(element.line): an annotation without the attribute cp.")
      }
      let key = characters.unicodeScalars.map(\.value).filter { $0 != 0xFE0F }
      if element.attributes["type"] == "tts" {
        if names[key] == nil {
          names[key] = element.text
          added += 1
        }
      } else if element.attributes["type"] == nil, keywords[key] == nil {
        keywords[key] = element.text.split(separator: "|").map(trimmed).filter { !$0.isEmpty }
      }
    }
    guard elements > 0 else { throw SetupError("\(file): no annotations in it; expected a CLDR annotation file.") }
    return added
  }
}

/// Without white space around it.
func trimmed(_ text: some StringProtocol) -> String {
  let isSpace: (Character) -> Bool = { $0 == " " || $0 == "\t" || $0 == "\n" || $0 == "\r" }
  return String(text.drop(while: isSpace).reversed().drop(while: isSpace).reversed())
}

/// Finds the elements of one name in an XML file, one after the other, with attributes and text.
///
/// Knows comments, attributes and the five predefined and numeric entities; a document type is skipped and no other
/// entity exists, so nothing outside the file is read and nothing expands. Foundation's parser would do, but on Linux
/// it ties the whole program to the system's libxml2 and ICU, whose versions differ between releases.
struct MarkupScanner {
  struct Element {
    let attributes: [String: String]
    let text: String
    let line: Int
  }
  private let bytes: [UInt8]
  private let file: String
  private var at = 0
  private var line = 1

  init(_ bytes: [UInt8], file: String) { (self.bytes, self.file) = (bytes, file) }

  private func error(_ what: String) -> SetupError { SetupError("\(file):\(line): \(what)") }

  private func looking(at text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard at + length <= bytes.count else { return false }
    return (0..<length).allSatisfy { bytes[at + $0] == text.utf8Start[$0] }
  }

  private mutating func step() {
    if bytes[at] == UInt8(ascii: "\n") { line += 1 }
    at += 1
  }

  /// The bytes up to `mark`, which is passed over too.
  private mutating func take(until mark: StaticString, of what: String) throws -> ArraySlice<UInt8> {
    let (start, begun) = (at, line)
    while at < bytes.count {
      if looking(at: mark) {
        defer { at += mark.utf8CodeUnitCount }
        return bytes[start..<at]
      }
      step()
    }
    throw SetupError("\(file):\(begun): \(what) has no end.")
  }

  /// The next element called `name`, nil at the end of the file. It must hold text only.
  mutating func next(element name: String) throws -> Element? {
    while at < bytes.count {
      guard bytes[at] == UInt8(ascii: "<") else {
        step()
        continue
      }
      if looking(at: "<!--") {
        _ = try take(until: "-->", of: "a comment")
        continue
      }
      let begun = line
      let tag = try take(until: ">", of: "a tag").dropFirst()
      guard tag.starts(with: name.utf8), let after = tag.dropFirst(name.utf8.count).first,
        after == 0x20 || after == 0x09
      else { continue }
      let attributes = try attributes(tag.dropFirst(name.utf8.count))
      let text = try decoded(take(until: "</", of: "the element \(name)"))
      _ = try take(until: ">", of: "a tag")
      return Element(attributes: attributes, text: trimmed(text), line: begun)
    }
    return nil
  }

  /// `name="value"` pairs.
  private func attributes(_ bytes: ArraySlice<UInt8>) throws -> [String: String] {
    var result: [String: String] = [:]
    var rest = bytes
    while let start = rest.firstIndex(where: { $0 > 0x20 && $0 != UInt8(ascii: "/") }) {
      guard let equals = rest[start...].firstIndex(of: UInt8(ascii: "=")), equals + 1 < rest.endIndex,
        rest[equals + 1] == UInt8(ascii: "\"") || rest[equals + 1] == UInt8(ascii: "'"),
        let end = rest[(equals + 2)...].firstIndex(of: rest[equals + 1])
      else { throw error("an attribute that is not name=\"value\".") }
      result[trimmed(String(decoding: rest[start..<equals], as: UTF8.self))] = try decoded(rest[(equals + 2)..<end])
      rest = rest[(end + 1)...]
    }
    return result
  }

  /// Text with its entities replaced.
  private func decoded(_ bytes: ArraySlice<UInt8>) throws -> String {
    guard bytes.contains(UInt8(ascii: "&")) else { return String(decoding: bytes, as: UTF8.self) }
    var result = ""
    var rest = bytes
    while let start = rest.firstIndex(of: UInt8(ascii: "&")) {
      result += String(decoding: rest[..<start], as: UTF8.self)
      guard let end = rest[start...].firstIndex(of: UInt8(ascii: ";")) else { throw error("an & without its ;.") }
      let entity = String(decoding: rest[(start + 1)..<end], as: UTF8.self)
      result += try character(entity)
      rest = rest[(end + 1)...]
    }
    return result + String(decoding: rest, as: UTF8.self)
  }

  private func character(_ entity: String) throws -> String {
    if let known = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"][entity] { return known }
    let number =
      entity.hasPrefix("#x")
      ? UInt32(entity.dropFirst(2), radix: 16) : entity.hasPrefix("#") ? UInt32(entity.dropFirst()) : nil
    guard let scalar = number.flatMap(Unicode.Scalar.init) else {
      throw error("unknown entity &\(entity.prefix(20));.")
    }
    return String(Character(scalar))
  }
}
