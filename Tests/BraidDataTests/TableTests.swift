import BraidCore
import BraidData
import Testing

@Suite struct TableTests {
  private func rows(_ text: String, separator: Character = ",") throws -> [[String]] {
    try CSV.rows(Array(text.utf8), named: "t.csv", separator: separator).map(\.fields)
  }
  private func error(_ text: String) -> String { message { _ = try rows(text) } }

  @Test func `CSV follows RFC 4180`() throws {
    #expect(try rows("a,b\n1,2\n") == [["a", "b"], ["1", "2"]])
    #expect(try rows("\u{feff}a,b\r\n1,2") == [["a", "b"], ["1", "2"]])
    #expect(try rows("a,b\n\"x,\"\"y\"\"\",\"two\nlines\"\n") == [["a", "b"], ["x,\"y\"", "two\nlines"]])
    #expect(try rows("a,b\n,\n\n\"\",z\n") == [["a", "b"], ["", ""], ["", "z"]])
    #expect(try rows("a\tb,c\n1\t2\n", separator: "\t") == [["a", "b,c"], ["1", "2"]])
    #expect(try rows("") == [])
    #expect(try rows("a,é日本\n1,\u{1f469}\u{200d}\u{1f680}") == [["a", "é日本"], ["1", "\u{1f469}\u{200d}\u{1f680}"]])
  }

  @Test func `rows know their line, also after quoted line ends`() throws {
    let text = "a,b\n\"1\n1\",2\n\n3,4\n"
    #expect(try CSV.rows(Array(text.utf8), named: "t.csv").map(\.line) == [1, 2, 5])
  }

  @Test func `mistakes in CSV name file and line`() {
    #expect(error("a,b\n1,2,3\n") == "t.csv:2: found 3 fields; expected 2, as in line 1.")
    #expect(error("a,b\n1,\"open\n3,4\n") == "t.csv:2: a quoted field is never closed.")
    #expect(error("a\n\"x\"y\n") == "t.csv:2: text after a closing quote; expected a separator or the end of the line.")
    #expect(
      error("a\nx\"y\n")
        == "t.csv:2: a quote inside a field; expected the whole field in quotes, with the quote doubled.")
    #expect(
      message { _ = try CSV.rows([0x61, 0x0a, 0xff, 0xfe], named: "t.csv") } == "t.csv:2: text that is not UTF-8.")
  }

  @Test func `JSON lines are objects with the line they stand in`() throws {
    let text = "{\"a\": 1, \"b\": [0.5, 2]}\n\n{\"a\": \"x\", \"b\": null}"
    let rows = try JSONLines.rows(Array(text.utf8), named: "t.jsonl")
    #expect(rows.map(\.line) == [1, 3])
    #expect(rows[0].fields == ["a": .integer(1), "b": .list([.number(0.5), .integer(2)])])
    #expect(rows[1].fields == ["a": .text("x"), "b": .null])
  }

  @Test func `mistakes in JSON lines name file and line`() {
    func error(_ text: String) -> String { message { _ = try JSONLines.rows(Array(text.utf8), named: "t.jsonl") } }
    #expect(error("{}\n{\"a\": }") == "t.jsonl:2: not valid JSON; expected one object a line.")
    #expect(error("[1, 2]") == "t.jsonl:1: found a list; expected a JSON object.")
  }
}

@Suite struct TextTests {
  @Test(arguments: [
    ("Don't stop — the CAT's here!", ["don't", "stop", "—", "the", "cat's", "here", "!"]),
    ("  two\twords\n", ["two", "words"]), ("'quoted' x’y", ["'", "quoted", "'", "x'y"]),
    ("3.5 km2", ["3", ".", "5", "km2"]),
    ("Grüße, мир", ["grüße", ",", "мир"]), ("", []), ("e\u{301}t\u{e9}", ["e\u{301}t\u{e9}"]),
  ])
  func `text becomes lower-cased words and single marks`(_ text: String, _ words: [String]) {
    #expect(Tokenizer.words(text) == words)
  }

  @Test func `a vocabulary puts frequent words first, ties in alphabetical order`() {
    let texts = [["b", "a", "b"], ["c", "a", "d"]]
    #expect(Vocabulary(fitting: texts).words == ["<padding>", "<unknown>", "a", "b", "c", "d"])
    #expect(Vocabulary(fitting: texts, minimumCount: 2).words == ["<padding>", "<unknown>", "a", "b"])
    let small = Vocabulary(fitting: texts, maximumWords: 1)
    #expect(small.count == 3 && small.id("a") == 2 && small.id("b") == 1 && small.id("<padding>") == 1)
  }
}
