import BraidCore
import BraidTensor
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

/// The toy data, whose test split nobody may ask for.
struct SealedData: Dataset {
  typealias Options = ToyData.Options
  static let about = About("sealed", "Fails where its test split is touched")
  private let inner: ToyData
  init(_ options: Options) throws { inner = try ToyData(options) }
  var inputs: [InputSpecification] { inner.inputs }
  var target: TargetSpecification { inner.target }
  var digest: String { "sealed " + inner.digest }
  func count(_ split: Split) -> Int { inner.count(split) }
  func identifiers(_ split: Split) -> [String] { inner.identifiers(split) }
  func batch(_ split: Split, _ samples: [Int]) throws -> Batch {
    if split == .test { throw SetupError("the test split was read") }
    return try inner.batch(split, samples)
  }
}

@Suite("A search from its first trial to the rows' plan", .serialized) struct SearchRunnerTests {
  static let tpe = "{method: {tpe: {startup: 3, batch: 2}}, trials: 6}".block

  struct Case {
    let specification: Specification
    let runner: SearchRunner
    init(
      _ search: String, axes: String = ToySearch.axes, _ replacements: [(String, String)] = [],
      _ catalogue: Catalogue = .toy, measuring: Bool = false
    ) throws {
      specification = try ToySearch.specification(search, axes: axes, replacements, catalogue: catalogue)
      let data = try specification.loadData(catalogue)
      let plan = try Plan(specification, catalogue: catalogue, on: data, measuring: measuring)
      runner = try #require(SearchRunner(specification, plan, on: data, catalogue: catalogue))
    }
  }

  /// Trains in this process, as far as it is told to.
  static func train(_ catalogue: Catalogue = .toy, most: Int = .max) -> (Plan, String) throws -> Runner.Summary {
    var left = most
    return { plan, folder in
      try ExperimentFolder(folder).freeze(plan)
      var summary = Runner.Summary()
      for cell in plan.cells {
        if case .done = RunFolder.state(of: cell, in: folder) { continue }
        guard left > 0 else {
          summary.signal = SIGTERM
          return summary
        }
        left -= 1
        _ = Worker.run(experiment: folder, cell: cell.id, catalogue: catalogue)
      }
      return summary
    }
  }

  static func essence(_ standing: SearchRunner.Standing, _ folder: String) throws -> [String: String] {
    var result = try RunnerTests.essence(standing.trials, SearchRunner.folder(of: folder))
    result["plan"] = String(decoding: try JSONFile.encoder().encode(try #require(standing.plan)), as: UTF8.self)
    return result
  }

  @Test(arguments: [
    "{method: {tpe: {startup: 3, batch: 2}}, trials: 6}", "{method: halving, trials: 6}",
    "{method: random, trials: 3, seeds: [0, 5]}",
  ])
  func `Rows get the settings of their best trial by the validation split`(_ search: String) throws {
    let scratch = try Scratch()
    let found = try Case(search.block).runner.run(in: scratch.path, output: .silent, training: Self.train())
    let plan = try #require(found.plan)
    for row in found.found.rows {
      #expect(row.trials.count == row.budget.map(\.trials).reduce(0, +))
      let last = row.trials.filter { $0.rung == row.budget.count - 1 }
      let best = try #require(row.best)
      #expect(best.value == last.compactMap(\.value).max())
      let settings = try #require(plan.cells.first { $0.row == row.name }).configuration.settings()
      for value in best.values {
        #expect(try SettingPath(value.path, at: "").value(in: settings) == value.value, "\(row.name) \(value.path)")
      }
      // the value is the mean over the trial's seeds of what its runs say of the validation split
      let trial = try #require(row.trials.first)
      let values = try trial.folders.map { path in
        let run = try RunFolder("\(SearchRunner.folder(of: scratch.path))/\(path)")
        #expect(run.result.metrics["test"] == nil && run.result.baseline["test"] == nil)
        #expect(!run.digests.names.contains("predictions-test.csv"))
        return try #require(run.result.metrics["validation"]?["accuracy"])
      }
      #expect(trial.value == values.reduce(0, +) / Double(values.count) && values.count == found.found.seeds.count)
    }
    #expect(Set(found.found.rows.map(\.budget)).count == 1)
    #expect(plan.cells.map(\.seed) == [1, 2, 1, 2, 1, 2])
    // a run of the row is not the trial's: it is measured on test as well
    #expect(Set(plan.cells.map(\.id)).isDisjoint(with: found.trials.cells.map(\.id)))
    #expect(plan.cells.allSatisfy { $0.configuration.splits == nil && $0.configuration.train.epochs == 3 })
  }

  @Test func `A trial never asks for a test sample; a row's run does`() throws {
    var catalogue = Catalogue.toy
    catalogue.add(SealedData.self)
    let scratch = try Scratch()
    let sealed = [("data: toy", "data: sealed"), ("seeds: [1, 2]", "seeds: [1]\nreport: {samples: 0}")]
    let found = try Case(Self.tpe, sealed, catalogue).runner.run(
      in: scratch.path, output: .silent, training: Self.train(catalogue))
    #expect(found.found.rows.flatMap(\.trials).count == 18)
    #expect(found.found.rows.flatMap(\.failures).isEmpty)
    let plan = try #require(found.plan)
    _ = try Self.train(catalogue)(plan, scratch.path)
    guard case .failed(let result) = RunFolder.state(of: plan.cells[0], in: scratch.path) else {
      Issue.record("the test split of a row's run was not read")
      return
    }
    #expect(result.error == "the test split was read")
  }

  @Test func `Where the plan was measured, each trial has its time by its epochs, and so have the rows`() throws {
    let (scratch, halving) = (try Scratch(), "{method: halving, trials: 6}".block)
    let case_ = try Case(halving, measuring: true)
    let written = try Plan(case_.specification, catalogue: .toy, measuring: true)
    var known = 0
    var perEpoch: [Substring: Double] = [:]  // by row: the same in every round, however many epochs its trials have
    let found = try case_.runner.run(in: scratch.path, output: .silent) { plan, folder in
      for cell in plan.cells {
        let seconds = try #require(plan.seconds[cell.row], "\(cell.row)") / Double(cell.configuration.train.epochs)
        let row = cell.row.prefix { $0 != "," }
        #expect(abs(seconds / (perEpoch[row] ?? seconds) - 1) < 1e-9)
        perEpoch[row] = seconds
        known += 1
      }
      return try Self.train()(plan, folder)
    }
    #expect(Set(found.trials.cells.map(\.configuration.train.epochs)).count > 1)
    #expect(known == found.trials.cells.count && known > 6)
    #expect(Set(try #require(found.plan).seconds.keys) == Set(written.rows.map(\.name)))
    let unmeasured = try Case(halving).runner.run(in: scratch.path, output: .silent, training: Self.train())
    #expect(unmeasured.trials.seconds.isEmpty && unmeasured.plan?.seconds.isEmpty == true)
  }

  @Test func `The number of workers changes nothing`() throws {
    var found: [[String: String]] = []
    for workers in [1, 3] {
      let scratch = try Scratch()
      let standing = try Case(Self.tpe).runner.run(in: scratch.path, output: .silent) { plan, folder in
        try Runner(plan, in: folder, workers: workers, command: WorkerEntry.command, output: .silent).run()
      }
      found.append(try Self.essence(standing, scratch.path))
      #expect(found[found.count - 1].count == 6 * standing.trials.cells.count + 1)
    }
    #expect(found[0].count > 60)
    #expect(found[0] == found[1])
  }

  @Test(arguments: ["{method: {tpe: {startup: 3, batch: 2}}, trials: 6}", "{method: halving, trials: 6}"])
  func `A search that was stopped anywhere goes on to what it would have been`(_ search: String) throws {
    let whole = try Scratch()
    let expected = try Self.essence(
      Case(search.block).runner.run(in: whole.path, output: .silent, training: Self.train()), whole.path)
    let stopped = try Scratch()
    var stops = 0
    while true {
      let case_ = try Case(search.block)
      let found = try case_.runner.run(in: stopped.path, output: .silent, training: Self.train(most: 4))
      guard let signal = found.signal else {
        #expect(try Self.essence(found, stopped.path) == expected)
        break
      }
      stops += 1
      #expect(signal == SIGTERM && found.plan == nil && found.missing > 0)
      let standing = try case_.runner.standing(in: stopped.path)
      #expect(standing.missing > 0 && standing.plan == nil)
      #expect(standing.text(folder: "runs/toy").contains("the search is not over: "))
      try #require(stops < 10)
    }
    #expect(stops >= 3)
    // and what is done is seen without training
    let again = try Case(search.block).runner.run(in: stopped.path, output: .silent) { _, _ in
      Issue.record("a finished search trains")
      return Runner.Summary()
    }
    #expect(try Self.essence(again, stopped.path) == expected)
  }

  #if os(Linux)
    @Test func `A search killed at any moment is completed to the same bits`() throws {
      let whole = try Scratch()
      let expected = try Self.essence(
        Case(Self.tpe).runner.run(in: whole.path, output: .silent, training: Self.train()), whole.path)
      for milliseconds in [150, 500, 900, 1500] {
        let scratch = try Scratch()
        defer { try? FileManager.default.removeItem(atPath: "\(scratch.path).log") }
        let search = try TestProgram.start(
          only: "SearchEntry", log: "\(scratch.path).log", environment: [SearchEntry.variable: scratch.path])
        usleep(UInt32(milliseconds) * 1000)
        kill(search.processIdentifier, SIGKILL)
        search.waitUntilExit()
        #expect(search.terminationReason == .uncaughtSignal && search.terminationStatus == SIGKILL)
        let found = try SearchEntry.search(in: scratch.path)
        #expect(try Self.essence(found, scratch.path) == expected)
      }
    }
  #endif

  @Test func `A trial that fails counts as the worst, is reported, and stops nothing`() throws {
    let scratch = try Scratch()
    let rows = [("  - join\n", "  - join\n  - {name: faulty, fusion: faulty}\n")]
    let axes = "train.learningRate: {from: 1e-3, to: 1e-1, scale: log}\nfusion.faulty.fault: [none, notANumber]"
    let case_ = try Case("{method: random, trials: 6}".block, axes: axes, rows)
    let found = try case_.runner.run(in: scratch.path, output: .silent, training: Self.train())
    let faulty = try #require(found.found.rows.first { $0.name == "faulty" })
    let failed = faulty.trials.filter { $0.values.contains { $0.value == .text("notANumber") } }
    #expect(!failed.isEmpty && failed.count < 6)
    #expect(faulty.failures.map(\.number) == failed.map(\.number))
    #expect(failed.allSatisfy { $0.failure?.contains("the loss is NaN") == true && $0.epochsTrained == 3 })
    #expect(faulty.best?.values.last?.value == .text("none"))
    #expect(found.found.rows.map(\.trials.count) == [6, 6, 6, 6])
    #expect(try #require(found.plan).cells.contains { $0.row == "faulty" })
  }

  @Test func `Where every trial of a row fails, it is trained as written and the others as found`() throws {
    let scratch = try Scratch()
    let rows = [("  - join\n", "  - join\n  - {name: faulty, fusion: {faulty: {fault: notANumber}}}\n")]
    let found = try Case("{method: halving, trials: 3}".block, axes: "train.batchSize: [4, 8, 16]", rows).runner.run(
      in: scratch.path, output: .silent, training: Self.train())
    let faulty = try #require(found.found.rows.first { $0.name == "faulty" })
    #expect(faulty.best == nil && faulty.trials.count == 3 && faulty.failures.count == 3)
    let plan = try #require(found.plan)
    #expect(plan.cells.first { $0.row == "faulty" }?.configuration.train.batchSize == 8)
    #expect(found.found.rows.filter { $0.best != nil }.count == 3)
    #expect(found.found.text.contains("as written: every trial failed"))
  }

  @Test func `Rows that were found the same settings are the same runs`() throws {
    let scratch = try Scratch()
    // "scaled" states 2, which "join" can only find as well
    let found = try Case("{method: random, trials: 1}".block, axes: "fusion.join.scale: [2]").runner.run(
      in: scratch.path, output: .silent, training: Self.train())
    let plan = try #require(found.plan)
    func folders(_ row: String) -> [String] { plan.cells.filter { $0.row == row }.map(\.folder) }
    #expect(folders("join") == folders("scaled") && folders("join").count == 2)
    let summary = try Runner(plan, in: scratch.path, workers: 2, command: WorkerEntry.command, output: .silent).run()
    #expect(summary.exitStatus == 0 && summary.now == 6)
    let comparison = try Comparison(reading: scratch.path)
    #expect(comparison.rows.allSatisfy { $0.cells.allSatisfy { $0.status == .done } })
    #expect(comparison.notes.contains { $0.hasSuffix("which are the same runs: join; scaled.") })
  }

  @Test func `A combination that comes again is not trained again`() throws {
    let scratch = try Scratch()
    let found = try Case("{method: random, trials: 8}".block, axes: "train.batchSize: [4, 8]").runner.run(
      in: scratch.path, output: .silent, training: Self.train())
    #expect(found.trials.cells.count <= 2 * 3)
    for row in found.found.rows {
      #expect(row.trials.count == 8 && row.trials.filter { !$0.isRepeated }.count <= 2)
      #expect(row.trials.allSatisfy { $0.value != nil })
      #expect(row.epochsTrained == 3 * row.trials.filter { !$0.isRepeated }.count)
    }
  }

  @Test func `The report knows what was searched, how much, and the curve of the best so far`() throws {
    let scratch = try Scratch()
    let found = try Case(Self.tpe).runner.run(in: scratch.path, output: .silent, training: Self.train())
    _ = try Self.train()(try #require(found.plan), scratch.path)
    let comparison = try Comparison(reading: scratch.path)
    let search = try #require(comparison.search)
    #expect(search.method == "tpe" && search.rows.map(\.name) == comparison.rows.map(\.name))
    #expect(search.rows.flatMap(\.trials).allSatisfy { ($0.seconds ?? 0) > 0 })
    #expect(comparison.notes.contains { $0.contains("no trial has seen the test split") })
    for row in search.rows {
      let curve = row.bestSoFar(higherIsBetter: true)
      #expect(zip(curve, curve.dropFirst()).allSatisfy { $0.epochs < $1.epochs && $0.value <= $1.value })
      #expect(curve.last?.epochs == row.epochsTrained && curve.last?.value == row.best?.value)
    }
    #expect(try #require(comparison.rows.first).cells.allSatisfy { $0.status == .done })
  }

  @Test func `What the trials' folder holds beside them is listed for removal`() throws {
    let scratch = try Scratch()
    let axes = "train.learningRate: {from: 1e-4, to: 1, scale: log}"
    let case_ = try Case("{method: random, trials: 2}".block, axes: axes)
    _ = try case_.runner.run(in: scratch.path, output: .silent, training: Self.train())
    let fewer = try Case("{method: random, trials: 1}".block, axes: axes)
    let standing = try fewer.runner.standing(in: scratch.path)
    let inventory = Inventory(of: SearchRunner.folder(of: scratch.path), for: standing.trials)
    #expect(inventory.done.count == 3 && inventory.leftovers.map(\.kind) == [.stale, .stale, .stale])
    #expect(standing.plan != nil)
    #expect(standing.text(folder: scratch.path).contains("3 of 3 done, 0 to do"))
  }

  @Test func `Two searches of one folder do not work at once`() throws {
    let scratch = try Scratch()
    let case_ = try Case(Self.tpe)
    let text = message {
      _ = try case_.runner.run(in: scratch.path, output: .silent) { _, _ in
        _ = try case_.runner.run(in: scratch.path, output: .silent, training: Self.train())
        return Runner.Summary()
      }
    }
    #expect(text.contains("another braid is running this experiment"))
  }
}

#if os(Linux)
  /// The test program as a search of a folder.
  @Suite("Search process") struct SearchEntry {
    static let variable = "BRAID_TEST_SEARCH"

    static func search(in folder: String) throws -> SearchRunner.Standing {
      try SearchRunnerTests.Case(SearchRunnerTests.tpe).runner.run(in: folder, output: .silent) { plan, folder in
        try Runner(plan, in: folder, workers: 2, command: WorkerEntry.command, output: .silent).run()
      }
    }

    @Test func `Searches in the folder it is asked for, if it is asked`() throws {
      guard let folder = ProcessInfo.processInfo.environment[SearchEntry.variable] else { return }
      unsetenv(SearchEntry.variable)  // workers do not search
      _ = try Self.search(in: folder)
      while true { usleep(1000) }  // until it is killed
    }
  }
#endif
