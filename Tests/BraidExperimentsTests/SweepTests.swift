import BraidCore
import BraidData
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

/// The toy experiment with a sweep in place of its rows.
private func sweep(_ text: String, compare: String = "") throws -> Specification {
  let head = Toy.text.components(separatedBy: "reference: join")[0]
  let indented = text.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)" }.joined(separator: "\n")
  return try Specification(
    SettingsDocument("\(head)\(compare)sweep:\n\(indented)\n", named: "toy.yaml"), catalogue: .toy)
}
private func names(_ text: String, compare: String = "") throws -> [String] {
  try sweep(text, compare: compare).rows.map(\.name)
}

@Suite("What a sweep means") struct SweepTests {
  @Test func `grid makes a row of every combination, the last axis fastest`() throws {
    let rows = try sweep("grid:\n  fusion: [concat, join]\n  train.learningRate: [0.1, 0.01]").rows
    #expect(
      rows.map(\.name) == [
        "concat, learningRate 0.1", "concat, learningRate 0.01", "join, learningRate 0.1", "join, learningRate 0.01",
      ])
    #expect(rows.map(\.fusion.name) == ["concat", "concat", "join", "join"])
    #expect(rows.map(\.train.learningRate) == [0.1, 0.01, 0.1, 0.01])
    #expect(
      rows[3].coordinates == [
        Coordinate(path: "fusion", value: .text("join")),
        Coordinate(path: "train.learningRate", value: .number(0.01)),
      ])
  }

  @Test func `Every row of compare is spread`() throws {
    let compare = "compare: [concat, {name: left only, modalities: [left], fusion: join}]\n"
    let rows = try sweep("grid: {train.epochs: [1, 2]}", compare: compare).rows
    #expect(rows.map(\.name) == ["concat, epochs 1", "concat, epochs 2", "left only, epochs 1", "left only, epochs 2"])
    #expect(rows.map(\.modalities) == [nil, nil, ["left"], ["left"]])
  }

  @Test func `An axis of a part's setting counts only where the part is used`() throws {
    let rows = try sweep("grid: {fusion: [concat, join], fusion.join.scale: [2, 3]}").rows
    #expect(rows.map(\.name) == ["concat", "join, scale 2", "join, scale 3"])
    #expect(rows.compactMap { $0.fusion.settings["scale"] } == [.integer(2), .integer(3)])
  }

  @Test func `An axis of an encoder's setting lies over the shared encoder`() throws {
    let rows = try sweep("grid:\n  fusion: [join]\n  encoders.left.mlp.dropout: [0.1, 0.5]").rows
    #expect(rows.map { $0.encoders["left"]?.settings["dropout"] } == [.number(0.1), .number(0.5)])
    #expect(rows.allSatisfy { $0.encoders["left"]?.settings["layers"] == .list([.integer(4)]) })
    #expect(rows.allSatisfy { $0.encoders["right"]?.settings["dropout"] == .integer(0) })
  }

  @Test func `when holds an axis back, and sees defaults as well as what is written`() throws {
    let grid = """
      grid:
        fusion: [join]
        train.optimizer: [adam, sgd]
        train.momentum: {values: [0, 0.5], when: {train.optimizer: sgd}}
      """
    #expect(
      try names(grid) == [
        "join, optimizer adam", "join, optimizer sgd, momentum 0", "join, optimizer sgd, momentum 0.5",
      ])
    let untouched = "grid:\n  fusion: [join]\n  train.warmUp: {values: [0, 0.1], when: {train.optimizer: adam}}"
    #expect(try names(untouched) == ["join, warmUp 0", "join, warmUp 0.1"])
  }

  @Test func `when holds an axis back in zip and random, too, and other draws stay what they are`() throws {
    let stepped = """
      zip:
        train.optimizer: [adam, sgd, sgd]
        train.momentum: {values: [0.1, 0.5, 0.9], when: {train.optimizer: sgd}}
      """
    #expect(
      try names(stepped, compare: "compare: [join]\n") == [
        "join, optimizer adam", "join, optimizer sgd, momentum 0.5", "join, optimizer sgd, momentum 0.9",
      ])
    func drawn(_ momentum: String) throws -> [Specification.Row] {
      try sweep(
        """
        random:
          draws: 12
          axes:
            train.momentum: \(momentum)
            train.learningRate: {from: 1e-4, to: 1e-1, scale: log}
            train.optimizer: [adam, sgd]
            train.warmUp: {values: [0, 0.1], when: {train.optimizer: [sgd, rmsprop]}}
        """, compare: "compare: [join]\n"
      ).rows
    }
    func values(_ rows: [Specification.Row], _ path: String) -> [Setting?] {
      rows.map { $0.coordinates.first { $0.path == path }?.value }
    }
    let (always, held) = (
      try drawn("{from: 0, to: 0.9}"), try drawn("{from: 0, to: 0.9, when: {train.optimizer: sgd}}")
    )
    let optimizers = values(held, "train.optimizer")
    #expect(Set(optimizers) == [.text("adam"), .text("sgd")])
    for path in ["train.momentum", "train.warmUp"] {
      for (value, optimizer) in zip(values(held, path), optimizers) {
        #expect((value == nil) == (optimizer == .text("adam")), "\(path) is only of sgd")
      }
    }
    #expect(values(held, "train.learningRate") == values(always, "train.learningRate"))
    let kept = zip(values(held, "train.momentum"), values(always, "train.momentum")).filter { $0.0 != nil }
    #expect(!kept.isEmpty && kept.allSatisfy { $0.0 == $0.1 })
  }

  @Test func `zip steps its axes together`() throws {
    let rows = try sweep("zip: {train.epochs: [1, 2], train.batchSize: [4, 8]}", compare: "compare: [join]\n").rows
    #expect(rows.map { [$0.train.epochs, $0.train.batchSize] } == [[1, 4], [2, 8]])
  }

  @Test func `list has the combinations that are written down, and sections multiply`() throws {
    let text = "list: [{fusion: concat}, {fusion: join, fusion.join.scale: 2}]\ngrid: {train.epochs: [1, 2]}"
    #expect(
      try names(text) == ["concat, epochs 1", "concat, epochs 2", "join, scale 2, epochs 1", "join, scale 2, epochs 2"])
  }

  @Test func `Blocks follow one another`() throws {
    let text = "- grid: {fusion: [concat]}\n- grid: {fusion: [join], fusion.join.scale: [2, 3]}"
    #expect(try names(text) == ["concat", "join, scale 2", "join, scale 3"])
  }

  @Test func `exclude takes combinations away; a part's name stands for it with any settings`() throws {
    let text = """
      grid: {fusion: [concat, {join: {scale: 2}}], train.epochs: [1, 2, 3]}
      exclude: [{fusion: join, train.epochs: [2, 3]}, {train.epochs: 1.0, fusion: concat}]
      """
    #expect(try names(text) == ["concat, epochs 2", "concat, epochs 3", "join (scale 2), epochs 1"])
  }

  @Test func `Modalities and the training share are axes like any other`() throws {
    let text = "grid:\n  fusion: [join]\n  modalities: [[left], [left, right]]\n  train.share: [0.5, 1]"
    let rows = try sweep(text).rows
    #expect(
      rows.map(\.name) == [
        "join, left, share 0.5", "join, left, share 1", "join, left+right, share 0.5", "join, left+right, share 1",
      ])
    #expect(rows.map(\.train.share) == [0.5, 1, 0.5, 1])
  }

  @Test func `A range is an axis of evenly spaced values, on a line or in powers`() throws {
    let text = """
      grid:
        fusion: [join]
        train.learningRate: {from: 0.001, to: 0.1, steps: 3, scale: log}
        train.epochs: {from: 1, to: 5, steps: 3, whole: true}
      """
    let rows = try sweep(text).rows
    #expect(Set(rows.map(\.train.learningRate)) == [0.001, 0.01, 0.1])
    #expect(Set(rows.map(\.train.epochs)) == [1, 3, 5] && rows.count == 9)
  }

  @Test func `random draws the same each time, and another axis changes no draws`() throws {
    func rates(_ more: String = "", draws: Int = 8) throws -> [Double] {
      let axes = "train.learningRate: {from: 1e-4, to: 1e-1, scale: log}\(more)"
      return try sweep("random: {draws: \(draws), seed: 7, axes: {fusion: [concat, join], \(axes)}}").rows
        .map(\.train.learningRate)
    }
    let first = try rates()
    #expect(first == (try rates()) && Set(first).count == 8)
    #expect(first.allSatisfy { (1e-4...1e-1).contains($0) })
    #expect(first.filter { $0 < 1e-2 }.count >= 3)  // of powers, not of numbers: two of three lie below
    #expect(try rates(", train.batchSize: {from: 2, to: 64, whole: true}") == first)
    #expect(Array(try rates(draws: 12).prefix(8)) == first)
  }

  @Test func `Labels are the shortest ends of paths that tell axes apart`() throws {
    let text = "grid:\n  fusion: [join]\n  encoders.left.mlp.dropout: [0.1]\n  encoders.right.mlp.dropout: [0.2]"
    #expect(try names(text) == ["join, left.mlp.dropout 0.1, right.mlp.dropout 0.2"])
  }

  @Test func `The data set's settings are an axis; every value has a digest of its own`() throws {
    let text = "grid:\n  fusion: [join]\n  data.toy.noise: [0.3, 0.6]"
    let plan = try Plan(sweep(text), catalogue: .toy)
    #expect(plan.rows.map(\.name) == ["join, noise 0.3", "join, noise 0.6"])
    #expect(plan.cells.map(\.dataDigest) == ["toy 60 0.3 1", "toy 60 0.3 1", "toy 60 0.6 1", "toy 60 0.6 1"])
    #expect(Set(plan.cells.map(\.id)).count == 4)
    #expect(plan.rows[1].coordinates.map(\.path) == ["fusion", "data.toy.noise"])
  }

  @Test func `Noise is an axis in the rows that have the modality; none is the same as no noise`() throws {
    let text = "grid:\n  noise.right.gaussian: [0, 0.5]\n  modalities: [[left], [left, right]]\n  fusion: [join]"
    let plan = try Plan(sweep(text), catalogue: .toy)
    #expect(
      plan.rows.map(\.name) == ["join, left", "join, left+right, gaussian 0", "join, left+right, gaussian 0.5"])
    #expect(plan.cells.map { $0.configuration.noise?["right"]?.gaussian } == [nil, nil, nil, nil, 0.5, 0.5])
    #expect(Set(plan.cells.map(\.dataDigest)).count == 2 && plan.cells[0].dataDigest == "toy 60 0.3 1")
    let without = try Plan(sweep("grid:\n  modalities: [[left], [left, right]]\n  fusion: [join]"), catalogue: .toy)
    #expect(without.cells.map(\.id) == plan.cells.prefix(4).map(\.id))
  }
}

@Suite("What is wrong with a sweep is said with its place") struct SweepErrorTests {
  private func says(_ text: String, compare: String = "") -> String {
    message { _ = try sweep(text, compare: compare) }
  }

  @Test func `sections and axes`() {
    #expect(
      says("grit: {fusion: [join]}")
        == "toy.yaml:10: sweep: no section \"grit\". Sections: exclude, grid, list, random, zip. Did you mean \"grid\"?"
    )
    #expect(
      says("exclude: [{fusion: join}]") == "toy.yaml:10: sweep: no section makes rows: grid, zip, random or list.")
    #expect(
      says("grid: {train.epochs: 3}")
        == "toy.yaml:11: sweep.grid.train.epochs: found 3 (a whole number); expected a list of values.")
    #expect(
      says("grid: {fusoin: [join]}")
        == "toy.yaml:11: sweep.grid.fusoin: a row has no setting \"fusoin\". It may have data, encoders, frozen, fusion, head, "
        + "loss, modalities, noise, pooling, train. Did you mean \"fusion\"?")
    #expect(
      says("grid: {fusion: [join, join]}") == "toy.yaml:11: sweep.grid.fusion[1]: the value join is listed twice.")
    #expect(
      says("grid: {train.epochs: {values: [1], whenn: {fusion: join}}}", compare: "compare: [join]\n")
        == "toy.yaml:12: sweep.grid.train.epochs: no setting \"whenn\". An axis is a list of values, or has values and "
        + "when, or from, to and steps.")
    #expect(
      says("random: {draws: 1, axes: {train.epochs: {values: [1], whenn: {fusion: join}}}}")
        == "toy.yaml:11: sweep.random.axes.train.epochs: no setting \"whenn\". An axis is a list of values, or has values "
        + "and when, or from and to.")
  }

  @Test func `values that do not fit, with the row they are in`() {
    #expect(
      says("grid:\n  fusion: [join]\n  train.epochs: [1, -2]")
        == "toy.yaml:10: sweep.train.epochs: found -2; expected 1 or more. (In the row \"join, epochs -2\".)")
    #expect(
      says("grid: {fusion: [join], fusion.join.scael: [1]}").contains(
        "no setting \"scael\". Settings: scale. Did you mean \"scale\"?"))
    #expect(
      says("grid: {train.epochs: [1, 2]}")
        == "toy.yaml:10: sweep.fusion: missing. A row names its fusion. (In the row \"epochs 1\".)")
  }

  @Test func `noise that does not fit`() {
    func planned(_ grid: String) -> String {
      message { _ = try Plan(sweep("grid: {fusion: [join], \(grid)}"), catalogue: .toy) }
    }
    #expect(planned("noise.right.gaussian: [-1]").hasSuffix("found -1.0; expected a standard deviation, 0 or more."))
    #expect(planned("noise.right.drop: [0.5]").hasSuffix("\"right\" has no words or steps to lose; use gaussian."))
    #expect(planned("noise.rihgt.gaussian: [1]").contains("no modality \"rihgt\". It has left, right. Did you mean"))
    #expect(
      planned("modalities: [[left]], noise.right.gaussian: [1]").hasSuffix("noise.right.gaussian: applies to no row."))
    #expect(
      planned("noise.right.gausian: [1]").contains("no setting \"gausian\". Settings: drop, gaussian, over, seed."))
    #expect(planned("noise: [0.3]").contains("found 0.3"))
  }

  @Test func `what applies to no row`() {
    #expect(
      says("grid: {fusion: [concat], fusion.join.scale: [1, 2]}")
        == "toy.yaml:11: sweep.grid.fusion.join.scale: applies to no row.")
    #expect(
      says("list: [{fusion: concat, fusion.join.scale: 1}]")
        == "toy.yaml:11: sweep.list[0].fusion.join.scale: applies to no row.")
    for section in ["grid: {%}", "zip: {%}", "random: {draws: 1, axes: {%}}"] {
      let axis = "train.momentum: {values: [0.5], when: {train.optimizer: sgd}}"
      #expect(
        says(section.replacing("%", with: axis), compare: "compare: [join]\n").hasSuffix(
          ".train.momentum: applies to no row."))
    }
    #expect(
      says("grid: {fusion: [concat]}\nexclude: [{fusion: join}]")
        == "toy.yaml:12: sweep.exclude[0]: no combination has these values.")
    #expect(
      says("grid: {fusion: [concat]}\nexclude: [{fusion: concat}]")
        == "toy.yaml:10: sweep: every combination is excluded.")
  }

  @Test func `zip, ranges and draws`() {
    #expect(
      says("zip: {train.epochs: [1, 2], train.batchSize: [4]}", compare: "compare: [join]\n")
        == "toy.yaml:12: sweep.zip: axes that are stepped together need as many values each; train.epochs has 2, "
        + "train.batchSize has 1.")
    #expect(
      says("random: {draws: 0, axes: {fusion: [join]}}")
        == "toy.yaml:11: sweep.random.draws: found 0; expected 1 or more.")
    #expect(
      says("random: {draws: 2, axes: {fusion: [join], train.share: {from: 0, to: 1, scale: log}}}")
        == "toy.yaml:11: sweep.random.axes.train.share.from: found 0.0; a logarithmic range begins above 0.")
    #expect(
      says("grid: {fusion: [join], train.share: {from: 1, to: 0.5, steps: 3}}")
        == "toy.yaml:11: sweep.grid.train.share: from 1.0 is not below to 0.5.")
  }

  @Test func `rows that come out alike`() {
    let says = message { _ = try Plan(sweep("grid: {fusion: [join, {join: {scale: 1}}]}"), catalogue: .toy) }
    #expect(
      says == "toy.yaml:10: sweep: the row \"join (scale 1)\" has the same configuration as the row \"join\". "
        + "Drop one of them.")
  }
}
