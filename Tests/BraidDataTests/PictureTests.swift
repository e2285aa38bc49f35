import BraidCore
import BraidData
import BraidTensor
import BraidTesting
import Foundation
import Testing

@Suite struct PictureTests {
  /// Two decoders may round the inverse transform and the interpolation of colour differently: a few grey levels.
  @Test(arguments: ["colour.jpg", "progressive.jpg", "444.jpg", "grey.jpg", "cmyk.jpg"])
  func `JPEG of every kind decodes to Pillow's pixels`(_ name: String) throws {
    let golden = try expected()
    let picture = try JPEG.decode(file(name), named: name)
    #expect([picture.height, picture.width, picture.channels] == (try golden.shape(name).dimensions))
    let found = difference(picture, try golden.doubles(name))
    #expect(found.largest <= 4 && found.mean < 0.5, "\(name): \(found)")
  }

  @Test(arguments: 1...8) func `pictures stand upright whatever their EXIF orientation`(_ orientation: Int) throws {
    let name = "orientation\(orientation).jpg"
    let bytes = try file(name)
    #expect(JPEG.exifOrientation(bytes) == orientation)
    let picture = try JPEG.decode(bytes, named: name)
    let golden = try expected()
    let shape = try golden.shape(name).dimensions
    #expect([picture.height, picture.width] == Array(shape.prefix(2)))
    #expect(difference(picture, try golden.doubles(name)).largest <= 4)
    // Control: without turning, the picture is another one.
    if orientation > 1 {
      let stored = try JPEG.decode(file("orientation1.jpg"), named: name)
      #expect(difference(stored, try golden.doubles(name)).mean > 5)
    }
  }

  @Test func `a large JPEG is decoded at a fraction of its size, never below the wanted one`() throws {
    let bytes = try file("large.jpg")
    let sizes = try [(30, 20), (60, 40), (61, 40), (240, 160), (479, 10), (1000, 1000)].map {
      let picture = try JPEG.decode(bytes, named: "large.jpg", atLeast: $0)
      return [picture.width, picture.height]
    }
    #expect(sizes == [[60, 40], [60, 40], [120, 80], [240, 160], [480, 320], [480, 320]])
    let small = try JPEG.decode(bytes, named: "large.jpg", atLeast: (30, 20)).resized(width: 30, height: 20)
    let found = difference(small, try expected().doubles("large.jpg resized 30x20"))
    #expect(found.largest <= 4 && found.mean < 0.5, "against Pillow's decoding at a fraction and resizing: \(found)")
    // The wanted size is that of the upright picture: stored 24 × 32, seen 32 × 24.
    let turned = try JPEG.decode(file("orientation6.jpg"), named: "orientation6.jpg", atLeast: (16, 12))
    #expect(turned.width == 16 && turned.height == 12)
  }

  @Test(arguments: ["rgb.png", "rgba.png", "grey.png", "bilevel.png", "palette.png", "greyalpha.png"])
  func `PNG of every kind decodes to Pillow's RGBA bytes exactly`(_ name: String) throws {
    let picture = try PNG.decode(file(name), named: name)
    let (golden, shape) = try (expected().doubles(name), expected().shape(name).dimensions)
    #expect([picture.height, picture.width, 4] == shape)
    #expect(picture.pixels.map { Double($0) } == golden)
  }

  @Test func `16-bit PNG is rounded to 8 bits`() throws {
    let picture = try PNG.decode(file("grey16.png"), named: "grey16.png")
    let red = stride(from: 0, to: picture.pixels.count, by: 4).map { Double(picture.pixels[$0]) }
    let golden = try expected().doubles("grey16.png")
    #expect(red.count == golden.count && zip(red, golden).allSatisfy { abs($0 - $1) <= 0 })
  }

  @Test func `transparent parts show the background`() throws {
    let over = try Picture.decode(file("rgba.png"), named: "rgba.png")
    #expect(difference(over, try expected().doubles("rgba.png over white")).largest <= 1)
    let black = try Picture.decode(file("rgba.png"), named: "rgba.png", background: (0, 0, 0))
    #expect(difference(black, try expected().doubles("rgba.png over white")).largest > 100)
  }

  @Test(arguments: [(10, 7), (41, 29), (60, 50), (3, 40), (1, 1)])
  func `resizing gives Pillow's bilinear pixels within one level`(_ width: Int, _ height: Int) throws {
    let golden = try expected()
    let pixels = try golden.doubles("resize input").map { UInt8($0) }
    let picture = Picture(width: 41, height: 29, channels: 3, pixels: pixels).resized(width: width, height: height)
    #expect(difference(picture, try golden.doubles("resize \(width)x\(height)")).largest <= 1)
  }

  @Test func `other proportions are stretched, cropped or padded`() {
    // Left half black, right half white, twice as wide as high.
    let wide = Picture(
      width: 8, height: 4, channels: 1, pixels: (0..<4).flatMap { _ in [0, 0, 0, 0, 255, 255, 255, 255] as [UInt8] })
    let red: (red: UInt8, green: UInt8, blue: UInt8) = (100, 100, 100)
    let cropped: [UInt8] = Array(wide.resized(width: 4, height: 4, fit: .crop, background: red).pixels.prefix(4))
    #expect(cropped == [0, 0, 255, 255])
    let padded = wide.resized(width: 8, height: 8, fit: .pad, background: red).pixels
    let (above, row): ([UInt8], [UInt8]) = (Array(padded[..<16]), Array(padded[16..<24]))
    #expect(above == Array(repeating: 100, count: 16) && row == [0, 0, 0, 0, 255, 255, 255, 255])
    #expect(wide.resized(width: 2, height: 1, fit: .stretch, background: red).pixels.first! < 60)
  }

  @Test func `what is written as PNG is read back`() throws {
    for channels in [1, 3, 4] {
      let pixels = (0..<(5 * 3 * channels)).map { UInt8($0 * 7 % 256) }
      let picture = Picture(width: 5, height: 3, channels: channels, pixels: pixels)
      let read = try PNG.decode(PNG.encode(picture), named: "memory")
      let same = channels == 4 ? read == picture : read.over((9, 9, 9)) == picture.over((9, 9, 9))
      #expect(same)
    }
  }

  @Test func `grey is the luma of the standard`() {
    let picture = Picture(width: 4, height: 1, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255])
    #expect(picture.grey.pixels == [76, 150, 29, 255])
  }

  @Test func `what is no picture, or a damaged one, is an error that names the file`() throws {
    let jpeg = try file("colour.jpg"), png = try file("rgb.png")
    #expect(
      message { _ = try Picture.decode([], named: "a/empty.jpg") }
        == "a/empty.jpg: not a picture: the file is empty; expected a JPEG or PNG file.")
    #expect(
      message { _ = try Picture.decode(Array("GIF89a".utf8), named: "a.gif") }
        == "a.gif: not a picture: it begins with the bytes 47 49 46 38; expected a JPEG or PNG file.")
    #expect(
      message { _ = try Picture.decode(Array(jpeg.prefix(900)), named: "cut.jpg") }
        == "cut.jpg: not a readable JPEG file: Premature end of JPEG file.")
    #expect(
      message { _ = try Picture.decode(Array(jpeg.dropLast(2)), named: "cut.jpg") }
        == "cut.jpg: not a readable JPEG file: Premature end of JPEG file.")
    #expect(
      message { _ = try Picture.decode(Array(png.prefix(150)), named: "cut.png") }
        == "cut.png: not a readable PNG file: the file ends too early.")
    var damaged = png
    damaged[80] ^= 0x40
    #expect(
      message { _ = try Picture.decode(damaged, named: "bad.png") }.hasPrefix(
        "bad.png: not a readable PNG file: IDAT: "))
    // A header that claims 60000 × 60000 pixels in a file of a kilobyte: nothing is allocated for it.
    var huge = jpeg
    let frame = huge.indices.first { huge[$0] == 0xff && huge[$0 + 1] == 0xc0 }!
    huge.replaceSubrange((frame + 5)..<(frame + 9), with: [0xea, 0x60, 0xea, 0x60])
    #expect(
      message { _ = try JPEG.decode(huge, named: "huge.jpg") }
        == "huge.jpg: not a readable JPEG file: the header claims 60000 x 60000 pixels, more than \(huge.count) bytes can hold."
    )
  }

  @Test func `the JPEG corpus decodes wherever Pillow can, and ends in an error elsewhere`() throws {
    guard let corpus = shared("jpeg-corpus") else { return }
    let rows = try CSV.rows(bytes(of: corpus.appendingPathComponent("index.tsv")), named: "index.tsv", separator: "\t")
    let names = rows[0].fields
    func field(_ row: CSV.Row, _ name: String) -> String { row.fields[names.firstIndex(of: name)!] }
    var (decoded, refused): (Int, [String]) = (0, [])
    for row in rows.dropFirst() {
      let name = field(row, "file")
      let data = try bytes(of: corpus.appendingPathComponent(name), named: name)
      do {
        let picture = try JPEG.decode(data, named: name, atLeast: (64, 64))
        #expect(picture.width >= min(64, picture.width) && picture.channels == 3)
        decoded += 1
      } catch {
        #expect("\(error)".hasPrefix("\(name): not a readable JPEG file: "), "\(error)")
        refused.append("\(name) [\(field(row, "pillow_status"))] \(error)")
      }
    }
    print("jpeg-corpus: \(decoded) decoded; refused:\n" + refused.joined(separator: "\n"))
    #expect(rows.count == 229 && decoded >= 215)
  }
}
