import BraidTensor
import Testing

@testable import BraidData

@Suite("Numbers read from bytes") struct DecimalTextTests {
  private func number(_ text: String) -> Double? {
    Array(text.utf8).withUnsafeBufferPointer { DecimalText.number($0[...]) }
  }

  @Test func `are the doubles that their texts are, bit for bit`() {
    var stream = RandomStream(seed: 2, .sampling)
    var read = 0
    for _ in 0..<100_000 {
      let digits = String(stream.below(1 << (stream.below(62) + 1)))
      let point = Int(stream.below(UInt64(digits.count) + 1))
      var text = digits.prefix(point) + (stream.below(4) == 0 ? "" : ".") + digits.dropFirst(point)
      if stream.below(2) == 0 { text = (stream.below(2) == 0 ? "-" : "+") + text }
      if stream.below(3) == 0 { text += (stream.below(2) == 0 ? "e" : "E") + String(Int(stream.below(60)) - 30) }
      guard let found = number(String(text)) else { continue }
      read += 1
      #expect(found.bitPattern == Double(text)?.bitPattern, "\(text)")
    }
    #expect(read > 50_000)
  }

  @Test(arguments: ["0", "-0", "1.", ".5", "-1.25e-3", "9007199254740992", "1e22", "12345678901234.5", "0.0000001"])
  func `as people and programs write them are read`(_ text: String) {
    #expect(number(text)?.bitPattern == Double(text)?.bitPattern)
    #expect(number(text) != nil)
  }

  @Test(arguments: [
    "", "-", ".", "e5", "1e", "1e+", "1e12345", "0x10", "nan", "inf", "1,5", "1 ", "--1", "1.2.3", "9007199254740993",
    "1e23", "1234567890123456789012", "1_000",
  ])
  func `that are none, or not exact in one step, are left to others`(_ text: String) { #expect(number(text) == nil) }

  @Test func `stand between blanks; what is not ASCII is left to others`() throws {
    func pieces(_ text: String) -> [String]? {
      var found: [String] = []
      return DecimalText.pieces(text) { found.append(String(decoding: $0, as: UTF8.self)) } ? found : nil
    }
    for text in ["", "  ", "1", " 1 2\t3\r\n4\u{b}5\u{c}6  "] {
      #expect(pieces(text) == text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
    #expect(pieces("1\u{a0}2") == nil)
  }
}
