import BraidTesting
import BraidCore
import Foundation
import Testing

@Suite("A search from the command line", .enabled(if: try needed(Braid.executable != nil, Braid.why), "\(Braid.why)"))
struct SearchVerbTests {
  private let experiment = """
    name: tiny
    question: Does it run?
    data:
      manifest:
        file: table.csv
        modalities: {one: {kind: vector, columns: [a]}, two: {kind: vector, columns: [b]}}
        split: {column: split}
    encoders: {one: {mlp: {layers: [3]}}, two: {mlp: {layers: [3]}}}
    metrics: [accuracy]
    train: {epochs: 2, batchSize: 4, monitor: accuracy}
    seeds: [1, 2]
    compare: [concat, gated]
    search:
      method: random
      trials: 3
      axes:
        train.learningRate: {from: 1e-3, to: 1e-1, scale: log}
        fusion.gated.width: [2, 4]
    """
  private var table: String {
    let rows = (0..<12).map { index in
      "\(index % 2 == 0 ? 1 : -1),\(index),\(index % 2 == 0 ? "x" : "y"),\(["train", "train", "val", "test"][index / 3])"
    }
    return "a,b,label,split\n" + rows.joined(separator: "\n") + "\n"
  }

  @Test func `check shows it, run does it and reports it, gc lists what is no longer of it`() throws {
    let scratch = try Scratch(["tiny.yaml": experiment, "table.csv": table])
    let check = try Braid.run(["check", "tiny.yaml"], in: scratch.url)
    #expect(check.status == 0 && check.out.contains("search   random, by validation accuracy, drawn with seed 0"))
    #expect(
      check.out.contains("budget   3 trials of 2 epochs for every row") && check.out.contains("fusion.gated.width"))

    let run = try Braid.run(["run", "tiny.yaml", "--workers", "2"], in: scratch.url)
    #expect(run.status == 0, "\(run)")
    #expect(run.err.contains("tiny, search, round 1: 6 runs, 6 to do with 2 workers, in runs/tiny/trials"))
    #expect(run.err.contains("search: random found settings for 2 rows in 6 trials of 12 epochs"))
    #expect(run.out.contains("settings found\n") && run.out.contains("Best by mean accuracy"))
    let csv = try String(contentsOfFile: scratch.path("runs/tiny/report/search.csv"), encoding: .utf8)
    #expect(csv.components(separatedBy: "\r\n").count == 8)
    for split in ["validation", "test"] {
      let found = try FileManager.default.subpathsOfDirectory(atPath: scratch.path("runs/tiny")).filter {
        $0.hasSuffix("predictions-\(split).csv")
      }
      #expect(found.filter { $0.hasPrefix("trials/") }.count == (split == "test" ? 0 : 6))
      #expect(found.filter { $0.hasPrefix("cells/") }.count == 4)
    }

    let again = try Braid.run(["run", "tiny.yaml"], in: scratch.url)
    #expect(again.status == 0 && again.err.contains("tiny: 4 runs, 4 done before, nothing to do"), "\(again)")
    let after = try Braid.run(["check", "tiny.yaml"], in: scratch.url)
    #expect(after.out.contains("runs/tiny/trials: 6 of 6 done, 0 to do"))
    #expect(after.out.contains("runs/tiny: 4 of 4 done, 0 to do"))
    let fewer = try Braid.run(["gc", "tiny.yaml", "--set", "search.trials=2", "--delete"], in: scratch.url)
    #expect(fewer.status == 0 && fewer.out.contains("2 stale"), "\(fewer)")
    let trials = try FileManager.default.contentsOfDirectory(atPath: scratch.path("runs/tiny/trials/cells"))
    #expect(trials.count == 4)
  }

  @Test func `A mistake in the search is told before anything trains`() throws {
    let scratch = try Scratch(["tiny.yaml": experiment, "table.csv": table])
    let typo = try Braid.run(["run", "tiny.yaml", "--set", "search.method=randm"], in: scratch.url)
    #expect(typo.status == 1 && typo.err.contains("Did you mean \"random\"?"), "\(typo)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("runs")))
  }
}
