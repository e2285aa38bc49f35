import BraidCore
import BraidNN
import BraidTensor
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

@Suite("The frozen plan") struct PlanTests {
  @Test func `The grid is rows times seeds, each cell a whole configuration`() throws {
    let plan = try Toy.plan()
    #expect(
      plan.cells.map { "\($0.row) \($0.seed)" } == [
        "left only 1", "left only 2", "join 1", "join 2", "scaled 1", "scaled 2",
      ])
    #expect(plan.cells[0].configuration.modalities == ["left"])
    #expect(plan.cells[2].configuration.modalities == ["left", "right"])
    #expect(
      plan.cells[2].configuration.head == PartChoice("classification", Catalogue.toy.heads["classification"]!.defaults))
    #expect(plan.cells[2].configuration.loss.name == "cross-entropy")
  }

  @Test func `Parameters and cost are known before anything trains`() throws {
    let plan = try Toy.plan()
    // encoders 3·4 + 4 and 2·4 + 4, fusion 8, head 8·3 + 3
    #expect(plan.row("join")?.parameters == 16 + 12 + 8 + 27)
    #expect(plan.row("left only")?.parameters == 16 + 4 + 15)
    // two a multiply-add of the three products, at least
    #expect((plan.row("join")?.flopsPerSample ?? 0) >= 2 * (12 + 8 + 24))
  }

  @Test func `Ids change with configuration and data, and with nothing else`() throws {
    let ids = try Toy.plan().cells.map(\.id)
    #expect(Set(ids).count == ids.count)
    let unchanged = [
      [("name: toy", "name: other")], [("question: Does joining help?", "question: Does it?")],
      [("reference: join", "reference: scaled")],
      [("left only", "the left one")], [("metrics: [accuracy, macro-f1]", "metrics:\n- accuracy\n- {macro-f1: {}}")],
      [("epochs: 3", "epochs: 3, weightDecay: 0.0")],  // a default, given
    ]
    for replacements in unchanged { #expect(try Toy.plan(replacements).cells.map(\.id) == ids, "\(replacements)") }
    let changed = [
      [("epochs: 3", "epochs: 4")], [("name: toy", "threads: 2")], [("data: toy", "data: {toy: {edition: 2}}")],
      [("layers: [4]", "layers: [5]")], [("seeds: [1, 2]", "seeds: [3, 4]")],
    ]
    for replacements in changed {
      #expect(Set(try Toy.plan(replacements).cells.map(\.id)).isDisjoint(with: ids), "\(replacements)")
    }
  }

  @Test func `Ids of many seeds are those of each, also where a part's settings look like the configuration's own`()
    throws
  {
    var configuration = try Toy.plan().cells[1].configuration
    let seeds: [UInt64] = [0, 1, 2, 12, .max]
    for data in [configuration.data, PartChoice("x", ["a": .integer(0), "seed": .integer(2), "threads": .integer(1)])] {
      configuration.data = data
      let each = try seeds.map { seed in
        var other = configuration
        other.seed = seed
        return try other.identifier(dataDigest: "d")
      }
      #expect(Set(each).count == seeds.count)
      #expect(try configuration.identifiers(seeds: seeds, dataDigest: "d") == each)
    }
  }

  @Test func `What is set for an encoder leaves rows without it as they are`() throws {
    let plain = try Toy.plan()
    let plan = try Toy.plan([("epochs: 3", "epochs: 3, groups: {encoder.right: {rate: 0.1}, head: {weightDecay: 0.5}}")]
    )
    #expect(plan.cells[0].configuration.train.groups.names == ["head"])
    #expect(plan.cells[2].configuration.train.groups.names == ["encoder.right", "head"])
    #expect(plan.cells[2].configuration.train.groups["encoder.right"]?.rate == 0.1)
    let encoder = try Toy.plan([("epochs: 3", "epochs: 3, groups: {encoder.right: {rate: 0.1}}")])
    #expect(encoder.cells[0].id == plain.cells[0].id && encoder.cells[2].id != plain.cells[2].id)
    let wrong = message { _ = try Toy.plan([("epochs: 3", "epochs: 3, groups: {encoder.rihgt: {rate: 0.1}}")]) }
    #expect(
      wrong.contains(
        "compare[0].train.groups: no parameter's path is \"encoder.rihgt\" or begins with \"encoder.rihgt.\""))
    #expect(
      message { _ = try Toy.plan([("epochs: 3", "epochs: 3, groups: {head: {rat: 0.1}}")]) }
        == "toy.yaml:8: train.groups.head: no setting \"rat\". Settings: rate, weightDecay. Did you mean \"rate\"?")
  }

  @Test func `A plan survives being written`() throws {
    let plan = try Toy.plan()
    let encoder = JSONEncoder()
    let read = try JSONDecoder().decode(Plan.self, from: encoder.encode(plan))
    #expect(read.cells.map(\.id) == plan.cells.map(\.id) && read.rows.map(\.name) == plan.rows.map(\.name))
    for cell in read.cells { #expect(try cell.configuration.identifier(dataDigest: read.data.digest) == cell.id) }
  }

  @Test(arguments: [
    (
      "encoders:\n", "encoders:\n  middle: mlp\n",
      "toy.yaml:5: encoders.middle: the data set has no modality \"middle\". It has left, right."
    ),
    ("data: toy", "data: {toy: {emptyTest: true}}", "toy.yaml:3: data.toy: the test split is empty."),
    (
      "[accuracy, macro-f1]", "[accuracy, pearson]",
      "toy.yaml:7: metrics[1].pearson: metric pearson: it is for numbers; the target is one of 3 classes. Use accuracy, precision, recall, macro-f1 or weighted-f1."
    ),
    (
      "{join: {scale: 2}}", "{join: {scale: 0}}",
      "toy.yaml:14: compare[2].join: scale is 0.0; expected a positive number"
    ),
    (
      "{join: {scale: 2}}", "{join: {scale: 1}}",
      "toy.yaml:14: compare[2]: the row \"scaled\" has the same configuration as the row \"join\". Drop one of them."
    ),
    (
      "layers: [4]}}\n  right", "layers: []}}\n  right",
      "toy.yaml:5: encoders.left.mlp: encoder mlp for \"left\": layers is empty; expected at least one width, or the identity encoder"
    ),
    (
      "{join: {scale: 2}}", "{faulty: {after: 0}}",
      "toy.yaml:14: compare[2]: the loss of the first two training samples is nan; expected a finite number."
    ),
  ]) func `What does not fit the data is refused before anything trains`(
    found: String, replacement: String, says: String
  ) {
    #expect(message { _ = try Toy.plan([(found, replacement)]) } == says)
  }

  @Test func `The constant answer is the classes' shares of the training split`() throws {
    let shares = try Toy.plan([("data: toy", "data: {toy: {samples: 4}}")]).constantAnswer  // classes 0 1 2 0
    #expect(shares == [0.5, 0.25, 0.25])
  }

  @Test func `Two rows of one seed start with the same encoder bits`() throws {
    let plan = try Toy.plan()
    let data = try ToyData(.init())
    let joined = try Composition(plan.cells[2].configuration, for: data, catalogue: .toy)
    let scaled = try Composition(plan.cells[4].configuration, for: data, catalogue: .toy)
    let other = try Composition(plan.cells[3].configuration, for: data, catalogue: .toy)
    let path = "encoder.left.layers.0.weight"
    let bits = try #require(joined.model.store[path]).value.elements
    #expect(try #require(scaled.model.store[path]).value.elements == bits)
    #expect(try #require(other.model.store[path]).value.elements != bits)  // another seed
  }

  @Test func `The text of the plan names rows, cost and the number of runs`() throws {
    let text = try Toy.plan().text
    #expect(text.contains("data     toy: 60 train, 30 validation, 30 test; predicts one of 3 classes"))
    #expect(text.contains("join *     join    left, right"))
    #expect(text.hasSuffix("6 runs: 3 rows × 2 seeds. Every row was built and took a trial step."))
  }

  @Test func `A cell's time has its start, the data and its epochs in it; the whole is shared by the workers`() throws {
    let specification = try Toy.specification([("seeds: [1, 2]", "seeds: [1, 2, 3, 4]")])
    let data = try ToyData(.init())
    #expect(try Plan(specification, catalogue: .toy, on: data).seconds.isEmpty)
    var plan = try Plan(specification, catalogue: .toy, on: data, measuring: true, reading: 100)
    #expect(plan.seconds.count == 3)
    for (row, seconds) in plan.seconds { #expect((100.03..<110).contains(seconds), "\(row): \(seconds)") }
    let longer = try Plan(
      Toy.specification([("epochs: 3", "epochs: 3000")]), catalogue: .toy, on: data, measuring: true)
    for row in plan.rows { #expect(longer.seconds[row.name]! > 10 * (plan.seconds[row.name]! - 100.03)) }

    plan.seconds = ["left only": 10, "join": 20, "scaled": 300]
    #expect(plan.secondsInAll(workers: 1) == 4 * 330 && plan.secondsInAll(workers: 2) == 2 * 330)
    #expect(plan.secondsInAll(workers: 100) == 300, "no cell is shared")
    let lines = plan.text(workers: 2).split(separator: "\n").map(String.init)
    #expect(lines.contains { $0.hasSuffix("FLOPs a sample  a run") })
    #expect(lines.filter { $0.hasSuffix("  10 s") || $0.hasSuffix("  20 s") || $0.hasSuffix("  5 min") }.count == 3)
    #expect(
      lines.last
        == "About 11 min with 2 workers (22 min one after the other), told from one measured step a row, start, data and checkpoints included."
    )
    #expect(
      plan.text.hasSuffix(
        "About 22 min one after the other, told from one measured step a row, start, data and checkpoints included."))
  }
}
