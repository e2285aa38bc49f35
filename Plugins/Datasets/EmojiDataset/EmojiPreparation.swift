import BraidCore
import BraidData
import BraidNN
import Foundation

/// Writes the prepared folder: `images/<code points>.png`, `manifest.csv`, `digest.txt`, `LICENCES.md`.
///
/// Everything is written to a hidden folder beside the wanted one and renamed at the end, so an interruption leaves
/// nothing half-written; what an interrupted preparation left behind is removed by the next one.
enum EmojiPreparation {
  static let columns = ["id", "picture", "name", "keywords", "group", "subgroup", "twins", "version"]

  static func write(_ source: EmojiSource, into folder: URL, log: (String) -> Void) throws {
    let files = FileManager.default
    let folder = folder.standardizedFileURL
    if files.fileExists(atPath: folder.path), !isPrepared(folder),
      (try? files.contentsOfDirectory(atPath: folder.path))?.isEmpty != true
    {
      throw SetupError("\(folder.path): holds something else already; name an empty or new folder.")
    }
    let samples = try source.samples(log: log)
    let parent = folder.deletingLastPathComponent()
    let partial = parent.appendingPathComponent(
      ".\(folder.lastPathComponent).partial-\(ProcessInfo.processInfo.processIdentifier)")
    do {
      try files.createDirectory(at: parent, withIntermediateDirectories: true)
      removeLeftovers(of: folder.lastPathComponent, in: parent)
      try? files.removeItem(at: partial)
      defer { try? files.removeItem(at: partial) }
      try write(samples, source, into: partial)
      try replace(folder, with: partial)
    } catch let error as SetupError {
      throw error
    } catch {
      throw SetupError("\(folder.path) cannot be written: \(fileReason(error))")
    }
    log("\(folder.path) is ready")
  }

  static func isPrepared(_ folder: URL) -> Bool {
    ["digest.txt", "manifest.csv", "images"].allSatisfy {
      FileManager.default.fileExists(atPath: folder.appendingPathComponent($0).path)
    }
  }

  private static func write(_ samples: [EmojiSource.Sample], _ source: EmojiSource, into folder: URL) throws {
    let images = folder.appendingPathComponent("images")
    try FileManager.default.createDirectory(at: images, withIntermediateDirectories: true)
    let digests = samples.map { SHA256.hex($0.picture) }
    let twins = NearTwins.clusters(samples.map(\.emoji), pictures: digests)
    var manifest = columns.joined(separator: ",") + "\n"
    var pictures = SHA256()
    for (sample, twin) in zip(samples, twins) {
      let picture = "images/\(sample.emoji.identifier).png"
      let row = [
        sample.emoji.identifier, picture, sample.name, sample.keywords.joined(separator: " | "), sample.emoji.group,
        sample.emoji.subgroup, samples[twin].emoji.identifier, sample.emoji.version,
      ]
      manifest += row.map(field).joined(separator: ",") + "\n"
      try Data(sample.picture).write(to: folder.appendingPathComponent(picture))
      pictures.update(sample.picture)
    }
    try Data(manifest.utf8).write(to: folder.appendingPathComponent("manifest.csv"))
    try Data(licences(source).utf8).write(to: folder.appendingPathComponent("LICENCES.md"))
    // Last: a folder that has it is whole.
    let digest = digest(manifest: Array(manifest.utf8), pictures: pictures)
    try Data(digest.utf8).write(to: folder.appendingPathComponent("digest.txt"))
  }

  /// What `digest.txt` holds: SHA-256 of the manifest, and of all pictures one after the other in its order.
  static func digest(manifest: [UInt8], pictures: SHA256) -> String {
    "\(SHA256.hex(manifest))  manifest.csv\n\(pictures.hex())  images\n"
  }

  /// A field of a CSV file (RFC 4180), in quotes where it must be.
  private static func field(_ text: String) -> String {
    guard text.contains(where: { ",\"\n\r".contains($0) }) else { return text }
    return "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\""
  }

  private static func replace(_ folder: URL, with partial: URL) throws {
    let files = FileManager.default
    guard files.fileExists(atPath: folder.path) else { return try files.moveItem(at: partial, to: folder) }
    let old = partial.appendingPathExtension("old")
    try? files.removeItem(at: old)
    try files.moveItem(at: folder, to: old)
    do {
      try files.moveItem(at: partial, to: folder)
    } catch {
      try files.moveItem(at: old, to: folder)
      throw error
    }
    try? files.removeItem(at: old)
  }

  /// Removes what preparations of the same folder left behind whose process is gone.
  private static func removeLeftovers(of name: String, in parent: URL) {
    let mark = ".\(name).partial-"
    for entry in (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? [] where entry.hasPrefix(mark) {
      let process = Int32(entry.dropFirst(mark.count).prefix { $0.isNumber }) ?? 0
      if process > 0, kill(process, 0) != 0, errno == ESRCH {
        try? FileManager.default.removeItem(at: parent.appendingPathComponent(entry))
      }
    }
  }

  /// The sources with their licences, for the folder.
  private static func licences(_ source: EmojiSource) -> String {
    """
    # Licences of this data

    Prepared by `braid data prepare emoji` from files on this machine.

    | what | made from | licence |
    |---|---|---|
    | `images/` | `\(source.font)`: Noto Color Emoji, copyright Google LLC; each PNG file as it stands in the font | SIL Open Font License 1.1, https://openfontlicense.org |
    | names and keywords in `manifest.csv` | `\(source.annotations)`, `\(source.derivedAnnotations)`: Unicode CLDR, copyright Unicode, Inc. | Unicode License (Unicode-DFS-2016 or Unicode-3.0, as the files say), https://www.unicode.org/license.txt |
    | `id`, `group`, `subgroup`, `version` in `manifest.csv` | `\(source.list)`: Unicode emoji data, copyright Unicode, Inc. | Unicode terms of use, https://www.unicode.org/terms_of_use.html |

    All three may be redistributed together with their notices; this page is meant to travel with the data. Unicode and the
    Unicode Logo are registered trademarks of Unicode, Inc. in the U.S. and other countries.

    """
  }
}
