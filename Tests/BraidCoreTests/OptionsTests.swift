import BraidCore
import Foundation
import Testing

private enum Mood: String, Choice { case calm, merry }

private struct Sample: PartOptions {
  struct Inner: Codable, Sendable {
    var depth = 2
    var ratio = 0.5
  }
  var width = 64
  var rate = 0.1
  var name = "x"
  var isWide = false
  var layers = [1, 2]
  var mood = Mood.calm
  var inner = Inner()
  var free: [String: Int] = [:]
  init() {}
}

private func read(_ settings: [String: Setting]) throws -> Sample { try Sample(settings, at: "encoders.text.gru") }

@Suite struct `Options` {
  @Test func `keep their defaults where a file says nothing`() throws {
    let options = try read(["rate": .number(0.25), "inner": .map(["depth": .integer(5)])])
    #expect((options.rate, options.width, options.inner.depth, options.inner.ratio) == (0.25, 64, 5, 0.5))
    #expect(try options.settings()["width"] == .integer(64))
  }

  @Test func `take a whole number for a number, and any key of an empty map`() throws {
    #expect(try read(["rate": .integer(1)]).rate == 1)
    #expect(try read(["free": .map(["anything": .integer(3)])]).free == ["anything": 3])
  }

  @Test(arguments: [
    (
      ["widht": Setting.integer(3)],
      "encoders.text.gru: no setting \"widht\". Settings: free, inner, isWide, layers, mood, name, rate, width. "
        + "Did you mean \"width\"?"
    ),
    (
      ["zebra": .integer(3)],
      "encoders.text.gru: no setting \"zebra\". Settings: free, inner, isWide, layers, mood, name, rate, width."
    ),
    (
      ["inner": .map(["detph": .integer(3)])],
      "encoders.text.gru.inner: no setting \"detph\". Settings: depth, ratio. Did you mean \"depth\"?"
    ),
    (["width": .text("wide")], "encoders.text.gru.width: found \"wide\" (text); expected a whole number."),
    (["rate": .text("fast")], "encoders.text.gru.rate: found \"fast\" (text); expected a number."),
    (["isWide": .text("yes")], "encoders.text.gru.isWide: found \"yes\" (text); expected true or false."),
    (["name": .integer(3)], "encoders.text.gru.name: found 3 (a whole number); expected text."),
    (["layers": .integer(3)], "encoders.text.gru.layers: found 3 (a whole number); expected a list."),
    (
      ["layers": .list([.integer(1), .text("a")])],
      "encoders.text.gru.layers[1]: found \"a\" (text); expected a whole number."
    ),
    (
      ["mood": .text("mery")],
      "encoders.text.gru.mood: found \"mery\" (text), which is not one of the allowed values. Allowed: calm, merry. "
        + "Did you mean \"merry\"?"
    ),
  ])
  func `refuse a mistake with its place, what was found and what is expected`(
    _ settings: [String: Setting], _ sentence: String
  ) {
    #expect(throws: SetupError(sentence)) { _ = try read(settings) }
  }

  @Test func `of a part without any say so`() {
    #expect(throws: SetupError("loss.mse: no setting \"scale\". It has no settings.")) {
      _ = try NoOptions(["scale": .integer(1)], at: "loss.mse")
    }
  }

  @Test func `refuse a number with a fraction where a whole one is wanted`() {
    #expect(throws: SetupError.self) { _ = try read(["width": .number(1.5)]) }
  }
}

@Suite struct `Settings` {
  @Test func `are written as compact JSON with sorted keys and read back the same`() throws {
    let setting = Setting.map([
      "b": .list([.integer(1), .number(0.5), .null]), "a": .text("x/y"), "c": .bool(true), "d": .map([:]),
    ])
    #expect(setting.description == #"{"a":"x/y","b":[1,0.5,null],"c":true,"d":{}}"#)
    #expect(try JSONDecoder().decode(Setting.self, from: Data(setting.description.utf8)) == setting)
    #expect(setting["a"] == .text("x/y") && setting["z"] == nil && Setting.integer(1)["a"] == nil)
  }
}

@Suite struct `The nearest name` {
  @Test(arguments: [
    ("gtaed", "gated"), ("Concat", "concat"), ("co-atention", "co-attention"), ("tensro", "tensor"), ("zzz", nil),
    ("", nil),
  ])
  func `is a misspelling away, or none`(_ name: String, _ expected: String?) {
    #expect(nearest(name, in: ["attention", "co-attention", "concat", "gated", "tensor"]) == expected)
  }
}
