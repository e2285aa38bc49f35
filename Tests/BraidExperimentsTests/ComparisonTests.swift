import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

@Suite("A comparison read from run folders") struct ComparisonTests {
  private func comparison(_ scratch: Scratch, _ replacements: [(String, String)] = [], leavingOut: Int = 0) throws
    -> Comparison
  {
    let plan = try Toy.plan(replacements)
    try ExperimentFolder(scratch.path).freeze(plan)
    for cell in plan.cells.dropLast(leavingOut) {
      _ = Worker.run(experiment: scratch.path, cell: cell.id, catalogue: .toy)
    }
    return try Comparison(reading: scratch.path)
  }

  @Test func `Rows hold the statistics of their runs' test results, paired by seed with the reference`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch, [("seeds: [1, 2]", "seeds: [1, 2, 3]")])
    #expect(comparison.rows.map(\.name) == ["left only", "join", "scaled"])
    for row in comparison.rows {
      let runs = try row.cells.map { try RunFolder("\(scratch.path)/\($0.folder)").result }
      for metric in ["accuracy", "macro-f1"] {
        let values = runs.map { $0.metrics["test"]?[metric] }
        #expect(row.metric(metric)?.test == Estimate(values))
        #expect(row.metric(metric)?.validation == Estimate(runs.map { $0.metrics["validation"]?[metric] }))
        let base = try #require(comparison.row("join")?.metric(metric)).test.values
        #expect(
          row.metric(metric)?.difference?.estimate == (row.isReference ? nil : Difference(values, minus: base).estimate)
        )
      }
      #expect(
        row.cells.map(\.seed) == [1, 2, 3] && row.curve.map(\.epoch) == [1, 2, 3]
          && row.curve.allSatisfy { $0.cells == 3 })
    }
    let p = ["left only", "scaled"].map { comparison.row($0)?.metric("accuracy")?.difference }
    #expect(p.map { $0?.adjustedP } == Difference.holm(p.map { $0?.p }))
    #expect(comparison.row("left only")?.isSingleModality == true && comparison.row("join")?.isSingleModality == false)
  }

  @Test func `One modality cannot tell three classes, both can`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch, [("epochs: 3", "epochs: 20")])
    let left = try #require(comparison.row("left only")?.metric("accuracy")?.test.mean)
    let both = try #require(comparison.row("join")?.metric("accuracy")?.test.mean)
    #expect(left < 0.75 && both > 0.9)
    #expect(comparison.best == "join" || comparison.best == "scaled")
    #expect(comparison.baseline?.name == "majority class (red)")
    #expect(comparison.baseline?.metrics["accuracy"] == 1.0 / 3)
  }

  @Test func `The confusion matrix is of the best row, all seeds together`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch)
    let matrix = try #require(comparison.confusion)
    #expect(matrix.total == 2 * 30 && matrix.classes == ["red", "green, dark", "blue"])
    let right = (0..<3).map { matrix.truePositives($0) }.reduce(0, +)
    let mean = try #require(comparison.best.flatMap { comparison.row($0) }?.metric("accuracy")?.test.mean)
    #expect(abs(Double(right) / 60 - mean) < 1e-12)
  }

  @Test func `Settings say whether they were given, and are split into shared and own`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch)
    func line(_ lines: [Comparison.SettingLine], _ path: String) -> Comparison.SettingLine? {
      lines.first { $0.path == path }
    }
    #expect(line(comparison.settings, "train.epochs") == .init(path: "train.epochs", value: .integer(3), isGiven: true))
    #expect(
      line(comparison.settings, "train.weightDecay")
        == .init(path: "train.weightDecay", value: .integer(0), isGiven: false))
    let scaled = try #require(comparison.row("scaled"))
    #expect(
      line(scaled.settings, "fusion.join.scale") == .init(path: "fusion.join.scale", value: .integer(2), isGiven: true))
    #expect(line(comparison.row("join")!.settings, "fusion.join.scale")?.isGiven == false)
    let all = Set((comparison.settings + scaled.settings).map(\.path))
    #expect(
      all.isSuperset(
        of: ["encoders.right.mlp.layers", "head.classification", "pooling", "threads", "metrics"].filter {
          $0 != "head.classification"
        }))
  }

  @Test func `Samples carry what was seen and what each row answered`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch)
    #expect(comparison.samples.map(\.identifier) == ["test-3", "test-11", "test-18", "test-26"])
    #expect(comparison.rows.allSatisfy { $0.samples.map(\.identifier) == comparison.samples.map(\.identifier) })
    #expect(comparison.row("join")?.samples[0].extras.map(\.kind) == ["gate", "gate"])
  }

  @Test func `What has not been run is said, and the rest is compared`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch, leavingOut: 1)
    #expect(
      comparison.missing == [
        .init(row: "scaled", seed: 2, folder: comparison.rows[2].cells[1].folder, reason: "has not been run")
      ])
    #expect(comparison.row("scaled")?.metric("accuracy")?.test.count == 1)
    #expect(comparison.row("scaled")?.metric("accuracy")?.difference?.p == nil)
    #expect(comparison.notes.contains("1 run is missing; this report is of what has finished."))
  }

  @Test func `One seed is compared without intervals, and the report says so`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch, [("seeds: [1, 2]", "seeds: [7]")])
    #expect(
      comparison.rows.allSatisfy {
        $0.metrics.allSatisfy { $0.test.interval == nil && $0.test.mean != nil && $0.difference?.p == nil }
      })
    #expect(comparison.notes.first?.hasPrefix("One seed: there is no deviation, no interval and no test.") == true)
  }

  @Test func `It survives being written as JSON`() throws {
    let scratch = try Scratch()
    let comparison = try comparison(scratch)
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(comparison)
    let back = try JSONDecoder().decode(Comparison.self, from: data)
    #expect(try encoder.encode(back) == data)
  }

  @Test func `A folder without a plan is refused`() throws {
    let scratch = try Scratch()
    #expect(
      message { _ = try Comparison(reading: scratch.path) }
        == "\(scratch.path): no experiment has been run here: it has no plan.json.")
  }

  @Test func `Attention is cut at the modalities' names, which may hold dots`() {
    func extra(_ name: String) -> SampleAnswer.Extra { .init(name: name, shape: [1], values: [0]) }
    let found = extra("attention.a.b.image.3").attention(among: ["a.b", "image"])
    #expect(found?.query == "a.b" && found?.key == "image" && found?.step == 3)
    #expect(extra("attention.image.image").attention(among: ["image"])?.step == nil)
    #expect(extra("gate.image").attention(among: ["image"]) == nil)
  }
}
