import BraidCore
import EmojiDataset
import Testing

@Suite struct `An emoji font` {
  @Test(arguments: [(1, 17), (1, 18), (2, 19), (2, 17), (3, 19), (3, 18)])
  func `gives the PNG of a code point for every index and picture format`(index: Int, image: Int) throws {
    let font = try EmojiFont(TinyFont(index: index, image: image).bytes, file: "tiny.ttf")
    #expect(try font.picture(of: [0x1F600]) == TinyFont.picture(4))
    #expect(try font.picture(of: [0x1F601]) == TinyFont.picture(5))
    #expect(try font.pictureCount() == 4)
    #expect(font.pixelsPerEm == 109)
  }

  @Test func `gives the PNG of a joined sequence, whatever variation selectors stand in it`() throws {
    let font = try EmojiFont(TinyFont().bytes, file: "tiny.ttf")
    #expect(font.ligatureCount == 1)
    #expect(font.mappedCodePoints == 4)
    #expect(try font.picture(of: [0x1F600, 0x200D, 0x1F601]) == TinyFont.picture(7))
    #expect(try font.picture(of: [0x1F600, 0xFE0F, 0x200D, 0x1F601, 0xFE0F]) == TinyFont.picture(7))
    #expect(try font.picture(of: [0x1F601, 0x200D, 0x1F600]) == nil)  // the order counts
  }

  @Test func `gives nothing for what it does not draw`() throws {
    let font = try EmojiFont(TinyFont().bytes, file: "tiny.ttf")
    #expect(font.glyph(for: [0x1F602]) == nil)
    #expect(font.glyph(for: [0x2764]) == 8)
    #expect(try font.picture(of: [0x2764]) == nil)  // a glyph without a picture
    #expect(try font.picture(of: []) == nil)
  }

  @Test func `names file, table and offset when a table is damaged`() {
    var font = TinyFont()
    font.tables[1].bytes[64 + 1] = 9  // format of the index subtable
    expectError("tiny.ttf: table CBLC, offset 64: index subtable of format 9; formats 1, 2 and 3 can be read.", font)

    font = TinyFont()
    font.tables[3].bytes[12 + 12 + 3] = 200  // groups of the character map
    expectError("tiny.ttf: table cmap, offset 28: 2400 bytes are needed, but the table has 64 bytes.", font)

    font = TinyFont()
    font.tables[2].bytes[38 + 1] = 200  // where the ligature is
    expectError("tiny.ttf: table GSUB, offset 238: 2 bytes are needed, but the table has 48 bytes.", font)

    font = TinyFont()
    font.tables[0].bytes[4 + 5 + 4] = 0  // the first byte of a PNG signature
    expectError("tiny.ttf: table CBDT, offset 13: the picture of glyph 4 is not a PNG file.", font)
  }

  @Test func `says which table a font without bitmaps lacks, and what it has instead`() {
    var font = TinyFont()
    font.tables = [("COLR", [0, 1]), font.tables[3]]
    expectError(
      "tiny.ttf: no pictures as bitmaps (tables CBLC and CBDT). Its pictures are in table COLR, which is another format. "
        + "Noto Color Emoji in its CBDT form is needed: package fonts-noto-color-emoji of Debian and Ubuntu has it.",
      font)
  }

  @Test func `refuses a file that is no font`() {
    #expect(
      throws: SetupError(
        "a.ttf: table directory, offset 0: not a TrueType or OpenType font: it begins with 0x25504446.")
    ) {
      _ = try EmojiFont(Array("%PDF-1.7".utf8), file: "a.ttf")
    }
    #expect(throws: SetupError("a.ttf: table directory, offset 0: 4 bytes are needed, but the table has 0 bytes.")) {
      _ = try EmojiFont([], file: "a.ttf")
    }
  }

  /// Reads the picture of U+1F600 and expects exactly this error.
  private func expectError(_ message: String, _ font: TinyFont, _ place: SourceLocation = #_sourceLocation) {
    #expect(throws: SetupError(message), sourceLocation: place) {
      _ = try EmojiFont(font.bytes, file: "tiny.ttf").picture(of: [0x1F600])
    }
  }
}
