import BraidCore
import BraidExperiments
import Foundation
import Testing

@Suite("Files that include others") struct IncludesTests {
  /// Writes files and reads the first.
  private func read(_ files: [(String, String)]) throws -> SettingsDocument {
    let scratch = try Scratch()
    for (name, text) in files {
      let file = URL(fileURLWithPath: "\(scratch.path)/\(name)")
      try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
    return try withExtendedLifetime(scratch) { try SettingsDocument(contentsOf: "\(scratch.path)/\(files[0].0)") }
  }

  @Test func `Maps are laid over one another, lists and values replaced`() throws {
    let document = try read([
      ("a.yaml", "include: shared/base.yaml\ntrain: {epochs: 5}\nseeds: [1]\n"),
      ("shared/base.yaml", "train: {epochs: 1, batchSize: 8}\nseeds: [1, 2, 3]\nmetrics: [accuracy]\n"),
    ])
    #expect(document.root["train"] == .map(["epochs": .integer(5), "batchSize": .integer(8)]))
    #expect(document.root["seeds"] == .list([.integer(1)]))
    #expect(document.root["metrics"] == .list([.text("accuracy")]) && document.root["include"] == nil)
  }

  @Test func `A part's settings are laid over those of the same part; another part takes its place`() throws {
    let document = try read([
      ("a.yaml", "include: [b.yaml, c.yaml]\nencoders: {left: {mlp: {dropout: 0.5}}, right: identity}\nhead: other\n"),
      ("b.yaml", "encoders: {left: {mlp: {layers: [4]}}, right: {mlp: {layers: [2]}}}\nhead: {mlp: {layers: [1]}}\n"),
      ("c.yaml", "encoders: {left: {mlp: {layers: [8]}}}\n"),
    ])
    #expect(
      document.root["encoders"]
        == .map([
          "left": .map(["mlp": .map(["layers": .list([.integer(8)]), "dropout": .number(0.5)])]),
          "right": .text("identity"),
        ]))
    #expect(document.root["head"] == .text("other"))
  }

  @Test func `A mistake is told with the file it is in`() throws {
    let document = try read([
      ("a.yaml", "include: b.yaml\nname: x\n"), ("b.yaml", "question: why\ntrain:\n  epochs: 0\n"),
    ])
    let told = document.located(SetupError("train.epochs: found 0; expected 1 or more.")).description
    #expect(told.hasSuffix("/b.yaml:3: train.epochs: found 0; expected 1 or more."))
  }

  @Test func `What cannot be included is refused`() throws {
    let circle = message { _ = try read([("a.yaml", "include: b.yaml\n"), ("b.yaml", "x: 1\ninclude: a.yaml\n")]) }
    #expect(circle.contains("/b.yaml:2: include: a.yaml includes this file in turn; a file cannot be part of itself."))
    let missing = message { _ = try read([("a.yaml", "include: b.yaml\n")]) }
    #expect(missing.contains("/a.yaml:1: include: ") && missing.hasSuffix("/b.yaml: no such file."))
    let kind = message { _ = try read([("a.yaml", "x: 1\ninclude: [1]\n")]) }
    #expect(kind.hasSuffix("/a.yaml:2: include[0]: found 1 (a whole number); expected a file's path."))
  }
}
