import BraidCore
import BraidTesting
import BraidTensor
import EmojiDataset
import Foundation
import Testing

/// Damaged fonts give a `SetupError` or a font with other pictures, and soon; they never stop the program.
@Suite struct `A damaged font never stops the program` {
  /// Reads everything a preparation reads. True when the font was refused.
  private func isRefused(_ bytes: [UInt8], _ sequences: [[UInt32]]) -> Bool {
    do {
      let font = try EmojiFont(bytes, file: "damaged.ttf")
      for sequence in sequences {
        do { _ = try font.picture(of: sequence) } catch is SetupError {}
      }
      return false
    } catch {
      #expect(error is SetupError)
      return true
    }
  }

  @Test(arguments: 1...3)
  func `with mutated bytes, words and lengths in a small font`(index: Int) {
    let sound = TinyFont(index: index).bytes
    let sequences: [[UInt32]] = [[0x1F600], [0x1F601], [0x1F600, 0x200D, 0x1F601], [0x2764], [0x1F900]]
    var random = RandomStream(seed: UInt64(index), .sampling, path: "tiny font")
    var refused = 0
    let extremes: [UInt8] = [0, 1, 0x7F, 0x80, 0xFF]
    let trials = 6000
    for _ in 0..<trials {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...4, using: &random) {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        bytes[at] =
          Bool.random(using: &random) ? extremes.randomElement(using: &random)! : .random(in: 0...255, using: &random)
      }
      if Int.random(in: 0..<4, using: &random) == 0 {
        bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random))
      }
      if isRefused(bytes, sequences) { refused += 1 }
    }
    // Some mutations hit what is read and some do not: both must occur for the test to have looked at anything.
    #expect(refused > trials / 10 && refused < trials)
  }

  @Test func `with ligature tables that overlap without end`() {
    // Sets and ligatures whose offsets all lead to the same bytes: a few kilobytes that describe a billion entries.
    var table = be32(0x0001_0000) + be16(0) + be16(0) + be16(10) + be16(1) + be16(4)
    table += be16(4) + be16(0) + be16(1) + be16(8)
    let sets = 1000
    table += be16(1) + be16(6 + 2 * sets) + be16(sets)
    for _ in 0..<sets { table += be16(6 + 2 * sets + 10) }
    table += be16(2) + be16(1) + be16(1) + be16(sets) + be16(0)  // coverage by range
    table += be16(1000)
    for _ in 0..<1000 { table += be16(2002) }
    table += be16(7) + be16(1000) + [UInt8](repeating: 1, count: 2000)
    var font = TinyFont()
    font.tables[2].bytes = table
    let seconds = processorSeconds {
      #expect(throws: SetupError.self) { _ = try EmojiFont(font.bytes, file: "damaged.ttf") }
    }
    #expect(seconds < 5)
  }

  @Test(.enabled(if: try needed(EmojiSource().isInstalled, noSources), "\(noSources)"))
  func `with mutations in the directory, CBLC, cmap and GSUB of the real font`() throws {
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: EmojiSource().font)))
    var ranges = [0..<220]
    for record in stride(from: 12, to: 220, by: 16) {
      let tag = String(decoding: bytes[record..<record + 4], as: UTF8.self)
      let (start, count) = (word(bytes, record + 8), word(bytes, record + 12))
      if ["CBLC", "cmap", "GSUB"].contains(tag) { ranges.append(start..<start + min(count, 4000)) }
    }
    try #require(ranges.count == 4)
    let sequences: [[UInt32]] = [
      [0x1F600], [0x2764], [0x23, 0x20E3], [0x1F1EB, 0x1F1F7], [0x1F469, 0x200D, 0x1F680], [0x1FA82], [0x1F9D1],
    ]
    var random = RandomStream(seed: 7, .sampling, path: "real font")
    var refused = 0
    for trial in 0..<3000 {
      let range = ranges[trial % ranges.count]
      let places = (0..<Int.random(in: 1...8, using: &random)).map { _ in Int.random(in: range, using: &random) }
      let sound = places.map { bytes[$0] }
      for place in places { bytes[place] = .random(in: 0...255, using: &random) }
      if isRefused(bytes, sequences) { refused += 1 }
      for (place, byte) in zip(places, sound).reversed() { bytes[place] = byte }
    }
    #expect(refused > 300 && refused < 3000)
    #expect(!isRefused(bytes, sequences))  // restored
  }

  private func word(_ bytes: [UInt8], _ at: Int) -> Int { bytes[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
}
