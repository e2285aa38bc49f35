import BraidCore
import EmojiDataset
import Testing

@Suite struct `The list of emoji` {
  private let text = """
    # emoji-test.txt
    # Version: 15.0

    # group: People & Body
    # subgroup: person-role
    1F469 200D 1F680           ; fully-qualified     # 👩‍🚀 E4.0 woman astronaut
    1F469 1F3FB 200D 1F680     ; fully-qualified     # 👩🏻‍🚀 E4.0 woman astronaut: light skin tone
    2639                       ; unqualified         # ☹ E0.7 frowning face
    # group: Flags
    # subgroup: country-flag
    1F1EB 1F1F7                ; fully-qualified     # 🇫🇷 E2.0 flag: France # of Europe

    #EOF
    """

  @Test func `has code points, status, name, version, group and subgroup of each line`() throws {
    let list = try EmojiList(text, file: "emoji-test.txt")
    #expect(list.version == "15.0")
    #expect(list.entries.count == 4)
    let astronaut = list.entries[0]
    #expect(astronaut.codePoints == [0x1F469, 0x200D, 0x1F680])
    #expect(astronaut.identifier == "1F469-200D-1F680")
    #expect((astronaut.status, astronaut.name, astronaut.version) == (.fullyQualified, "woman astronaut", "4.0"))
    #expect((astronaut.group, astronaut.subgroup) == ("People & Body", "person-role"))
    #expect(list.entries[3].name == "flag: France # of Europe")
    #expect((list.entries[3].group, list.entries[3].subgroup) == ("Flags", "country-flag"))
  }

  @Test func `gives as samples the fully qualified ones without skin tones`() throws {
    #expect(try EmojiList(text, file: "x").samples.map(\.name) == ["woman astronaut", "flag: France # of Europe"])
  }

  @Test(arguments: [
    (6, "1F469 ; fully-qualified", "expected \"code points ; status # character Eversion name\""),
    (6, "1F469 ; fully-qualified # x 4.0 woman", "expected \"code points ; status # character Eversion name\""),
    (6, "1F4G9 ; fully-qualified # x E4.0 woman", "found \"1F4G9\"; expected code points in hexadecimal"),
    (6, "FFFFFFFF ; fully-qualified # x E4.0 woman", "found \"FFFFFFFF\"; expected code points in hexadecimal"),
    (6, "1F469 ; qualified # x E4.0 woman", "found status \"qualified\"; expected one of fully-qualified,"),
    (3, "1F469 ; fully-qualified # x E4.0 woman", "before any \"# group:\""),
  ])
  func `names the line that is not as it should be`(number: Int, line: String, message: String) throws {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    lines[number - 1] = line
    let error = try #require(throws: SetupError.self) {
      _ = try EmojiList(lines.joined(separator: "\n"), file: "list.txt")
    }
    #expect(error.description.hasPrefix("list.txt:\(number): "))
    #expect(error.description.contains(message))
  }

  @Test func `is refused when it is empty`() {
    #expect(throws: SetupError("list.txt: no emoji in it; expected Unicode's emoji-test.txt.")) {
      _ = try EmojiList("# nothing\n", file: "list.txt")
    }
  }
}
