import BraidCore
import BraidExperiments
import BraidTraining
import Foundation
import Testing

@Suite("What an experiment file means") struct SpecificationTests {
  @Test func `Plain scalars follow YAML 1.2: no and on are texts, 1e-3 is a number`() throws {
    let document = try SettingsDocument(
      "a: no\nb: 1e-3\nc: 0x1f\nd: '3'\ne: true\nf: ~\ng: 12\nh: 1:30\ni: -.5\nj: 3.", named: "x")
    #expect(
      document.root == [
        "a": .text("no"), "b": .number(0.001), "c": .integer(31), "d": .text("3"), "e": .bool(true), "f": .null,
        "g": .integer(12),
        "h": .text("1:30"), "i": .number(-0.5), "j": .number(3),
      ])
  }

  @Test func `JSON is read as it is`() throws {
    let document = try SettingsDocument(
      #"{"train": {"epochs": 3, "learningRate": 0.5}, "seeds": [1, 2]}"#, named: "x.json")
    #expect(document.root["seeds"] == .list([.integer(1), .integer(2)]))
    #expect(document.root["train"] == .map(["epochs": .integer(3), "learningRate": .number(0.5)]))
  }

  @Test func `Every default is laid under what is given`() throws {
    let row = try #require(try Toy.specification().rows.first { $0.name == "scaled" })
    #expect(row.fusion == PartChoice("join", ["scale": .integer(2)]))
    #expect(row.encoders["left"]?.settings["activation"] == .text("relu"))
    #expect(row.train.epochs == 3 && row.train.weightDecay == 0)
    #expect(row.modalities == nil && row.head == nil)
  }

  @Test func `A row may differ in anything, and keeps the rest`() throws {
    let row = try #require(
      try Toy.specification([
        (
          "- join\n",
          "- {name: other, fusion: join, encoders: {left: {mlp: {dropout: 0.5}}}, train: {epochs: 9}, pooling: max}\n"
        ),
        ("reference: join", "reference: other"),
      ]).rows.first { $0.name == "other" })
    #expect(row.encoders["left"]?.settings["layers"] == .list([.integer(4)]))  // laid over the same part's settings
    #expect(row.encoders["left"]?.settings["dropout"] == .number(0.5))
    #expect(row.train.epochs == 9 && row.train.batchSize == 8)
    #expect(row.pooling == .max)
  }

  @Test func `Another part takes the place of the shared one, settings and all`() throws {
    let row = try Toy.specification([("- join\n", "- {fusion: join, encoders: {left: identity}}\n")]).rows[1]
    #expect(row.encoders["left"] == PartChoice("identity", Catalogue.toy.encoders["identity"]!.defaults))
  }

  @Test func `Settings of the command line lie over the file`() throws {
    let specification = try Toy.specification(overrides: [
      "train.epochs=7", "seeds=[4]", "compare[1].join.scale=3", "data.toy.samples=9", "question=Why?",
    ])
    #expect(specification.rows[0].train.epochs == 7)
    #expect(specification.seeds == [4])
    #expect(specification.rows[1].fusion.settings["scale"] == .integer(3))  // `join` alone opened for its settings
    #expect(specification.data.settings["samples"] == .integer(9))
    #expect(specification.question == "Why?")
  }

  @Test func `Without a name the file's own is taken`() throws {
    let document = try SettingsDocument(Toy.text([("name: toy\n", "")]), named: "experiments/five-fusions.yaml")
    #expect(try Specification(document, catalogue: .toy).name == "five-fusions")
  }
}
