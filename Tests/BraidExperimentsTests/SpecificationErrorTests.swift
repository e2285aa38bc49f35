import BraidCore
import BraidExperiments
import BraidTesting
import Testing

/// Every mistake a person can make in a file, and the exact sentence they read.
@Suite("Mistakes in an experiment file") struct SpecificationErrorTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let found: String, replacement: String, says: String
    var testDescription: String { says }
    init(_ found: String, _ replacement: String, _ says: String) {
      (self.found, self.replacement, self.says) = (found, replacement, says)
    }
  }

  static let syntax = [
    Case(
      "name: toy", "name: [toy",
      "toy.yaml:2: is not YAML: did not find expected ',' or ']' (while parsing a flow sequence, line 1)."),
    Case("data: toy", "data: toy\ndata: emoji", "toy.yaml:3: the key \"data\" stands twice in one map."),
    Case("epochs: 3", "epochs: 3, epochs: 4", "toy.yaml:8: the key \"epochs\" stands twice in one map."),
    Case("epochs: 3", "epochs: 3, \"epochs\": 4", "toy.yaml:8: the key \"epochs\" stands twice in one map."),
    Case("0.02", ".nan", "toy.yaml:8: train.learningRate: found .nan; expected a finite number."),
    Case("0.02", "1e999", "toy.yaml:8: train.learningRate: found 1e999, which is too large for a number."),
    Case("name: toy", "[a]: toy", "toy.yaml:1: found a list or map as a key; expected a name."),
  ]

  static let unknown = [
    Case(
      "seeds:", "sedes:",
      "toy.yaml:9: experiment: no setting \"sedes\". Settings: compare, data, encoders, frozen, head, launcher, loss, metrics, name, noise, pooling, question, "
        + "reference, report, search, seeds, sweep, threads, train, version. Did you mean \"seeds\"?"),
    Case(
      "epochs: 3", "epoch: 3",
      "toy.yaml:8: train: no setting \"epoch\". Settings: accumulate, batchSize, clipNorm, decayEvery, "
        + "decayFactor, emaDecay, epochs, groups, learningRate, momentum, monitor, optimizer, patience, schedule, "
        + "share, warmUp, weightDecay. Did you mean \"epochs\"?"),
    Case(
      "left: {mlp: {layers: [4]}}", "left: {mlp: {layer: [4]}}",
      "toy.yaml:5: encoders.left.mlp: no setting \"layer\". Settings: activation, dropout, layers. Did you mean \"layers\"?"
    ),
    Case(
      "left: {mlp: {layers: [4]}}", "left: mpl",
      "toy.yaml:5: encoders.left: no encoder is called \"mpl\". Known: \(known(\.encoders)). Did you mean \"mlp\"?"),
    Case(
      "- join\n", "- jion\n",
      "toy.yaml:13: compare[1]: no fusion is called \"jion\". Known: \(known(\.fusions)). Did you mean \"join\"?"),
    Case(
      "data: toy", "data: tyo",
      "toy.yaml:3: data: no data set is called \"tyo\". Known: \(known(\.datasets)). Did you mean \"toy\"?"),
    Case(
      "data: toy", "data: {toy: {sample: 3}}",
      "toy.yaml:3: data.toy: no setting \"sample\". Settings: edition, emptyTest, noise, samples. Did you mean \"samples\"?"
    ),
    Case(
      "macro-f1", "makro-f1",
      "toy.yaml:7: metrics[1]: no metric is called \"makro-f1\". Known: \(known(\.metrics)). Did you mean \"macro-f1\"?"
    ),
    Case(
      "fusion: {join: {scale: 2}}", "fuson: join",
      "toy.yaml:14: compare[2]: no setting \"fuson\". Settings: data, encoders, frozen, fusion, head, loss, modalities, name, noise, pooling, train. "
        + "Did you mean \"fusion\"?"),
    Case(
      "reference: join", "reference: joint",
      "toy.yaml:10: reference: no row is called \"joint\". Rows: left only, join, scaled. Did you mean \"join\"?"),
    Case(
      "monitor: accuracy", "monitor: acuracy",
      "toy.yaml:8: train.monitor: \"acuracy\" is not measured. Measured: loss, accuracy, macro-f1. Did you mean \"accuracy\"?"
    ),
    Case(
      "modalities: [left]", "modalities: [lefd]",
      "toy.yaml:12: compare[0].modalities: \"lefd\" has no encoder. Encoders: left, right. Did you mean \"left\"?"),
  ]

  static let wrong = [
    Case("epochs: 3", "epochs: many", "toy.yaml:8: train.epochs: found \"many\" (text); expected a whole number."),
    Case("epochs: 3", "epochs: 1.5", "toy.yaml:8: train.epochs: found 1.5 (a number); expected a whole number."),
    Case(
      "epochs: 3", "epochs: 99999999999999999999",
      "toy.yaml:8: train.epochs: found 1e+20 (a number); expected a whole number of at most 18 digits."),
    Case(
      "seeds: [1, 2]", "seeds: [1, -2]",
      "toy.yaml:9: seeds[1]: found -2 (a whole number); expected a whole number of 0 or more."),
    Case("seeds: [1, 2]", "seeds: [1.5]", "toy.yaml:9: seeds[0]: found 1.5 (a number); expected a whole number."),
    Case(
      "seeds: [1, 2]", "seeds: [a]", "toy.yaml:9: seeds[0]: found \"a\" (text); expected a whole number of 0 or more."),
    Case(
      "modalities: [left]", "modalities: []",
      "toy.yaml:12: compare[0].modalities: found an empty list; expected one modality or more. Leave it out for all."),
    Case("epochs: 3", "epochs: 0", "toy.yaml:8: train.epochs: found 0; expected 1 or more."),
    Case(
      "layers: [4]}}\n  right", "layers: [a]}}\n  right",
      "toy.yaml:5: encoders.left.mlp.layers[0]: found \"a\" (text); expected a whole number."),
    Case("seeds: [1, 2]", "seeds: 3", "toy.yaml:9: seeds: found 3 (a whole number); expected a list."),
    Case(
      "seeds: [1, 2]\n", "",
      "toy.yaml: seeds: missing. Name them, such as seeds: [1, 2, 3, 4, 5]. There is no default: one run says nothing about chance."
    ),
    Case("seeds: [1, 2]", "seeds: [1, 1]", "toy.yaml:9: seeds[1]: the seed 1 is listed twice."),
    Case(
      "name: toy", "name: a/b",
      "toy.yaml:1: name: found \"a/b\"; expected letters, digits, \".\", \"_\" and \"-\": it names a folder."),
    Case(
      "name: toy", "name: ..",
      "toy.yaml:1: name: found \"..\"; expected letters, digits, \".\", \"_\" and \"-\": it names a folder."),
    Case(
      "name: toy", "name: \"\"",
      "toy.yaml:1: name: found \"\"; expected letters, digits, \".\", \"_\" and \"-\": it names a folder."),
    Case(
      "name: scaled", "name: \"\"",
      "toy.yaml:14: compare[2].name: found an empty text; expected what the row is called. Leave it out for the fusion's name."
    ),
    Case("data: toy\n", "", "toy.yaml: data: missing. Name the data set, such as data: emoji."),
    Case(
      "metrics: [accuracy, macro-f1]", "metrics: []",
      "toy.yaml:7: metrics: missing. List what is measured, the deciding one first, such as [accuracy]."),
    Case("[accuracy, macro-f1]", "[accuracy, accuracy]", "toy.yaml:7: metrics[1]: \"accuracy\" is listed twice."),
    Case(
      "name: scaled", "name: join",
      "toy.yaml:14: compare[2]: a second row is called \"join\". Give it a name: {name: \"join 2\", fusion: …}."),
    Case(
      "- join\n", "- {join: 3}\n", "toy.yaml:13: compare[1].join: found 3 (a whole number); expected a map of settings."
    ),
    Case(
      "- join\n", "- 3\n",
      "toy.yaml:13: compare[1]: found 3 (a whole number); expected a part: its name, or its name with settings, such as {mlp: {width: 64}}."
    ),
    Case(
      "left: {mlp: {layers: [4]}}", "left: {mlp: {}, identity: {}}",
      "toy.yaml:5: encoders.left: found the names identity, mlp; expected one part."),
    Case("name: toy", "version: 2", "toy.yaml:1: version: found 2; this Braid reads version 1."),
    Case("name: toy", "threads: 0", "toy.yaml:1: threads: found 0; expected 1 or more."),
    Case(
      "name: toy", "pooling: maen",
      "toy.yaml:1: pooling: found \"maen\" (text), which is not one of the allowed values. Allowed: mean, max, last, attention. "
        + "Did you mean \"mean\"?"),
  ]

  static func known<E>(_ shelf: KeyPath<Catalogue, [String: Catalogue.Entry<E>]>) -> String {
    Catalogue.toy[keyPath: shelf].keys.sorted().joined(separator: ", ")
  }

  @Test(arguments: syntax + unknown + wrong) func `The file is refused, with its line and a way out`(_ mistake: Case) {
    #expect(message { _ = try Toy.specification([(mistake.found, mistake.replacement)]) } == mistake.says)
  }

  @Test func `The file without a mistake is taken`() throws {
    #expect(try Toy.specification().rows.map(\.name) == ["left only", "join", "scaled"])
  }

  @Test func `Files that are none are refused`() throws {
    #expect(message { _ = try SettingsDocument(contentsOf: "/nowhere/x.yaml") } == "/nowhere/x.yaml: no such file.")
    #expect(
      message { _ = try SettingsDocument(contentsOf: "/") }
        == "/: cannot be read: it is a folder. Expected an experiment file.")
    #expect(message { _ = try SettingsDocument("", named: "x") } == "x: is empty; expected an experiment.")
    #expect(
      message { _ = try SettingsDocument("- a", named: "x") }
        == "x:1: found no map; expected an experiment: `name: …`, `data: …` and so on.")
  }

  @Test func `Numbers are told from texts as YAML 1.2 does`() throws {
    let spellings: [(String, Setting)] = [
      ("7", .integer(7)), ("-7", .integer(-7)), ("+7", .integer(7)), ("1.5", .number(1.5)), (".5", .number(0.5)),
      ("5.", .number(5)), ("-.5", .number(-0.5)), ("1e3", .number(1000)), ("2.5E-1", .number(0.25)),
      (".5e+1", .number(5)),
      ("1e", .text("1e")), ("1e+", .text("1e+")), (".", .text(".")), ("1.2.3", .text("1.2.3")),
      ("e5", .text("e5")), ("1 2", .text("1 2")), ("-.nan", .text("-.nan")), ("inf", .text("inf")),
    ]
    for (spelling, value) in spellings {
      #expect(try SettingsDocument("a: \(spelling)", named: "x").root["a"] == value)
    }
    for spelling in [".inf", "-.Inf", "+.INF", ".NaN"] {
      #expect(
        message { _ = try SettingsDocument("a: \(spelling)", named: "x") }
          == "x:1: a: found \(spelling); expected a finite number.")
    }
  }

  @Test func `Hostile files end in an error, quickly`() throws {
    let levels = (1...9).map {
      "l\($0): &l\($0) [\(Array(repeating: "*l\($0 - 1)", count: 10).joined(separator: ", "))]"
    }
    let laughs =
      "l0: &l0 [\(Array(repeating: "lol", count: 10).joined(separator: ", "))]\n" + levels.joined(separator: "\n")
    let seconds = processorSeconds {
      #expect(
        message { _ = try SettingsDocument(laughs, named: "x") }
          == "x: holds more than 100000 values (aliases are followed).")
    }
    #expect(seconds < 5)  // half a second is usual
    #expect(
      message { _ = try SettingsDocument("a: " + String(repeating: "[", count: 100_000), named: "x") }.hasPrefix(
        "x:1: is not YAML:"))
  }

  @Test(arguments: [
    ("epochs", "--set epochs: expected KEY=VALUE, such as train.epochs=3."),
    (
      "train..epochs=3", "--set train..epochs: not a key path; expected keys joined by dots, such as compare[0].fusion."
    ),
    ("compare[9].fusion=join", "--set compare[9].fusion: the list has 3 entries; found number 9, counted from 0."),
    ("train.epochs.x=1", "--set train.epochs.x: \"x\" would be within 3 (a whole number); expected a map there."),
    (
      "train[0]=1",
      "--set train[0]: [0] would be within \(#"{"batchSize":8,"epochs":3,"learningRate":0.02,"monitor":"accuracy"}"#) (a map); expected a list there."
    ),
    (
      "train.epochs=[1",
      "--set train.epochs: is not YAML: did not find expected ',' or ']' (while parsing a flow sequence, line 1)."
    ),
  ]) func `A wrong --set is refused`(assignment: String, says: String) {
    #expect(message { _ = try Toy.specification(overrides: [assignment]) } == says)
  }

  @Test func `A misspelt --set is refused like a misspelt line`() {
    #expect(
      message { _ = try Toy.specification(overrides: ["report.sample=1"]) }
        == "toy.yaml: report: no setting \"sample\". Settings: samples. Did you mean \"samples\"?")
  }
}
