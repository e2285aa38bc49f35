import BraidCore
import BraidData
import Foundation
import Testing

@Suite struct PictureReaderTests {
  static let files = [
    "colour.jpg", "progressive.jpg", "444.jpg", "grey.jpg", "cmyk.jpg", "large.jpg", "orientation1.jpg",
    "orientation6.jpg", "rgb.png", "rgba.png", "grey.png", "palette.png",
  ]
  static let sizes = [(7, 5), (16, 16), (33, 48), (64, 20)]

  /// Reading row by row, and straight into planes, changes no byte of what decoding, then resizing, gives.
  @Test(arguments: files) func `planes hold the bytes of the resized picture`(_ name: String) throws {
    let bytes = try file(name)
    for (width, height) in PictureReaderTests.sizes {
      for fit in Fit.allCases {
        for channels in [1, 3] {
          let reader = PictureReader(
            width: width, height: height, channels: channels, fit: fit, background: (9, 200, 90))
          let picture = try Picture.decode(bytes, named: name, atLeast: (width, height), background: reader.background)
          let resized = (channels == 1 ? picture.grey : picture)
            .resized(width: width, height: height, fit: fit, background: reader.background)
          let area = width * height
          let expected = (0..<reader.count).map { resized.pixels[$0 % area * channels + $0 / area] }
          var planes = [UInt8](repeating: 123, count: reader.count)
          try reader.read(bytes, named: name, into: &planes)
          #expect(planes == expected, "\(name) \(width) × \(height), \(fit), \(channels)")
          var floats = [Float](repeating: .nan, count: reader.count)
          try reader.read(bytes, named: name, into: &floats)
          let quotients = expected.map { Float($0) / 255 }
          #expect(floats == quotients, "\(name) \(width) × \(height), \(fit), \(channels) as floats")
          var written = [UInt8](repeating: 123, count: reader.count)
          reader.write(picture, into: &written)
          #expect(written == expected)
        }
      }
    }
  }

  /// The definition, one pixel after the other: a triangle as wide as the reduction, rows first.
  private func plainly(_ picture: Picture, width: Int, height: Int) -> [UInt8] {
    func taps(_ size: Int, _ count: Int) -> [[(Int, Float)]] {
      let scale = Double(size) / Double(count), support = max(1, scale)
      return (0..<count).map { place in
        let center = (Double(place) + 0.5) * scale
        let elements = max(0, Int(center - support + 0.5))..<min(size, Int(center + support + 0.5))
        let raw = elements.map { max(0, 1 - abs((Double($0) + 0.5 - center) / support)) }
        return zip(elements, raw).map { ($0, Float($1 / raw.reduce(0, +))) }
      }
    }
    let (columns, rows) = (taps(picture.width, width), taps(picture.height, height))
    var result: [UInt8] = []
    for row in rows {
      for column in columns {
        for c in 0..<picture.channels {
          var sum: Float = 0.5
          for (y, weight) in row {
            var line: Float = 0
            for (x, share) in column {
              line += share * Float(picture.pixels[(y * picture.width + x) * picture.channels + c])
            }
            sum += weight * line
          }
          result.append(UInt8(max(0, min(255, sum))))
        }
      }
    }
    return result
  }

  @Test(arguments: [1, 3, 4]) func `resizing is its definition, to the byte`(_ channels: Int) {
    var state: UInt32 = 7
    for (width, height) in [(1, 1), (5, 3), (37, 29), (130, 61)] {
      let pixels = (0..<(width * height * channels)).map { _ -> UInt8 in
        state = state &* 1_664_525 &+ 1_013_904_223
        return UInt8(state >> 24)
      }
      let picture = Picture(width: width, height: height, channels: channels, pixels: pixels)
      for (newWidth, newHeight) in [(1, 1), (16, 16), (17, 5), (48, 70), (130, 2), (3, 61)] {
        let found = picture.resized(width: newWidth, height: newHeight).pixels
        let expected = plainly(picture, width: newWidth, height: newHeight)
        #expect(found == expected, "\(width) × \(height) to \(newWidth) × \(newHeight)")
      }
    }
  }

  @Test func `the corpus of photographs is read row by row as it is in two steps`() throws {
    guard let corpus = shared("jpeg-corpus") else { return }
    let rows = try CSV.rows(bytes(of: corpus.appendingPathComponent("index.tsv")), named: "index.tsv", separator: "\t")
    let reader = PictureReader(width: 96, height: 80, fit: .crop)
    var (same, refused) = (0, 0)
    for row in rows.dropFirst() {
      let name = row.fields[0]
      let data = try bytes(of: corpus.appendingPathComponent(name), named: name)
      var planes = [UInt8](repeating: 0, count: reader.count)
      let first = message { try reader.read(data, named: name, into: &planes) }
      var expected: [UInt8] = []
      let second = message {
        let picture = try Picture.decode(data, named: name, atLeast: (96, 80))
          .resized(width: 96, height: 80, fit: .crop, background: (255, 255, 255))
        expected = (0..<reader.count).map { picture.pixels[$0 % (96 * 80) * 3 + $0 / (96 * 80)] }
      }
      #expect(first == second, "\(name)")
      if first == "no error" { #expect(planes == expected, "\(name)") }
      if first == "no error" { same += 1 } else { refused += 1 }
    }
    print("jpeg-corpus, row by row: \(same) the same, \(refused) refused alike")
    #expect(same >= 215)
  }

  @Test func `damage below the rows that are needed is refused too`() throws {
    // Two rows in the middle are shown: the last ones of the file are not.
    let bytes = try file("orientation1.jpg")
    let reader = PictureReader(width: 32, height: 2, fit: .crop)
    var planes = [UInt8](repeating: 0, count: reader.count)
    try reader.read(bytes, named: "a.jpg", into: &planes)
    #expect(
      message { try reader.read(Array(bytes.dropLast(2)), named: "a.jpg", into: &planes) }
        == "a.jpg: not a readable JPEG file: Premature end of JPEG file.")
  }

  /// The entropy decoder stops at the first marker: only reading on to the end of the file shows what is wrong there.
  @Test(arguments: [
    ("a comment of which nothing is left", [0xff, 0xfe, 0, 30] as [UInt8], "Premature end of JPEG file"),
    ("a second scan", [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0xff, 0xd9], "Didn't expect more than one scan"),
  ])
  func `damage after the last row is refused too`(_ what: String, _ end: [UInt8], _ reason: String) throws {
    let whole = try file("orientation1.jpg")
    #expect(Array(whole.suffix(2)) == [0xff, 0xd9])  // the marker of the end
    let bytes = Array(whole.dropLast(2)) + end
    let expected = "a.jpg: not a readable JPEG file: \(reason)."
    #expect(message { _ = try JPEG.decode(bytes, named: "a.jpg") } == expected, "\(what)")
    let reader = PictureReader(width: 16, height: 16)
    var planes = [UInt8](repeating: 0, count: reader.count)
    #expect(message { try reader.read(bytes, named: "a.jpg", into: &planes) } == expected, "\(what)")
  }

  @Test func `a byte as a float is the quotient by 255, rounded once`() throws {
    let picture = Picture(width: 256, height: 1, channels: 1, pixels: Array(0...255))
    var planes = [Float](repeating: .nan, count: 256)
    try PictureReader(width: 256, height: 1, channels: 1).read(PNG.encode(picture), named: "memory", into: &planes)
    #expect(planes == (0...255).map { Float($0) / 255 })
  }

  @Test func `a file is read whole; what is none is an error`() throws {
    try withFolder(["empty": "", "words": String(repeating: "word ", count: 50_000)]) { folder in
      #expect(try bytes(of: folder.appendingPathComponent("empty")).isEmpty)
      let words = try bytes(of: folder.appendingPathComponent("words"))
      #expect(words.count == 250_000 && words.suffix(5) == Array("word ".utf8))
      #expect(
        message { _ = try bytes(of: folder, named: "x") } == "x: found something that is not a file; expected a file.")
      #expect(message { _ = try bytes(of: folder.appendingPathComponent("none"), named: "x") } == "x: no such file.")
    }
  }
}
