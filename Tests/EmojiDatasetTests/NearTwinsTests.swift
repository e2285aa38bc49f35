import EmojiDataset
import Testing

@Suite struct `Near twins` {
  private func emoji(_ name: String, _ points: UInt32...) -> Emoji {
    Emoji(codePoints: points, status: .fullyQualified, name: name, version: "1.0", group: "g", subgroup: "s")
  }
  /// Clusters when every picture differs.
  private func clusters(_ emoji: Emoji...) -> [Int] {
    NearTwins.clusters(emoji, pictures: Array(emoji.indices))
  }

  @Test func `are the same role of a man, a woman and a person, but not the thing they hold`() {
    let found = clusters(
      emoji("astronaut", 0x1F9D1, 0x200D, 0x1F680), emoji("rocket", 0x1F680),
      emoji("man astronaut", 0x1F468, 0x200D, 0x1F680), emoji("woman astronaut", 0x1F469, 0x200D, 0x1F680),
      emoji("man artist", 0x1F468, 0x200D, 0x1F3A8))
    #expect(found == [0, 1, 0, 0, 4])
  }

  @Test func `are the same activity with and without a gender sign`() {
    let found = clusters(
      emoji("person running", 0x1F3C3), emoji("man running", 0x1F3C3, 0x200D, 0x2642, 0xFE0F),
      emoji("woman running", 0x1F3C3, 0x200D, 0x2640, 0xFE0F), emoji("person surfing", 0x1F3C4),
      emoji("female sign", 0x2640, 0xFE0F), emoji("male sign", 0x2642, 0xFE0F))
    #expect(found == [0, 0, 0, 3, 4, 5])
  }

  @Test func `are all families, all kisses, all couples holding hands, all single persons`() {
    let found = clusters(
      emoji("family", 0x1F46A), emoji("family: man, boy", 0x1F468, 0x200D, 0x1F466),
      emoji("kiss", 0x1F48F),
      emoji("kiss: man, man", 0x1F468, 0x200D, 0x2764, 0xFE0F, 0x200D, 0x1F48B, 0x200D, 0x1F468),
      emoji("couple with heart", 0x1F491), emoji("couple: woman, man", 0x1F469, 0x200D, 0x2764, 0x200D, 0x1F468),
      emoji("women holding hands", 0x1F46D), emoji("people holding hands", 0x1F9D1, 0x200D, 0x1F91D, 0x200D, 0x1F9D1),
      emoji("man: red hair", 0x1F468, 0x200D, 0x1F9B0), emoji("old woman", 0x1F475), emoji("girl", 0x1F467))
    #expect(found == [0, 0, 2, 2, 4, 4, 6, 6, 8, 8, 8])
  }

  @Test func `are things that differ in colour, keycaps and clock faces`() {
    let found = clusters(
      emoji("red heart", 0x2764, 0xFE0F), emoji("blue heart", 0x1F499), emoji("broken heart", 0x1F494),
      emoji("keycap: #", 0x23, 0xFE0F, 0x20E3), emoji("keycap: 1", 0x31, 0xFE0F, 0x20E3),
      emoji("one o’clock", 0x1F550), emoji("twelve-thirty", 0x1F567), emoji("alarm clock", 0x23F0))
    #expect(found == [0, 0, 2, 3, 3, 5, 5, 7])
  }

  @Test func `are equal pictures, and twins of twins`() {
    let flags = [
      emoji("flag: A", 0x1F1E6), emoji("flag: B", 0x1F1E7), emoji("flag: C", 0x1F1E8), emoji("x", 1), emoji("y", 2),
    ]
    #expect(NearTwins.clusters(flags, pictures: ["p", "q", "p", "q", "r"]) == [0, 1, 0, 1, 4])
    let chain = [emoji("red ball", 1), emoji("blue ball", 2), emoji("cube", 3)]
    #expect(NearTwins.clusters(chain, pictures: [7, 8, 8]) == [0, 0, 0])
  }
}
