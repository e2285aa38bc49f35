import BraidCore
import Foundation

/// JSON lines: one JSON object a line.
public enum JSONLines {
  /// A line of the file.
  public struct Row: Sendable {
    /// From 1.
    public let line: Int
    /// Its values, in the order of the columns or by key.
    public let fields: [String: Setting]
  }

  /// The objects of a file; empty lines are passed over.
  /// - Throws: `SetupError` naming file and line for a line that is not a JSON object.
  public static func rows(_ bytes: [UInt8], named file: String) throws -> [Row] {
    let decoder = JSONDecoder()
    var rows: [Row] = []
    var start = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0
    var line = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0a) ?? bytes.count
      let text = bytes[start..<end]
      start = end + 1
      line += 1
      if text.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) { continue }
      guard let value = try? decoder.decode(Setting.self, from: Data(text)) else {
        throw SetupError("\(file):\(line): not valid JSON; expected one object a line.")
      }
      guard case .map(let fields) = value else {
        throw SetupError("\(file):\(line): found \(value.kind); expected a JSON object.")
      }
      rows.append(Row(line: line, fields: fields))
    }
    return rows
  }
}
