import BraidCore
import BraidData
import BraidTensor
import Foundation

/// Emoji: a picture (`picture`), words (`words`), and the group or subgroup that Unicode files them under.
///
/// The folder is made by `braid data prepare emoji` from packages of Debian and Ubuntu. See `Guides/EmojiDataset.md`.
public struct EmojiDataset: PreparableDataset {
  public static let about = About(
    "emoji", "About 1870 emoji: picture and words; 9 groups or 99 subgroups. Made by `braid data prepare emoji`.")
  public typealias Options = EmojiOptions
  public typealias Preparation = EmojiSource

  public static let preparedFolder = "data/emoji"
  public static let licences = """
    Pictures: Noto Color Emoji (SIL Open Font License 1.1). Names and keywords: Unicode CLDR (Unicode License). \
    Groups: Unicode emoji-test.txt (Unicode terms of use).
    """
  public static func isPrepared(_ folder: URL) -> Bool { EmojiPreparation.isPrepared(folder) }
  public static func prepare(_ options: EmojiSource, into folder: URL, log: (String) -> Void) throws {
    try EmojiPreparation.write(options, into: folder, log: log)
  }

  private let data: PreparedData

  /// - Throws: `SetupError` when the folder is not prepared, was changed since, or a setting makes no sense.
  public init(_ options: EmojiOptions) throws {
    guard (4...136).contains(options.pictureSize) else {
      throw SetupError("pictureSize: found \(options.pictureSize); expected 4 to 136 (the pictures' own width).")
    }
    guard options.wordLimit >= 0 else { throw SetupError("wordLimit: found \(options.wordLimit); expected 0 or more.") }
    let folder = URL(fileURLWithPath: options.folder)
    let rows = try PreparedEmoji.read(folder).filter { options.flags || $0.group != "Flags" }

    // Classes in the order of the file, which is Unicode's.
    let labels = rows.map { options.target == .group ? $0.group : "\($0.group) / \($0.subgroup)" }
    var number: [String: Int] = [:]
    for label in labels where number[label] == nil { number[label] = number.count }
    let names = number.sorted { $0.value < $1.value }.map(\.key)
    let classes = labels.map { number[$0]! }

    var first: [String: Int] = [:]
    let clusters = rows.enumerated().map { place, row in
      guard options.nearTwins == .together else { return place }
      if first[row.twins] == nil { first[row.twins] = place }
      return first[row.twins]!
    }
    let splits = try TwinSplit.splits(
      clusters: clusters, classes: classes, shares: options.split, trainShare: options.trainShare)

    let size = options.pictureSize
    let pixels = try PreparedEmoji.pixels(of: rows, in: folder, size: size)
    var pictures = SourceColumn("picture", .images(pixels, channels: 3, height: size, width: size))
    pictures.files = rows.map(\.file.path)

    let chooser = EmojiWords(options, groups: Set(rows.map(\.group)))
    let texts = rows.map(chooser.text)
    // An emoji without a word left has no words to be described by: the modality is missing.
    var words = SourceColumn("words", .texts(texts), presence: texts.map { !$0.isEmpty })
    words.minimumCount = options.minimumCount

    data = try PreparedData(
      [pictures, words], target: .classes(classes, names: names), splits: splits, identifiers: rows.map(\.identifier),
      named: options.folder)
  }

  public var inputs: [InputSpecification] { data.inputs }
  public var target: TargetSpecification { data.target }
  public var digest: String { data.digest }
  public func count(_ split: Split) -> Int { data.count(split) }
  public func identifiers(_ split: Split) -> [String] { data.identifiers(split) }
  public func batch(_ split: Split, _ samples: [Int]) throws -> Batch { try data.batch(split, samples) }
  public func batch(_ split: Split, _ samples: [Int], of modalities: [String]) throws -> Batch {
    try data.batch(split, samples, of: modalities)
  }
  public func preview(_ split: Split, _ sample: Int) -> [Preview] { data.preview(split, sample) }
}
