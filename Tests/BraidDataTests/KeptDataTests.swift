import BraidCore
import BraidTensor
import BraidTesting
import Foundation
import Testing

@testable import BraidData

/// Decoded pictures and words as numbers, through a store.
@Suite("What data sets keep") struct KeptDataTests {
  private func manifest(in folder: URL) throws -> (url: URL, options: ManifestOptions) {
    let fixtures = try Fixture.folder(above: #filePath) + "/readers/"
    let pictures = ["444.jpg", "colour.jpg", "rgb.png", "rgba.png", "grey.png", "orientation3.jpg"]
    var rows = "photo,caption,label,split\n"
    for (place, name) in pictures.enumerated() {
      try FileManager.default.copyItem(atPath: fixtures + name, toPath: folder.appendingPathComponent(name).path)
      let split = ["train", "train", "train", "train", "val", "test"][place]
      rows += "\(place == 2 ? "" : name),the \(name) picture \(place),\(place % 2 == 0 ? "x" : "y"),\(split)\n"
    }
    let url = folder.appendingPathComponent("table.csv")
    try Data(rows.utf8).write(to: url)
    var options = ManifestOptions()
    var photo = ModalityOptions()
    photo.size = 8
    options.modalities = ["photo": photo, "caption": ModalityOptions()]
    options.split.column = "split"
    return (url, options)
  }

  /// Everything a model sees of it.
  private func essence(_ data: PreparedData) throws -> [String] {
    try Split.allCases.flatMap { split -> [String] in
      let batch = try data.batch(split, Array(0..<data.count(split)))
      let (photo, caption) = (batch.inputs["photo"]!, batch.inputs["caption"]!)
      return [
        "\(photo.values!.elements.map(\.bitPattern)) \(photo.presence?.elements ?? [])",
        "\(caption.tokens!.ids) \(caption.steps?.elements ?? [])",
      ]
    } + [data.digest, "\(data.vocabularies["caption"]!.words)", "\(data.standardizers["photo"]!)"]
  }

  @Test func `Data read through a store is that read without, to the bit, made or found`() throws {
    try withFolder([:]) { folder in
      let (url, options) = try manifest(in: folder)
      let plain = try essence(PreparedData(manifest: url, options: options))
      let witness = Witness()
      let store = witness.store(folder.appendingPathComponent("cache"))
      for _ in 0..<2 {
        let kept = try ContentStore.$current.withValue(store) {
          try essence(PreparedData(manifest: url, options: options))
        }
        #expect(kept == plain)
        #expect(store.entries().map(\.kind).sorted() == ["pictures", "words"])
      }
      #expect(witness.notices == [])
      // other settings, other contents
      var other = options
      other.modalities["photo"]?.size = 9
      other.modalities["caption"]?.minimumCount = 2
      _ = try ContentStore.$current.withValue(store) { try PreparedData(manifest: url, options: other) }
      #expect(store.entries().count == 4)
    }
  }

  @Test func `What is found is used: pictures and words are not made again`() throws {
    try withFolder([:]) { folder in
      let (url, options) = try manifest(in: folder)
      let store = Witness().store(folder.appendingPathComponent("cache"))
      let plain = try ContentStore.$current.withValue(store) {
        try essence(PreparedData(manifest: url, options: options))
      }
      // other contents in the entries' places, with everything a reader checks in order
      for name in try FileManager.default.contentsOfDirectory(atPath: store.folder) {
        let path = "\(store.folder)/\(name)"
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        let keyLength = Int(bytes[16]) | Int(bytes[17]) << 8
        let key = [UInt8](bytes[64..<(64 + keyLength)])
        var content = Data(bytes[(64 + keyLength)...])
        if ContentEntry.kind(path) == "pictures" {
          content[0] ^= 0xff
        } else {  // "picture" is the first word of the vocabulary after "the"; as long a word takes its place
          let place = try #require(content.range(of: Data("\\npicture".utf8)))
          content.replaceSubrange(place, with: Data("\\npainted".utf8))
        }
        try FileManager.default.removeItem(atPath: path)
        #expect(
          ContentEntry.write([Data(ContentEntry.head(key: key, content: content)), Data(key), content], to: path) == nil
        )
      }
      let found = try ContentStore.$current.withValue(store) {
        try essence(PreparedData(manifest: url, options: options))
      }
      #expect(found.count == plain.count)
      #expect(found[0] != plain[0], "the picture that was exchanged is seen")
      #expect(found[7].contains("painted") && plain[7].contains("picture"))
    }
  }

  @Test func `A file that changes is decoded again, and one that cannot be read is an error as before`() throws {
    try withFolder([:]) { folder in
      let (url, options) = try manifest(in: folder)
      let store = Witness().store(folder.appendingPathComponent("cache"))
      func read() throws -> [String] {
        try ContentStore.$current.withValue(store) { try essence(PreparedData(manifest: url, options: options)) }
      }
      let before = try read()
      let text = try String(contentsOf: url, encoding: .utf8)
      let names = text.split(separator: "\n").dropFirst().map {
        String($0.split(separator: ",", omittingEmptySubsequences: false)[0])
      }
      let (first, second) = (folder.appendingPathComponent(names[0]), folder.appendingPathComponent(names[1]))
      try FileManager.default.removeItem(at: first)
      try FileManager.default.copyItem(at: second, to: first)
      let after = try read()
      #expect(after[0] != before[0])
      #expect(after == (try essence(PreparedData(manifest: url, options: options))))
      try Data("no picture".utf8).write(to: first)
      let stored = message { _ = try read() }
      #expect(stored == message { _ = try PreparedData(manifest: url, options: options) })
      #expect(stored.contains("table.csv:2: ") && stored.contains(names[0]))
    }
  }
}
