import BraidCore
import Foundation

/// One line of Unicode's `emoji-test.txt`.
public struct Emoji: Sendable, Hashable {
  /// How an emoji's line in Unicode's list qualifies it.
  public enum Status: String, Sendable, CaseIterable {
    /// With every variation selector: as keyboards write it.
    case fullyQualified = "fully-qualified"
    /// Without some that are not its first.
    case minimallyQualified = "minimally-qualified"
    /// Without its first variation selector; or a part of others, such as a skin tone.
    case unqualified, component
  }
  /// Its Unicode code points, in order.
  public let codePoints: [UInt32]
  /// How the list qualifies it.
  public let status: Status
  /// English short name, such as `grinning face`.
  public let name: String
  /// The Emoji version that brought it, such as `1.0`.
  public let version: String
  /// Such as `Smileys & Emotion`.
  public let group: String
  /// Such as `face-smiling`.
  public let subgroup: String

  /// One line of the list.
  public init(codePoints: [UInt32], status: Status, name: String, version: String, group: String, subgroup: String) {
    (self.codePoints, self.status, self.name, self.version) = (codePoints, status, name, version)
    (self.group, self.subgroup) = (group, subgroup)
  }

  /// `1F469-200D-1F680`: names files and samples.
  public var identifier: String {
    codePoints.map { hexadecimal($0) }.joined(separator: "-")
  }
  /// Whether a skin-tone modifier (U+1F3FB to U+1F3FF) is part of it.
  public var hasSkinTone: Bool { codePoints.contains { (0x1F3FB...0x1F3FF).contains($0) } }
}

/// A code point as Unicode writes it: upper case, at least four digits.
func hexadecimal(_ codePoint: UInt32) -> String {
  let digits = String(codePoint, radix: 16, uppercase: true)
  return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
}

/// Unicode's list of all emoji with groups and subgroups.
public struct EmojiList: Sendable {
  /// Every data line, in the file's order.
  public let entries: [Emoji]
  /// The file's own version, such as `15.0`; empty when it does not say.
  public let version: String

  /// Reads `code points ; status # character Eversion name` lines under `# group:` and `# subgroup:` lines.
  /// - Throws: `SetupError` naming file and line.
  public init(_ text: String, file: String) throws {
    var entries: [Emoji] = []
    var (group, subgroup, version) = ("", "", "")
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      let line = line.trimmingCharacters(in: .whitespaces)
      if let value = line.dropped(prefix: "# group:") {
        (group, subgroup) = (value, "")
      } else if let value = line.dropped(prefix: "# subgroup:") {
        subgroup = value
      } else if let value = line.dropped(prefix: "# Version:") {
        version = value
      } else if !line.isEmpty, !line.hasPrefix("#") {
        entries.append(try EmojiList.entry(line, group, subgroup, at: "\(file):\(number + 1)"))
      }
    }
    guard !entries.isEmpty else { throw SetupError("\(file): no emoji in it; expected Unicode's emoji-test.txt.") }
    (self.entries, self.version) = (entries, version)
  }

  /// What the data set is made of: fully qualified emoji without skin tones, in the file's order.
  public var samples: [Emoji] { entries.filter { $0.status == .fullyQualified && !$0.hasSkinTone } }

  private static func entry(_ line: String, _ group: String, _ subgroup: String, at place: String) throws -> Emoji {
    let halves = line.split(separator: "#", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
    let fields = halves[0].split(separator: ";").map { $0.trimmingCharacters(in: .whitespaces) }
    // After the #: the character itself, E and a version, the name.
    let remark = halves.count == 2 ? halves[1].split(separator: " ", maxSplits: 2).map(String.init) : []
    guard fields.count == 2, remark.count == 3, remark[1].hasPrefix("E") else {
      throw SetupError("\(place): found \"\(line)\"; expected \"code points ; status # character Eversion name\".")
    }
    let points = fields[0].split(separator: " ").compactMap { UInt32($0, radix: 16) }
    guard !points.isEmpty, points.count == fields[0].split(separator: " ").count, points.allSatisfy({ $0 <= 0x10FFFF })
    else { throw SetupError("\(place): found \"\(fields[0])\"; expected code points in hexadecimal.") }
    guard let status = Emoji.Status(rawValue: fields[1]) else {
      let known = Emoji.Status.allCases.map(\.rawValue).joined(separator: ", ")
      throw SetupError("\(place): found status \"\(fields[1])\"; expected one of \(known).")
    }
    guard !group.isEmpty, !subgroup.isEmpty else {
      throw SetupError("\(place): an emoji before any \"# group:\" and \"# subgroup:\" line.")
    }
    return Emoji(
      codePoints: points, status: status, name: remark[2].trimmingCharacters(in: .whitespaces),
      version: String(remark[1].dropFirst()), group: group, subgroup: subgroup)
  }
}

extension String {
  /// What follows `prefix`, without spaces around it; nil when the text begins otherwise.
  fileprivate func dropped(prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)).trimmingCharacters(in: .whitespaces) : nil
  }
}
