import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

@Suite("The search of an experiment file") struct SearchSpecificationTests {
  private func refusal(
    _ search: String = "trials: 4", axes: String = ToySearch.axes, _ replacements: [(String, String)] = []
  ) -> String {
    message {
      let specification = try ToySearch.specification(search, axes: axes, replacements)
      _ = try Plan(specification, catalogue: .toy)
    }
  }

  @Test func `What is written, and what is not`() throws {
    let search = try #require(
      ToySearch.specification("{method: {halving: {factor: 2}}, trials: 8, monitor: macro-f1, seeds: [7, 8]}".block)
        .search)
    #expect(search.methodName == "halving" && search.trials == 8 && search.monitor == "macro-f1")
    #expect(search.method.settings == ["factor": .integer(2), "leastEpochs": .integer(1)])
    #expect(search.seeds == [7, 8] && search.axes.map(\.path).first == "train.learningRate")
    let plain = try #require(ToySearch.specification("trials: 1").search)
    #expect(plain.methodName == "tpe" && plain.monitor == "accuracy" && plain.seeds == [0])
    #expect(
      plain.axes.map(\.text) == [
        "0.0001 … 1.0, logarithmic", "0.0 … 0.9", "4 … 64, logarithmic, whole numbers", "1, 2, 4",
      ])
    let document = try SettingsDocument(ToySearch.text("trials: 4"), named: "toy.yaml")
    let five = try Specification(document.overriding(["search.trials=5"]), catalogue: .toy)
    #expect(five.search?.trials == 5)
    #expect(try Toy.specification().search == nil)
  }

  @Test func `An axis is told with what it depends on`() throws {
    let axes = """
      train.optimizer: [adam, sgd]
      train.momentum: {from: 0, to: 0.9, when: {train.optimizer: sgd, fusion: [join, concat]}}
      """
    let plan = try Plan(ToySearch.specification("trials: 2", axes: axes), catalogue: .toy)
    #expect(
      plan.search?.axes.map(\.values) == [
        "adam, sgd", "0.0 … 0.9, when fusion is join or concat and train.optimizer is sgd",
      ])
  }

  @Test func `Every row has the same budget, and one that no axis is of is trained as written`() throws {
    let rows = "  - join\n  - concat\n"
    for (search, budget) in [
      ("trials: 6", [SearchRung(trials: 6, epochs: 3)]),
      ("{method: halving, trials: 6}".block, [SearchRung(trials: 6, epochs: 1), SearchRung(trials: 2, epochs: 3)]),
    ] {
      let plan = try Plan(
        ToySearch.specification(search, [("  - join\n", rows)]), catalogue: .toy)
      #expect(plan.search?.rows.map(\.budget) == Array(repeating: budget, count: 4))
    }
    let plan = try Plan(
      ToySearch.specification("trials: 6", axes: "fusion.join.scale: [1, 3]", [("  - join\n", rows)]), catalogue: .toy)
    #expect(plan.search?.rows.map(\.axes.count) == [1, 1, 0, 0])
    #expect(plan.search?.rowsAsWritten == ["concat", "scaled"])
    #expect(plan.text.contains("trained as written, since no axis is of them: concat; scaled"))
    #expect(plan.text.contains("budget   6 trials of 3 epochs for left only; join"))
    #expect(plan.text.contains("in all 12 trials with seed 0, at most 36 epochs; they do not see the test split"))
  }

  @Test func `Mistakes are told with their line and what would be right`() {
    #expect(
      refusal("method: tpee").hasPrefix(
        "toy.yaml:16: search.method: no method \"tpee\". Methods: halving, random, tpe. Did you mean \"tpe\"?"))
    #expect(
      refusal("method: {tpe: {start: 3}}").contains(
        "search.method.tpe: no setting \"start\". Settings: batch, candidates, quantile, startup."))
    #expect(
      refusal("method: {tpe: {quantile: 1}}").contains(
        "search.method.tpe.quantile: found 1.0; expected a share between 0 and 1."))
    #expect(refusal("method: {halving: {factor: 1}}").contains("factor: found 1; expected 2 or more."))
    #expect(refusal("trials: 0").contains("toy.yaml:16: search.trials: found 0; expected 1 or more."))
    #expect(
      refusal("trial: 3").contains("no setting \"trial\"") && refusal("trial: 3").contains("Did you mean \"trials\"?"))
    #expect(refusal("seeds: []").contains("search.seeds: found an empty list"))
    #expect(refusal("seeds: [1, 1]").contains("search.seeds[1]: the seed 1 is listed twice."))
    #expect(
      refusal("monitor: f1").contains("search.monitor: \"f1\" is not measured. Measured: loss, accuracy, macro-f1."))
  }

  @Test func `Axes that cannot be are refused before anything trains`() {
    func axis(_ text: String, _ search: String = "trials: 4", _ replacements: [(String, String)] = []) -> String {
      refusal(search, axes: text, replacements)
    }
    #expect(axis("trian.learningRate: [1]").contains("search.axes.trian.learningRate: a row has no setting \"trian\"."))
    #expect(axis("trian.learningRate: [1]").contains("Did you mean \"train\"?"))
    #expect(axis("train.learningrate: [1, 2]").contains("no setting \"learningrate\""))
    #expect(axis("train.learningrate: [1, 2]").contains("Did you mean \"learningRate\"?"))
    #expect(
      axis("fusion.jion.scale: [1, 2]").contains(
        "search.axes.fusion.jion.scale: applies to no row: it is of jion at fusion, where the rows have join; did you mean \"join\"."
      ))
    #expect(axis("fusion.join.size: [1, 2]").contains("no setting \"size\""))
    #expect(axis("fusion.join.scale: [1, -2]").contains("scale is -2.0; expected a positive number"))
    #expect(
      axis("fusion.join.scale: [1, -2]").contains("(In the row")
        || axis("fusion.join.scale: [1, -2]").contains("search"))
    #expect(
      axis("train.learningRate: {from: -1, to: 1}").contains(
        "search.train.learningRate: found -1.0; expected a positive number"))
    #expect(axis("train.epochs: [1, 2]").contains("train.epochs cannot be searched: they are what a trial costs"))
    #expect(axis("fusion: [join, concat]").contains("fusion cannot be searched"))
    #expect(axis("modalities: [[left], [right]]").contains("modalities cannot be searched"))
    #expect(axis("noise.left.gaussian: [0, 1]").contains("noise cannot be searched"))
    #expect(axis("data.toy.noise: [0, 1]").contains("data cannot be searched"))
    #expect(axis("train.batchSize: [4, 4]").contains("search.axes.train.batchSize[1]: the value 4 is listed twice."))
    #expect(
      axis("train.momentum: {values: [0.1], when: {train.optimizer: sgd}}").hasSuffix(
        "search.axes.train.momentum: applies to no row: train.optimizer is sgd in none."))
    #expect(
      axis("train.momentum: {values: [0.1], whenn: {train.optimizer: sgd}}").hasSuffix(
        "search.axes.train.momentum: no setting \"whenn\". An axis is a list of values, or has values and when, or from and to."
      ))
    #expect(
      axis("train.momentum: {values: [0.1, 0.1], when: {train.optimizer: adam}}").contains(
        "search.axes.train.momentum.values[1]: the value 0.1 is listed twice."))
    #expect(
      axis("train.momentum: {values: [0.1], when: {trian.optimizer: sgd}}").contains(
        "search.axes.train.momentum.when.trian.optimizer: a row has no setting \"trian\"."))
    #expect(axis("train.batchSize: 4").contains("found 4 (a whole number); expected a list, or from and to."))
    #expect(axis("train.learningRate: {from: 0, to: 1, scale: log}").contains("a logarithmic range begins above 0"))
    #expect(
      axis("loss.cross-entropy.smoothing: [0, 0.1]", "monitor: loss").contains(
        "values of different losses cannot be compared"))
    #expect(
      axis(
        "fusion.join.scale: [1, 2]", "trials: 4",
        [
          ("  - {name: left only, modalities: [left], fusion: join}\n  - join\n", ""), ("reference: join\n", ""),
        ]
      ).contains("applies to no row: every row that could have it states its own"))
    #expect(message { _ = try ToySearch.specification("trials: 4", axes: "") }.contains("search.axes"))
  }

  @Test func `A setting is compared or searched, not both`() {
    let head = Toy.text.components(separatedBy: "reference: join")[0]
    let text = """
      \(head)sweep: {grid: {fusion: [join], train.learningRate: [0.1, 0.01]}}
      search: {trials: 2, axes: {train.learningRate: [0.1, 0.2]}}
      """
    #expect(
      message { _ = try Specification(SettingsDocument(text, named: "toy.yaml"), catalogue: .toy) }.contains(
        "search.axes.train.learningRate: is an axis of the sweep as well. A setting is either compared or searched."))
  }
}
