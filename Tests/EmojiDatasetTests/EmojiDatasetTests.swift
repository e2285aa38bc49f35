import BraidTesting
import BraidCore
import BraidData
import BraidTensor
import EmojiDataset
import Foundation
import Testing

/// What is said where the data set cannot be made.
let noSources = "the emoji packages are not installed: tools/setup quickstart"

/// A prepared folder that all tests here read; made once, from the installed packages.
private enum Prepared {
  static let folder: URL? = {
    guard EmojiSource().isInstalled else { return nil }
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("braid-emoji-\(ProcessInfo.processInfo.processIdentifier)/emoji")
    do { try EmojiDataset.prepare(EmojiSource(), into: folder, log: { _ in }) } catch { return nil }
    return folder
  }()

  static func data(_ change: (inout EmojiOptions) -> Void = { _ in }) throws -> EmojiDataset {
    var options = EmojiOptions()
    options.folder = try #require(folder).path
    options.pictureSize = 8
    change(&options)
    return try EmojiDataset(options)
  }
}

@Suite(.enabled(if: try needed(EmojiSource().isInstalled, noSources), "\(noSources)"))
struct `The emoji data set` {
  @Test func `has a picture, words and nine groups, split by shares within every group`() throws {
    let data = try Prepared.data()
    #expect(data.inputs.map(\.name) == ["picture", "words"])
    #expect(data.inputs[0].kind == .image(channels: 3, height: 8, width: 8))
    let names = [
      "Smileys & Emotion", "People & Body", "Animals & Nature", "Food & Drink", "Travel & Places", "Activities",
      "Objects",
      "Symbols", "Flags",
    ]
    #expect(data.target == .classes(names))
    let counts = Split.allCases.map(data.count)
    #expect(counts.reduce(0, +) == 1870)
    for (count, share) in zip(counts, [0.7, 0.15, 0.15]) { #expect(abs(Double(count) - share * 1870) < 12) }
    let all = try Split.allCases.map { try classes(data, $0) }
    for group in 0..<9 {
      let sizes = all.map { $0.count { $0 == Int32(group) } }
      let total = Double(sizes.reduce(0, +))
      for (size, share) in zip(sizes, [0.7, 0.15, 0.15]) { #expect(abs(Double(size) - share * total) < 4) }
    }
  }

  @Test func `keeps near twins on one side, unless told otherwise`() throws {
    let together = try places(Prepared.data())
    let twins = [
      ["1F469-200D-1F680", "1F468-200D-1F680", "1F9D1-200D-1F680"], ["2764-FE0F", "1F499", "1F49A"],
      ["1F3C3", "1F3C3-200D-2642-FE0F"], ["0023-FE0F-20E3", "0031-FE0F-20E3"], ["1F1E6-1F1FA", "1F1ED-1F1F2"],
    ]
    for cluster in twins { #expect(Set(cluster.compactMap { together[$0] }).count == 1) }
    let apart = try places(Prepared.data { $0.nearTwins = .apart })
    #expect(twins.contains { Set($0.compactMap { apart[$0] }).count > 1 })
  }

  @Test func `draws the same split for the same seed and another for another`() throws {
    let first = try Prepared.data()
    let again = try Prepared.data()
    let other = try Prepared.data { $0.split.seed = 2 }
    #expect(first.digest == again.digest)
    let (same, differs) = (
      first.identifiers(.test) == again.identifiers(.test), first.identifiers(.test) != other.identifiers(.test)
    )
    #expect(same && differs)
    #expect(first.digest != other.digest)
  }

  @Test func `leaves out words of the groups' names, and all but some words where a limit is set`() throws {
    let plain = try words(Prepared.data { $0.withoutGroupWords = false })
    #expect(plain["1F600"] == ["face", "grin", "grinning"])
    #expect(plain["1F1EB-1F1F7"] == ["flag"])
    let without = try words(Prepared.data())
    #expect(without["1F1EB-1F1F7"] == ["france"])  // no keyword is left: the name stands in
    #expect(without["1F436"]?.contains("animal") != true)
    let limited = try words(Prepared.data { $0.wordLimit = 2 })
    #expect(limited.values.allSatisfy { (1...2).contains($0.count) })
    let named = try words(Prepared.data { ($0.words, $0.withoutGroupWords) = (.name, false) })
    #expect(named["1F469-200D-1F680"] == ["woman", "astronaut"])
  }

  @Test func `marks an emoji without words as missing them`() throws {
    // The name "person" is one of the words left out.
    let data = try Prepared.data { $0.words = .name }
    let split = try #require(Split.allCases.first { data.identifiers($0).contains("1F9D1") })
    let person = try #require(data.identifiers(split).firstIndex(of: "1F9D1"))
    let other = try #require(data.identifiers(split).firstIndex { $0.hasPrefix("1F60") })
    let batch = try data.batch(split, [person, other])
    let presence = try #require(batch.inputs["words"]?.presence)
    #expect(presence.elements == [0, 1])
    #expect(batch.inputs["picture"]?.presence == nil)
  }

  @Test func `gives fewer classes, fewer training samples and subgroups when asked`() throws {
    let noFlags = try Prepared.data { $0.flags = false }
    #expect(noFlags.target.names.count == 8)
    #expect(Split.allCases.map(noFlags.count).reduce(0, +) == 1601)
    let whole = try Prepared.data()
    let half = try Prepared.data { $0.trainShare = 0.5 }
    #expect(abs(half.count(.train) * 2 - whole.count(.train)) <= 9)
    let (testsAgree, isSubset) = (
      half.identifiers(.test) == whole.identifiers(.test),
      Set(half.identifiers(.train)).isSubset(of: whole.identifiers(.train))
    )
    #expect(testsAgree && isSubset)
    #expect(try Prepared.data { $0.target = .subgroup }.target.names.count == 99)
  }

  @Test func `shows a sample as its PNG file and its words`() throws {
    let data = try Prepared.data { $0.withoutGroupWords = false }
    let split = try #require(Split.allCases.first { data.identifiers($0).contains("1F600") })
    let sample = try #require(data.identifiers(split).firstIndex(of: "1F600"))
    guard case .image("picture", let bytes)? = data.preview(split, sample).first,
      case .words("words", let words)? = data.preview(split, sample).last
    else {
      Issue.record("no picture and words")
      return
    }
    #expect(bytes.starts(with: PNG.signature))
    #expect(words == ["face", "grin", "grinning"])
  }

  @Test(
    arguments: [
      ("pictureSize: found 2; expected 4 to 136 (the pictures' own width).", ["pictureSize": .integer(2)]),
      ("wordLimit: found -1; expected 0 or more.", ["wordLimit": .integer(-1)]),
      ("trainShare: found 0.0; expected a number above 0, at most 1.", ["trainShare": .integer(0)]),
      (
        "split: shares train 0.9, validation 0.15, test 0.15; expected numbers above 0 that are 1 together.",
        ["split": .map(["train": .number(0.9)])]
      ),
    ] as [(String, [String: Setting])])
  func `refuses settings that make no sense`(message: String, settings: [String: Setting]) {
    #expect(throws: SetupError(message)) {
      var options = try EmojiOptions(settings, at: "dataset.emoji")
      options.folder = try #require(Prepared.folder).path
      _ = try EmojiDataset(options)
    }
  }

  private func classes(_ data: EmojiDataset, _ split: Split) throws -> [Int32] {
    guard case .classes(let numbers) = try data.batch(split, Array(0..<data.count(split))).target else { return [] }
    return numbers
  }
  private func places(_ data: EmojiDataset) -> [String: Split] {
    var places: [String: Split] = [:]
    for split in Split.allCases { for name in data.identifiers(split) { places[name] = split } }
    return places
  }
  /// Words of every sample that has any.
  private func words(_ data: EmojiDataset) throws -> [String: [String]] {
    var result: [String: [String]] = [:]
    for split in Split.allCases {
      for (sample, name) in data.identifiers(split).enumerated() {
        for case .words(_, let words) in data.preview(split, sample) { result[name] = words }
      }
    }
    return result
  }
}
