import BraidCore

/// Comma-separated values (RFC 4180), with the line of every row.
///
/// Written here because it is a hundred lines and error messages need line numbers, which CSV packages do not report.
public enum CSV {
  /// A line of the table.
  public struct Row: Sendable, Hashable {
    /// Where the row begins, from 1. A quoted field may reach over several lines.
    public let line: Int
    /// Its values, in the order of the columns or by key.
    public let fields: [String]
  }

  /// The rows of a file, empty lines left out. Fields may stand in double quotes and then hold separators, line ends and
  /// doubled quotes; a byte order mark is passed over; lines end in LF or CRLF.
  /// - Parameters:
  ///   - file: what messages call it.
  ///   - separator: between fields: a comma, or a tab for TSV.
  /// - Throws: `SetupError` naming file and line for a quote that is never closed, text after a closing quote, a quote within
  ///   a field that did not begin with one, text that is not UTF-8, or a row with another number of fields than the first.
  public static func rows(_ bytes: [UInt8], named file: String, separator: Character = ",") throws -> [Row] {
    var parser = Parser(bytes: bytes, file: file, separator: separator.asciiValue ?? UInt8(ascii: ","))
    var rows: [Row] = []
    while let row = try parser.row() {
      if let first = rows.first, row.fields.count != first.fields.count {
        throw SetupError(
          "\(file):\(row.line): found \(row.fields.count) fields; expected \(first.fields.count), as in line \(first.line)."
        )
      }
      rows.append(row)
    }
    return rows
  }

  private struct Parser {
    let bytes: [UInt8]
    let file: String
    let separator: UInt8
    var at = 0
    var line = 1

    init(bytes: [UInt8], file: String, separator: UInt8) {
      (self.bytes, self.file, self.separator) = (bytes, file, separator)
      if bytes.starts(with: [0xef, 0xbb, 0xbf]) { at = 3 }
    }

    private var atLineEnd: Bool {
      at < bytes.count && (bytes[at] == 0x0a || (bytes[at] == 0x0d && at + 1 < bytes.count && bytes[at + 1] == 0x0a))
    }

    private mutating func passLineEnd() {
      at += bytes[at] == 0x0d ? 2 : 1
      line += 1
    }

    mutating func row() throws -> Row? {
      while atLineEnd { passLineEnd() }
      guard at < bytes.count else { return nil }
      let begun = line
      var fields: [String] = []
      while true {
        fields.append(try field())
        if at < bytes.count, bytes[at] == separator {
          at += 1
          continue
        }
        if at < bytes.count { passLineEnd() }
        return Row(line: begun, fields: fields)
      }
    }

    /// A field; afterwards the place is at a separator, a line end or the end.
    private mutating func field() throws -> String {
      guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else {
        let start = at
        while at < bytes.count {
          let byte = bytes[at]
          if byte == separator || byte == 0x0a || (byte == 0x0d && atLineEnd) { break }
          if byte == UInt8(ascii: "\"") {
            throw SetupError(
              "\(file):\(line): a quote inside a field; expected the whole field in quotes, with the quote doubled.")
          }
          at += 1
        }
        return try text(bytes[start..<at], line)
      }
      let begun = line
      var content: [UInt8] = []
      at += 1
      while true {
        guard at < bytes.count else { throw SetupError("\(file):\(begun): a quoted field is never closed.") }
        let byte = bytes[at]
        if byte == UInt8(ascii: "\"") {
          at += 1
          guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { break }
        } else if byte == 0x0a {
          line += 1
        }
        content.append(byte)
        at += 1
      }
      guard at == bytes.count || bytes[at] == separator || atLineEnd else {
        throw SetupError("\(file):\(line): text after a closing quote; expected a separator or the end of the line.")
      }
      return try text(content[...], begun)
    }

    private func text(_ bytes: ArraySlice<UInt8>, _ line: Int) throws -> String {
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw SetupError("\(file):\(line): text that is not UTF-8.")
      }
      return text
    }
  }
}
