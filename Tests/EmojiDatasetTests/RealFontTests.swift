import BraidTesting
import BraidData
import EmojiDataset
import Foundation
import Testing

/// The installed packages, read whole. Counts that belong to one release of the packages are checked when it is
/// installed.
@Suite(.enabled(if: try needed(EmojiSource().isInstalled, noSources), "\(noSources)"))
struct `The installed emoji packages` {
  /// Bytes of the font of fonts-noto-color-emoji 2.042, which the counts and sums belong to.
  private static let fontSize = 10_980_856

  private static func bytes(_ path: String) throws -> [UInt8] {
    [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
  }

  @Test func `hold a font with 1487 code points, 3983 ligatures and 3926 pictures`() throws {
    let bytes = try Self.bytes(EmojiSource().font)
    guard bytes.count == Self.fontSize else { return }
    let font = try EmojiFont(bytes, file: "font")
    #expect(font.mappedCodePoints == 1487)
    #expect(font.ligatureCount == 3983)
    #expect(font.pixelsPerEm == 109)
    #expect(try font.pictureCount() == 3926)
  }

  /// What is known of one emoji: SHA-256 of its PNG file and of its 136 × 128 RGBA bytes.
  struct Known: Sendable, CustomTestStringConvertible {
    let sequence: [UInt32], glyph: Int, size: Int, png: String, rgba: String
    init(_ sequence: [UInt32], glyph: Int, size: Int, png: String, rgba: String) {
      (self.sequence, self.glyph, self.size, self.png, self.rgba) = (sequence, glyph, size, png, rgba)
    }
    var testDescription: String { "glyph \(glyph)" }
  }

  @Test(arguments: [
    Known(
      [0x1F600], glyph: 883, size: 3296,
      png: "fa5e12d5c97f5aa8297ce08229f7c1224073b512877e996edeb4632da9cf27bc",
      rgba: "7cb64a8f086c6201f990ef8b27d529a783a864a74b847c0f35c2eb621ddfe722"),
    Known(
      [0x2764, 0xFE0F], glyph: 168, size: 1263,
      png: "7b2b9fe3cc7b0c6c462dceeeb22538e79473096ca5cac05f045ad68f1b74d220",
      rgba: "bbb6cd9848b1ee8afb7ae81d2edc462635937785c02b3faf87a436a714415a94"),
    Known(
      [0x23, 0xFE0F, 0x20E3], glyph: 1468, size: 882,
      png: "29f2703f85eb650ba3f23b0e63a6026d684083fc06021e412e0c3cdffad2dece",
      rgba: "df244dc213781f70461d34038bec63b6a7b35a2bfe56b005e2e698f5d43acdb5"),
    Known(
      [0x1F1EB, 0x1F1F7], glyph: 1600, size: 2390,
      png: "098a87ac8d25d3daece97caeea58b41e50174649352a7a937a110967aef875f1",
      rgba: "3b64c1a8b4a4a75b380d1ea08106127af1da6c4850ed455ed2d5e806ebea7959"),
    Known(
      [0x1F469, 0x200D, 0x1F680], glyph: 2362, size: 3422,
      png: "014d006b3ffd85f41be58bca0606bae587b7f703d7692e32d5fb79fc0976b738",
      rgba: "0ffeae40df19d5a3e3a9c4b1ecf18b19e705fbe3e4f7a3d8b48c06faffb791f0"),
    Known(
      [0x1F3F4, 0xE0067, 0xE0062, 0xE0065, 0xE006E, 0xE0067, 0xE007F], glyph: 1911, size: 2627,
      png: "06c8b5750ff95538d54443c92c40c2cdac71ede39a41b690d6a724a320c22433",
      rgba: "bab65fbd2355692ab08ee38c370805a7771d0e23fc46ffb16a66d8a70e92cd5e"),
    Known(
      [0x1FA82], glyph: 1338, size: 9273,
      png: "36e4a859b39cdc70e6e433661e84dec159092576dac8ed2da4db4d6125046f88",
      rgba: "0a562f27629e4076a362525de3070aad4538e8502c6736a7bdf1e9ac53abea42"),
  ])
  func `draw code points, keycaps, flags, joined and tag sequences, byte for byte`(known: Known) throws {
    let bytes = try Self.bytes(EmojiSource().font)
    guard bytes.count == Self.fontSize else { return }
    let font = try EmojiFont(bytes, file: "font")
    #expect(font.glyph(for: known.sequence) == known.glyph)
    let png = try #require(try font.picture(of: known.sequence))
    #expect(png.count == known.size)
    #expect(SHA256.hex(png) == known.png)
    let picture = try PNG.decode(png, named: "picture")
    #expect((picture.width, picture.height, picture.channels) == (136, 128, 4))
    #expect(SHA256.hex(picture.pixels) == known.rgba)
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
    guard samples.count == 1870, try Self.bytes(EmojiSource().font).count == Self.fontSize else { return }
    #expect(samples.reduce(0) { $0 + $1.picture.count } == 4_588_207)
    #expect(Set(samples.map(\.picture)).count == 1861)
    var sum = SHA256()
    for sample in samples { sum.update(sample.picture) }
    #expect(sum.hex() == "ebda541ea6a3570bf8ff7897ef7fc3c9231616243f6a01e5949cb82573d0ad05")
    #expect(samples.first?.name == "grinning face")
    #expect(samples.last?.name == "flag: Wales")
  }
}
