import BraidCore
import BraidData
import BraidNN
import Foundation

/// What the emoji data set is made from: three files that packages of Debian and Ubuntu install. These are the settings
/// of `braid data prepare emoji`.
public struct EmojiSource: PartOptions {
  /// A colour font with bitmap pictures (CBDT): package `fonts-noto-color-emoji`.
  public var font = "/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf"
  /// Folder with `annotations/` and `annotationsDerived/` of CLDR: package `unicode-cldr-core`.
  public var cldr = "/usr/share/unicode/cldr/common"
  /// Language of names and keywords, as CLDR names its files. A name that CLDR does not have is the list's English one.
  public var language = "en"
  /// Unicode's `emoji-test.txt`: package `unicode-data`.
  public var list = "/usr/share/unicode/emoji/emoji-test.txt"
  public init() {}

  /// The files to read and the package each comes with.
  var files: [(path: String, package: String, setting: String)] {
    [
      (font, "fonts-noto-color-emoji", "font"), (annotations, "unicode-cldr-core", "cldr"),
      (derivedAnnotations, "unicode-cldr-core", "cldr"), (list, "unicode-data", "list"),
    ]
  }
  var annotations: String { "\(cldr)/annotations/\(language).xml" }
  var derivedAnnotations: String { "\(cldr)/annotationsDerived/\(language).xml" }

  /// Whether all files are there.
  public var isInstalled: Bool { files.allSatisfy { FileManager.default.fileExists(atPath: $0.path) } }

  /// One sample to be.
  public struct Sample: Sendable {
    /// The emoji itself.
    public let emoji: Emoji
    /// The PNG file, byte for byte as in the font.
    public let picture: [UInt8]
    /// Short name in the chosen language.
    public let name: String
    /// In CLDR's order; empty when CLDR does not know the emoji.
    public let keywords: [String]
  }

  /// Reads all samples, in the order of `emoji-test.txt`: fully qualified emoji without skin tones that the font has a
  /// picture of.
  /// - Throws: `SetupError` naming a missing file with its package, or what in a file is wrong.
  public func samples(log: (String) -> Void = { _ in }) throws -> [Sample] {
    guard language.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }), !language.isEmpty else {
      throw SetupError("language: found \"\(language)\"; expected a name such as en or pt_PT.")
    }
    for file in files where !FileManager.default.fileExists(atPath: file.path) {
      throw SetupError(
        "\(file.path) is missing. On Debian and Ubuntu: sudo apt-get install \(file.package). "
          + "Elsewhere, name the file with the setting \"\(file.setting)\".")
    }
    let pictures = try EmojiFont(read(font), file: font)
    let emoji = try EmojiList(String(decoding: read(list), as: UTF8.self), file: list)
    var annotated = Annotations()
    try annotated.add(read(annotations), file: annotations)
    try annotated.add(read(derivedAnnotations), file: derivedAnnotations)

    var samples: [Sample] = []
    var (undrawn, unnamed) = ([String](), 0)
    for emoji in emoji.samples {
      guard let picture = try pictures.picture(of: emoji.codePoints) else {
        undrawn.append(emoji.name)
        continue
      }
      let key = emoji.codePoints.filter { $0 != 0xFE0F }
      if annotated.names[key] == nil { unnamed += 1 }
      samples.append(
        Sample(
          emoji: emoji, picture: picture, name: annotated.names[key] ?? emoji.name,
          keywords: annotated.keywords[key] ?? []))
    }
    guard !samples.isEmpty else { throw SetupError("\(font): a picture for none of the emoji in \(list).") }
    let release = emoji.version.isEmpty ? "" : " of Emoji \(emoji.version)"
    log("\(samples.count) emoji\(release) in \(Set(samples.map(\.emoji.group)).count) groups")
    if let first = undrawn.first { log("\(undrawn.count) left out: the font has no picture of them (\(first), …)") }
    if unnamed > 0 {
      log("\(unnamed) names are not in CLDR's \(language).xml: English names of emoji-test.txt stand in")
    }
    return samples
  }

  private func read(_ path: String) throws -> [UInt8] {
    let limit = 256 << 20  // the largest of these fonts has 25 MB
    let size = (try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
    guard size <= limit else {
      throw SetupError("\(path): \(size) bytes; a source of the emoji data set has far less.")
    }
    do {
      return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    } catch {
      throw SetupError("\(path) cannot be read: \(fileReason(error))")
    }
  }
}
