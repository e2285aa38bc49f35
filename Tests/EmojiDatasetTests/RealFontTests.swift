import EmojiDataset
import Foundation
import Testing

/// The installed packages, read whole. Counts that belong to one release of the packages are checked when it is installed.
@Suite(.enabled(if: EmojiSource().isInstalled, "the emoji packages are not installed: tools/setup quickstart"))
struct `The installed emoji packages` {
  private static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func `hold a font with 1487 code points, 3983 ligatures and 3926 pictures`() throws {
    let bytes = try Self.bytes(EmojiSource().font)
    guard bytes.count == 10_980_856 else { return }
    let font = try EmojiFont(bytes, file: "font")
    #expect(font.mappedCodePoints == 1487)
    #expect(font.ligatureCount == 3983)
    #expect(font.pixelsPerEm == 109)
    #expect(try font.pictureCount() == 3926)
  }

  @Test(arguments: [
    ([0x1F600], 883, 3296), ([0x2764, 0xFE0F], 168, 1263), ([0x23, 0xFE0F, 0x20E3], 1468, 882),
    ([0x1F1EB, 0x1F1F7], 1600, 2390), ([0x1F469, 0x200D, 0x1F680], 2362, 3422),
    ([0x1F3F4, 0xE0067, 0xE0062, 0xE0065, 0xE006E, 0xE0067, 0xE007F], 1911, 2627), ([0x1FA82], 1338, 9273),
  ] as [([UInt32], Int, Int)])
  func `draw code points, keycaps, flags, joined and tag sequences`(sequence: [UInt32], glyph: Int, size: Int) throws {
    let bytes = try Self.bytes(EmojiSource().font)
    guard bytes.count == 10_980_856 else { return }
    let font = try EmojiFont(bytes, file: "font")
    #expect(font.glyph(for: sequence) == glyph)
    #expect(try font.picture(of: sequence)?.count == size)
  }

  @Test func `list 3655 fully qualified emoji of version 15.0 in 10 groups and 101 subgroups`() throws {
    let list = try EmojiList(String(decoding: Self.bytes(EmojiSource().list), as: UTF8.self), file: "list")
    guard list.version == "15.0" else { return }
    let statuses = Dictionary(grouping: list.entries, by: \.status).mapValues(\.count)
    #expect(statuses == [.fullyQualified: 3655, .minimallyQualified: 827, .unqualified: 242, .component: 9])
    #expect(Set(list.entries.map(\.group)).count == 10)
    #expect(Set(list.entries.map { "\($0.group)/\($0.subgroup)" }).count == 101)
    #expect(list.samples.count == 1870)
    #expect(list.samples.count { $0.codePoints.count == 1 } == 1170)
    #expect(Set(list.samples.map(\.name)).count == 1870)
    #expect(Set(list.samples.map { "\($0.group)/\($0.subgroup)" }).count == 99)
    let groups = Dictionary(grouping: list.samples, by: \.group).mapValues(\.count)
    #expect(
      groups == [
        "Smileys & Emotion": 166, "People & Body": 363, "Animals & Nature": 152, "Food & Drink": 133,
        "Travel & Places": 218, "Activities": 85, "Objects": 261, "Symbols": 223, "Flags": 269,
      ])
  }

  @Test func `name 1849 of the 1870 in English: 1532 in annotations, 317 derived`() throws {
    let source = EmojiSource()
    let list = try EmojiList(String(decoding: Self.bytes(source.list), as: UTF8.self), file: "list")
    guard list.version == "15.0" else { return }
    let keys = list.samples.map { $0.codePoints.filter { $0 != 0xFE0F } }
    var annotations = Annotations()
    try annotations.add(Self.bytes("\(source.cldr)/annotations/en.xml"), file: "en.xml")
    let plain = keys.filter { annotations.names[$0] != nil }.count
    try annotations.add(Self.bytes("\(source.cldr)/annotationsDerived/en.xml"), file: "en.xml")
    let both = keys.filter { annotations.names[$0] != nil }.count
    guard both < 1870 else { return }  // CLDR 42 and later know them all
    #expect((plain, both) == (1532, 1849))
    #expect(zip(keys, list.samples).allSatisfy { annotations.names[$0] ?? $1.name == $1.name })
    #expect(annotations.keywords[[0x1F600]] == ["face", "grin", "grinning face"])
    #expect(annotations.keywords[[0x1F1EB, 0x1F1F7]] == ["flag"])
  }

  @Test func `give 1870 samples of 4588207 bytes, 1861 of them different`() throws {
    let samples = try EmojiSource().samples()
    guard samples.count == 1870, try Self.bytes(EmojiSource().font).count == 10_980_856 else { return }
    #expect(samples.reduce(0) { $0 + $1.picture.count } == 4_588_207)
    #expect(Set(samples.map(\.picture)).count == 1861)
    #expect(samples.first?.name == "grinning face")
    #expect(samples.last?.name == "flag: Wales")
  }
}
