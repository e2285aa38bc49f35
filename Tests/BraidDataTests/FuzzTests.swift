import BraidCore
import BraidData
import BraidTesting
import Foundation
import Testing

/// Hostile input: thousands of seeded mutations of good files. Every reader must return or throw a `SetupError` that names the
/// file; a crash or a hang ends the test run, and what is returned may not be larger than the input can justify.
@Suite(.serialized) struct FuzzTests {
  /// A small generator (SplitMix64, Steele and others 2014), so that every run sees the same mutations.
  private struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9e37_79b9_7f4a_7c15
      var z = state
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return z ^ (z >> 31)
    }
  }

  /// Flipped bits, cuts, repeated and removed pieces, and lengths set to their extremes.
  private static func mutated(_ original: [UInt8], _ random: inout Generator) -> [UInt8] {
    var bytes = original
    for _ in 0...Int.random(in: 0...3, using: &random) where !bytes.isEmpty {
      let at = Int.random(in: 0..<bytes.count, using: &random)
      // Headers decide sizes: half of the edits go there.
      let early = Bool.random(using: &random) ? at % min(bytes.count, 128) : at
      switch Int.random(in: 0..<8, using: &random) {
      case 0, 1: bytes[early] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      case 2: bytes[early] = UInt8.random(in: 0...255, using: &random)
      case 3: bytes.removeLast(bytes.count - at)
      case 4: bytes.removeSubrange(early..<min(bytes.count, early + Int.random(in: 1...8, using: &random)))
      case 5: bytes.insert(contentsOf: bytes[early..<min(bytes.count, early + 16)], at: at)
      case 6:
        let width = [1, 2, 4, 8].randomElement(using: &random)!
        let value: UInt8 = [0x00, 0x7f, 0x80, 0xff].randomElement(using: &random)!
        for k in early..<min(bytes.count, early + width) { bytes[k] = value }
      default:
        for k in early..<min(bytes.count, early + 4) { bytes[k] = UInt8.random(in: 0...255, using: &random) }
      }
    }
    return bytes
  }

  /// Runs a reader over mutations of each file; returns how many were refused.
  /// - Parameter read: returns the size in bytes of what it made.
  private func fuzz(
    _ files: [String], rounds: Int, mostBytes: (Int) -> Int, _ read: ([UInt8], String) throws -> Int
  ) throws {
    for (number, name) in files.enumerated() {
      var random = Generator(state: UInt64(number + 1))
      let original = try file(name)
      var (refused, slowest) = (0, 0.0)
      for _ in 0..<rounds {
        let bytes = FuzzTests.mutated(original, &random)
        let seconds = try processorSeconds {
          do {
            let made = try read(bytes, "fuzz/\(name)")
            if made > mostBytes(bytes.count) { Issue.record("\(name): \(made) bytes out of \(bytes.count)") }
          } catch let error as SetupError {
            refused += 1
            if !error.description.hasPrefix("fuzz/\(name)") {
              Issue.record("an error that does not name the file: \(error)")
            }
          }
        }
        slowest = max(slowest, seconds)
      }
      // Damage must be seen: a reader that accepted nearly everything would not be checking.
      #expect(refused > rounds / 10, "\(name): only \(refused) of \(rounds) refused")
      #expect(slowest < 2, "\(name): one input took \(slowest) s")
    }
  }

  @Test func `JPEG survives mutations`() throws {
    let names = ["colour.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "orientation6.jpg"]
    try fuzz(names, rounds: 2000, mostBytes: { 3 * ((1 << 20) + 512 * $0) }) { bytes, name in
      try Picture.decode(bytes, named: name, atLeast: (8, 8)).pixels.count
    }
  }

  @Test func `JPEG read row by row survives mutations`() throws {
    let names = ["colour.jpg", "progressive.jpg", "grey.jpg", "cmyk.jpg", "444.jpg"]
    for reader in [PictureReader(width: 9, height: 21), PictureReader(width: 40, height: 7, channels: 1, fit: .crop)] {
      var planes = [UInt8](repeating: 0, count: reader.count)
      try fuzz(names, rounds: 1000, mostBytes: { _ in reader.count }) { bytes, name in
        try reader.read(bytes, named: name, into: &planes)
        return planes.count
      }
    }
  }

  @Test func `PNG survives mutations`() throws {
    let names = ["rgb.png", "rgba.png", "palette.png", "bilevel.png", "grey16.png"]
    try fuzz(names, rounds: 2000, mostBytes: { 32 * (1040 * $0 + 4096) }) { bytes, name in
      try Picture.decode(bytes, named: name).pixels.count
    }
  }

  @Test func `npy, npz and IDX survive mutations`() throws {
    try fuzz(["f4.npy", "fortran.npy", "u1.npy", "i2big.npy"], rounds: 3000, mostBytes: { 8 * $0 }) { bytes, name in
      try NumPy.array(bytes, named: name).floats.count * 4
    }
    try fuzz(["stored.npz", "deflated.npz"], rounds: 3000, mostBytes: { 9000 * $0 }) { bytes, name in
      try NumPy.arrays(bytes, named: name).values.reduce(0) { $0 + $1.count * 4 }
    }
    try fuzz(["images.idx", "images.idx.gz", "floats.idx"], rounds: 3000, mostBytes: { 9000 * $0 }) { bytes, name in
      try IDX.array(bytes, named: name).count * 4
    }
  }

  @Test func `WAV survives mutations`() throws {
    try fuzz(["pcm16.wav", "pcm24.wav", "float32.wav", "float64.wav"], rounds: 3000, mostBytes: { 8 * $0 }) {
      bytes, name in
      let sound = try WAV.decode(bytes, named: name)
      return sound.mono.count * 4
    }
  }

  @Test func `CSV and JSON lines survive mutations`() {
    let csv = Array("id,words,label\n1,\"a \"\"b\"\", c\",x\r\n2,,y\n3,\"two\nlines\",z\n".utf8)
    let json = Array(
      "{\"id\": 1, \"v\": [1, 2.5, [3]], \"w\": \"\\u00e9\"}\n{\"id\": null, \"v\": {\"a\": true}}\n".utf8)
    var random = Generator(state: 9)
    var refused = 0
    for _ in 0..<5000 {
      do {
        let bytes = FuzzTests.mutated(csv, &random)
        let rows = try CSV.rows(bytes, named: "fuzz.csv")
        if rows.reduce(0, { $0 + $1.fields.joined().utf8.count }) > bytes.count {
          Issue.record("more text than there is")
        }
      } catch {
        refused += 1
        if !"\(error)".hasPrefix("fuzz.csv:") { Issue.record("\(error)") }
      }
      do { _ = try JSONLines.rows(FuzzTests.mutated(json, &random), named: "fuzz.jsonl") } catch {
        refused += 1
        if !"\(error)".hasPrefix("fuzz.jsonl:") { Issue.record("\(error)") }
      }
    }
    #expect(refused > 1000)
  }

  @Test func `deeply nested and endless text ends in an error or an answer`() {
    let nested = Array((String(repeating: "[", count: 100_000) + "1").utf8)
    #expect(message { _ = try JSONLines.rows(nested, named: "deep.jsonl") }.hasPrefix("deep.jsonl:1: "))
    let object = Array(
      ("{\"a\":" + String(repeating: "[", count: 400) + "1e999" + String(repeating: "]", count: 400) + "}").utf8)
    #expect(message { _ = try JSONLines.rows(object, named: "deep.jsonl") }.hasPrefix("deep.jsonl:1: "))
    let quote = Array(("a\n\"" + String(repeating: "x", count: 2_000_000)).utf8)
    #expect(message { _ = try CSV.rows(quote, named: "long.csv") } == "long.csv:2: a quoted field is never closed.")
  }

  @Test func `an EXIF segment that points anywhere is read as upright`() throws {
    let original = try file("orientation8.jpg")
    var random = Generator(state: 3)
    for _ in 0..<20_000 {
      var bytes = original
      for _ in 0..<3 { bytes[Int.random(in: 2..<80, using: &random)] = UInt8.random(in: 0...255, using: &random) }
      let orientation = JPEG.exifOrientation(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
      if !(1...8).contains(orientation) { Issue.record("orientation \(orientation)") }
    }
  }
}
