import BraidCore
import BraidNN
import Foundation
import Testing

@testable import BraidExperiments

@Suite("What lies in a folder, seen from a plan", .serialized) struct InventoryTests {
  private func run(_ plan: Plan, in folder: String) throws -> Runner.Summary {
    try Runner(plan, in: folder, workers: 2, command: WorkerEntry.command, output: .silent).run()
  }

  @Test func `A row more: only its cells run`() throws {
    let scratch = try Scratch()
    _ = try run(try Toy.plan(), in: scratch.path)
    let more = try Toy.plan([("  - join\n", "  - join\n  - concat\n")])
    let inventory = Inventory(of: scratch.path, for: more)
    #expect(inventory.done.count == 6 && inventory.missing.map(\.row) == ["concat", "concat"])
    let summary = try run(more, in: scratch.path)
    #expect(summary.before == 6 && summary.now == 2)
  }

  @Test func `A setting changed: which runs are stale, and why`() throws {
    let scratch = try Scratch()
    _ = try run(try Toy.plan(), in: scratch.path)
    let changed = try Toy.plan([("{join: {scale: 2}}", "{join: {scale: 3}}")])
    let inventory = Inventory(of: scratch.path, for: changed)
    #expect(inventory.done.count == 4 && inventory.missing.count == 2)
    #expect(inventory.leftovers.map(\.kind) == [.stale, .stale])
    #expect(
      inventory.text(of: changed, folder: "runs/toy") == """
        runs/toy: 4 of 6 done, 2 to do
        stale: 2 runs of scaled: fusion.join.scale is 2 there and 3 here
        """)
    #expect(inventory.leftovers.allSatisfy { $0.bytes > 1000 })
  }

  @Test func `Other data, fewer seeds, rows that are gone`() throws {
    let scratch = try Scratch()
    _ = try run(try Toy.plan(), in: scratch.path)
    func reasons(_ replacements: [(String, String)]) throws -> Set<String> {
      Set(Inventory(of: scratch.path, for: try Toy.plan(replacements)).leftovers.map(\.reason))
    }
    #expect(try reasons([("data: toy", "data: {toy: {edition: 2}}")]) == ["data.toy.edition is 1 there and 2 here"])
    #expect(try reasons([("seeds: [1, 2]", "seeds: [2]")]) == ["the seed 1 is not used here"])
    #expect(
      try reasons([("  - {name: left only, modalities: [left], fusion: join}\n", "")])
        == ["there is no row \"left only\" here"])
  }

  /// The same settings, but a file behind them is another one.
  private struct ChangedData: Dataset {
    typealias Options = ToyData.Options
    static let about = ToyData.about
    private let inner: ToyData
    init(_ options: ToyData.Options) throws { inner = try ToyData(options) }
    var inputs: [InputSpecification] { inner.inputs }
    var target: TargetSpecification { inner.target }
    var digest: String { inner.digest + ", changed" }
    func count(_ split: Split) -> Int { inner.count(split) }
    func identifiers(_ split: Split) -> [String] { inner.identifiers(split) }
    func batch(_ split: Split, _ samples: [Int]) throws -> Batch { try inner.batch(split, samples) }
  }

  @Test func `Data that changed under the same settings make all runs stale`() throws {
    let scratch = try Scratch()
    _ = try run(try Toy.plan(), in: scratch.path)
    let changed = try Plan(Toy.specification(), catalogue: .toy, on: ChangedData(.init()))
    let inventory = Inventory(of: scratch.path, for: changed)
    #expect(inventory.missing.count == 6 && inventory.leftovers.allSatisfy { $0.reason == "the data have changed" })
    #expect(
      inventory.text(of: changed, folder: "runs/toy") == """
        runs/toy: 0 of 6 done, 6 to do
        stale: 6 runs of join; left only; scaled: the data have changed
        """)
  }

  @Test func `A part of a newer version makes its runs stale`() throws {
    let scratch = try Scratch()
    func plan(_ catalogue: Catalogue) throws -> Plan {
      let text = Toy.text([
        ("  - join\n", "  - join\n  - {name: dated, fusion: dated}\n"), ("seeds: [1, 2]", "seeds: [1]"),
      ])
      return try Plan(
        Specification(SettingsDocument(text, named: "toy.yaml"), catalogue: catalogue), catalogue: catalogue)
    }
    let old = try plan(.toy), newer = try plan(.toyOfNextYear)
    #expect(zip(old.cells, newer.cells).filter { $0.id != $1.id }.map(\.0.row) == ["dated"])
    #expect(newer.cells.map(\.configuration.versions).filter { !$0.isEmpty } == [["fusion": 2]])
    _ = try run(old, in: scratch.path)
    let inventory = Inventory(of: scratch.path, for: newer)
    #expect(inventory.done.count == 3 && inventory.missing.map(\.row) == ["dated"])
    #expect(inventory.leftovers.map(\.reason) == ["fusion is of version 1 there and 2 here"])
  }

  @Test(arguments: ["training", "optimizer", "adapters"])
  func `So does a newer version of the code that is in every run`(_ code: String) throws {
    let scratch = try Scratch()
    let plan = try Toy.plan()
    let first = plan.cells[0].configuration
    #expect(first.versions.isEmpty && first.versions(in: .toy) == first.versions)
    _ = try run(plan, in: scratch.path)
    var newer = plan
    for index in newer.cells.indices {
      var configuration = newer.cells[index].configuration
      configuration.versions = configuration.versions(in: .toy, code: [code: 2, "other": 1])
      newer.cells[index].configuration = configuration
      newer.cells[index].id = try configuration.identifier(dataDigest: plan.cells[index].dataDigest)
    }
    let inventory = Inventory(of: scratch.path, for: newer)
    #expect(inventory.missing.count == 6)
    #expect(Set(inventory.leftovers.map(\.reason)) == ["\(code) is of version 1 there and 2 here"])
  }

  @Test func `A row of another name keeps its runs`() throws {
    let scratch = try Scratch()
    _ = try run(try Toy.plan(), in: scratch.path)
    let renamed = try Toy.plan([("name: scaled", "name: doubled")])
    #expect(Inventory.renamed(in: scratch.path, for: renamed).count == 2)
    let summary = try run(renamed, in: scratch.path)
    #expect(summary.before == 6 && summary.now == 0)
    #expect(try Comparison(reading: scratch.path).row("doubled")?.cells.map(\.status) == [.done, .done])
  }

  @Test func `Only what belongs to nothing is removed`() throws {
    let scratch = try Scratch()
    let plan = try Toy.plan()
    _ = try run(plan, in: scratch.path)
    let cells = "\(scratch.path)/cells"
    let id = plan.cells[0].id
    try FileManager.default.createDirectory(
      atPath: "\(cells)/x-s1-000000000000.damaged", withIntermediateDirectories: true)
    for name in [".x-s1-000000000000.checkpoint", ".join-s1-\(id).checkpoint", ".x.7-7.partial"] {
      try Data("left".utf8).write(to: URL(fileURLWithPath: "\(cells)/\(name)"))
    }
    let inventory = Inventory(of: scratch.path, for: plan)
    #expect(
      inventory.leftovers.map(\.kind).sorted { $0.rawValue < $1.rawValue } == [
        .checkpoint, .checkpoint, .damaged, .partial,
      ])
    #expect(inventory.leftoverText(in: "runs").hasSuffix("1 damaged, 1 partial, 2 checkpoint: 12 bytes"))
    try Inventory.remove(inventory.leftovers, from: scratch.path)
    let after = Inventory(of: scratch.path, for: plan)
    #expect(after.leftovers.isEmpty && after.done.count == 6)
    #expect(after.leftoverText(in: "runs") == "runs: nothing is left over")
  }

  @Test func `Jobs that are over, event files of runs that are not planned, trials that nobody wants any more`() throws
  {
    let scratch = try Scratch()
    let plan = try Toy.plan()
    _ = try Runner(
      plan, in: scratch.path, workers: 2, command: WorkerEntry.command, output: .silent, tensorBoard: true
    ).run()
    let over = try Submission([.init(cells: [plan.cells[0].id])], of: "toy", in: scratch.path) { _ in "" }
    let atWork = try Submission([.init(cells: [plan.cells[1].id])], of: "toy", in: scratch.path) { _ in "" }
    try over.close()
    for folder in ["slurm/.toy-3-draft", "trials/cells"] {
      try FileManager.default.createDirectory(atPath: "\(scratch.path)/\(folder)", withIntermediateDirectories: true)
    }
    // of the plan itself: its event files are its own
    let own = Inventory(of: scratch.path, for: plan).leftovers
    #expect(own.map(\.path) == ["slurm/.toy-3-draft", "slurm/\(over.name)", "trials"])
    #expect(own.map(\.kind) == [.partial, .submission, .trials])
    let fewer = try Toy.plan([("seeds: [1, 2]", "seeds: [1]")])
    let leftovers = Inventory(of: scratch.path, for: fewer).leftovers
    let gone = plan.cells.filter { $0.seed == 2 }.map { $0.folder.dropFirst("cells/".count) }
    #expect(Set(leftovers.filter { $0.kind == .events }.map(\.path)) == Set(gone.map { "tensorboard/\($0)" }))
    #expect(leftovers.allSatisfy { $0.kind != .events || ($0.bytes > 100 && $0.reason == "its run is not planned") })
    try Inventory.remove(leftovers, from: scratch.path)
    #expect(Inventory(of: scratch.path, for: fewer).leftovers.isEmpty)
    let left = try FileManager.default.contentsOfDirectory(atPath: scratch.path).sorted()
    #expect(
      left == [
        ".lock", "cells", "cells.index", "cells.jsonl", "plan.json", "samples.json", "slurm", "tensorboard",
        "worker.json",
      ])
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/slurm") == [atWork.name])
    #expect(try FileManager.default.contentsOfDirectory(atPath: "\(scratch.path)/tensorboard").count == 3)
    // trials are wanted as long as the file has a search
    let searching = try Plan(ToySearch.specification("method: random\ntrials: 2"), catalogue: .toy)
    try FileManager.default.createDirectory(atPath: "\(scratch.path)/trials", withIntermediateDirectories: true)
    #expect(!Inventory(of: scratch.path, for: searching).leftovers.contains { $0.kind == .trials })
  }

  @Test func `A folder that is not there has nothing in it`() throws {
    let inventory = Inventory(of: "/nowhere/at/all", for: try Toy.plan())
    #expect(inventory.missing.count == 6 && inventory.leftovers.isEmpty)
  }
}
