import BraidCore
import BraidData
import EmojiDataset
import Foundation
import Testing

@Suite struct `Preparing the emoji data` {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")

  /// Sources of a handful of lines around the tiny font, in `folder`.
  private func smallSource() throws -> EmojiSource {
    var source = EmojiSource()
    source.font = folder.appendingPathComponent("tiny.ttf").path
    source.cldr = folder.path
    source.list = folder.appendingPathComponent("emoji-test.txt").path
    for (path, text) in [
      ("annotations/en.xml", #"<a><annotation cp="😀">face, "grin" | joy</annotation></a>"#),
      ("annotationsDerived/en.xml", #"<a><annotation cp="😀‍😁" type="tts">two, joined</annotation></a>"#),
      (
        "emoji-test.txt",
        """
        # group: Smileys & Emotion
        # subgroup: face-smiling
        1F600 ; fully-qualified # 😀 E1.0 grinning face
        1F601 ; fully-qualified # 😁 E0.6 beaming face
        1F600 200D 1F601 ; fully-qualified # 😀‍😁 E9.0 joined
        1F602 ; fully-qualified # 😂 E0.6 face the font lacks
        """
      ),
    ] {
      let file = folder.appendingPathComponent(path)
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    try Data(TinyFont().bytes).write(to: URL(fileURLWithPath: source.font))
    return source
  }

  @Test func `writes pictures, manifest, digest and licences`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let out = folder.appendingPathComponent("out/emoji")
    var lines: [String] = []
    try EmojiDataset.prepare(smallSource(), into: out) { lines.append($0) }
    let manifest = try String(contentsOf: out.appendingPathComponent("manifest.csv"), encoding: .utf8)
    #expect(
      manifest == """
        id,picture,name,keywords,group,subgroup,twins,version
        1F600,images/1F600.png,grinning face,"face, ""grin"" | joy",Smileys & Emotion,face-smiling,1F600,1.0
        1F601,images/1F601.png,beaming face,,Smileys & Emotion,face-smiling,1F601,0.6
        1F600-200D-1F601,images/1F600-200D-1F601.png,"two, joined",,Smileys & Emotion,face-smiling,1F600-200D-1F601,9.0

        """)
    let picture = try Data(contentsOf: out.appendingPathComponent("images/1F600-200D-1F601.png"))
    #expect([UInt8](picture) == TinyFont.picture(7))
    let digest = try String(contentsOf: out.appendingPathComponent("digest.txt"), encoding: .utf8)
    let pictures = TinyFont.picture(4) + TinyFont.picture(5) + TinyFont.picture(7)
    #expect(digest == "\(SHA256.hex(Array(manifest.utf8)))  manifest.csv\n\(SHA256.hex(pictures))  images\n")
    let licences = try String(contentsOf: out.appendingPathComponent("LICENCES.md"), encoding: .utf8)
    for name in ["SIL Open Font License 1.1", "Unicode License", "Unicode terms of use"] {
      #expect(licences.contains(name))
    }
    #expect(lines.first == "3 emoji in 1 groups")
    #expect(lines.contains("1 left out: the font has no picture of them (face the font lacks, …)"))
    #expect(EmojiDataset.isPrepared(out))
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.appendingPathComponent("out").path) == ["emoji"])
  }

  @Test func `names the package of a missing file`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = try smallSource()
    for (path, package, setting) in [
      (source.font, "fonts-noto-color-emoji", "font"),
      ("\(source.cldr)/annotationsDerived/en.xml", "unicode-cldr-core", "cldr"), (source.list, "unicode-data", "list"),
    ] {
      let kept = try Data(contentsOf: URL(fileURLWithPath: path))
      try FileManager.default.removeItem(atPath: path)
      let out = folder.appendingPathComponent("emoji")
      #expect(
        throws: SetupError(
          "\(path) is missing. On Debian and Ubuntu: sudo apt-get install \(package). "
            + "Elsewhere, name the file with the setting \"\(setting)\".")
      ) { try EmojiDataset.prepare(source, into: out, log: { _ in }) }
      #expect(!FileManager.default.fileExists(atPath: out.path))
      try kept.write(to: URL(fileURLWithPath: path))
    }
  }

  @Test func `leaves the old folder as it was when a source turns out to be damaged`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var source = try smallSource()
    let out = folder.appendingPathComponent("emoji")
    try EmojiDataset.prepare(source, into: out, log: { _ in })
    let before = try Data(contentsOf: out.appendingPathComponent("digest.txt"))
    source.font = folder.appendingPathComponent("broken.ttf").path
    try Data(TinyFont().bytes.prefix(200)).write(to: URL(fileURLWithPath: source.font))
    #expect(throws: SetupError.self) { try EmojiDataset.prepare(source, into: out, log: { _ in }) }
    #expect(try Data(contentsOf: out.appendingPathComponent("digest.txt")) == before)
    let hidden = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasPrefix(".") }
    #expect(hidden.isEmpty)
  }

  @Test func `cleans up after an interrupted preparation and replaces a finished one`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = try smallSource()
    // What a killed process leaves behind: part of the pictures, and no folder under the real name.
    let gone = Process()
    gone.executableURL = URL(fileURLWithPath: "/bin/true")
    try gone.run()
    gone.waitUntilExit()
    let left = folder.appendingPathComponent(".emoji.partial-\(gone.processIdentifier)")
    try FileManager.default.createDirectory(
      at: left.appendingPathComponent("images"), withIntermediateDirectories: true)
    let out = folder.appendingPathComponent("emoji")
    #expect(!EmojiDataset.isPrepared(out))
    try EmojiDataset.prepare(source, into: out, log: { _ in })
    #expect(!FileManager.default.fileExists(atPath: left.path))
    try Data("changed".utf8).write(to: out.appendingPathComponent("images/extra.png"))
    try EmojiDataset.prepare(source, into: out, log: { _ in })
    #expect(!FileManager.default.fileExists(atPath: out.appendingPathComponent("images/extra.png").path))
  }

  @Test func `does not touch a folder that holds something else`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    let source = try smallSource()
    let out = folder.appendingPathComponent("mine")
    try FileManager.default.createDirectory(at: out, withIntermediateDirectories: true)
    try Data("thesis".utf8).write(to: out.appendingPathComponent("thesis.tex"))
    #expect(throws: SetupError("\(out.path): holds something else already; name an empty or new folder.")) {
      try EmojiDataset.prepare(source, into: out, log: { _ in })
    }
    #expect(FileManager.default.fileExists(atPath: out.appendingPathComponent("thesis.tex").path))
  }

  @Test func `is asked for when the folder is missing or was changed since`() throws {
    defer { try? FileManager.default.removeItem(at: folder) }
    var options = EmojiOptions()
    let out = folder.appendingPathComponent("emoji")
    options.folder = out.path
    #expect(throws: SetupError("\(out.path): the emoji data is not prepared there. Run: braid data prepare emoji")) {
      _ = try EmojiDataset(options)
    }
    try EmojiDataset.prepare(smallSource(), into: out, log: { _ in })
    try Data(TinyFont.picture(9)).write(to: out.appendingPathComponent("images/1F601.png"))
    let error = #expect(throws: SetupError.self) { _ = try EmojiDataset(options) }
    #expect(
      error?.description
        == "\(out.path): changed since it was prepared (manifest.csv or a picture is not what digest.txt "
        + "says). Run again: braid data prepare emoji")
  }
}
