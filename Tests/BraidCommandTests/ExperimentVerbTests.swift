import BraidTesting
import BraidCore
import Foundation
import Testing

@Suite(
  "From an experiment file to its report", .enabled(if: try needed(Braid.executable != nil, Braid.why), "\(Braid.why)"))
struct ExperimentVerbTests {
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
    reference: concat
    compare: [concat, gated]
    """
  /// Twelve samples; the sign of `a` is the class.
  private var table: String {
    let rows = (0..<12).map { index in
      "\(index % 2 == 0 ? 1 : -1),\(index),\(index % 2 == 0 ? "x" : "y"),\(["train", "train", "val", "test"][index / 3])"
    }
    return "a,b,label,split\n" + rows.joined(separator: "\n") + "\n"
  }
  private func scratch() throws -> Scratch { try Scratch(["tiny.yaml": experiment, "table.csv": table]) }
  private func page(_ scratch: Scratch, _ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: scratch.path("\(folder)/report.html"))
  }

  @Test func `check prints the plan, trains nothing and writes nothing`() throws {
    let scratch = try scratch()
    let plan = try Braid.json(["check", "tiny.yaml", "--set", "train.epochs=7"], in: scratch.url)
    guard case .list(let cells)? = plan["cells"] else { return #expect(Bool(false), "no cells") }
    #expect(plan["name"] == .text("tiny") && cells.count == 4)
    #expect(try Braid.run(["check", "tiny.yaml"], in: scratch.url).out.contains("gated"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: scratch.url.path).sorted() == ["table.csv", "tiny.yaml"])
    let said = try Braid.run(["check", "tiny.yaml"], in: scratch.url).out
    let rows = said.split(separator: "\n").filter { $0.hasPrefix("gated ") || $0.hasPrefix("concat * ") }
    #expect(rows.count == 2 && rows.allSatisfy { $0.hasSuffix(" s") } && said.contains("  a run\n"), "\(said)")
    #expect(
      said.contains(/\nAbout [0-9.]+ s with [0-9]+ workers? \([0-9.]+ s one after the other\), told from/), "\(said)")
    let typo = try Braid.run(["check", "tiny.yaml", "--set", "train.epoch=7"], in: scratch.url)
    #expect(typo.status == 1 && typo.err.contains("Did you mean \"epochs\"?"), "\(typo.err)")
  }

  @Test func `check --json has what it takes, and what runs there are`() throws {
    let scratch = try scratch()
    let before = try Braid.json(["check", "tiny.yaml"], in: scratch.url)
    for row in ["concat", "gated"] {
      guard case .number(let seconds)? = before["seconds"]?[row] else { return #expect(Bool(false), "\(before)") }
      #expect(seconds > 0)
    }
    guard case .number(let all)? = before["secondsInAll"] else { return #expect(Bool(false), "\(before)") }
    #expect(all > 0 && before["trials"] == .null)
    func count(_ plan: Setting, _ key: String) -> Int? {
      if case .list(let cells)? = plan["runs"]?[key] { cells.count } else { nil }
    }
    #expect(count(before, "done") == 0 && count(before, "missing") == 4 && count(before, "leftovers") == 0)
    #expect(try Braid.run(["run", "tiny.yaml", "--no-report"], in: scratch.url).status == 0)
    let after = try Braid.json(["check", "tiny.yaml", "--set", "seeds=[1]"], in: scratch.url)
    #expect(count(after, "done") == 2 && count(after, "missing") == 0 && count(after, "damaged") == 0)
    guard case .list(let stale)? = after["runs"]?["leftovers"] else { return #expect(Bool(false), "\(after)") }
    #expect(stale.count == 2 && stale.allSatisfy { $0["kind"] == .text("stale") })
    #expect(stale.allSatisfy { $0["reason"] == .text("the seed 2 is not used here") && $0["row"] != .null })
  }

  @Test func `run trains and reports, report reports again, predict answers`() throws {
    let scratch = try scratch()
    let run = try Braid.run(["run", "tiny.yaml", "--workers", "1"], in: scratch.url)
    #expect(run.status == 0 && run.out.contains("Does it run?") && run.out.contains("Best by mean accuracy"), "\(run)")
    #expect(page(scratch, "runs/tiny/report"))
    for source in ["tiny.yaml", "runs/tiny"] {
      let report = try Braid.run(["report", source, "--to", "out"], in: scratch.url)
      #expect(report.status == 0 && report.out.contains("report: ") && page(scratch, "out"), "\(report)")
      try FileManager.default.removeItem(atPath: scratch.path("out"))
    }
    let found = try FileManager.default.subpathsOfDirectory(atPath: scratch.path("runs")).first {
      $0.hasSuffix("parameters.safetensors")
    }
    let cell = "runs/" + (try #require(found) as NSString).deletingLastPathComponent
    let answers = try Braid.run(["predict", cell], in: scratch.url)
    // a line for each test sample
    #expect(answers.status == 0 && answers.out.split(whereSeparator: \.isNewline).count == 4, "\(answers)")
    #expect(answers.out == (try String(contentsOfFile: scratch.path("\(cell)/predictions-test.csv"), encoding: .utf8)))
    // new samples need no label, and none is made up for them
    try "a,b\n1,0\n-1,3\n".write(toFile: scratch.path("new.csv"), atomically: true, encoding: .utf8)
    let new = try Braid.run(["predict", cell, "--input", "new.csv"], in: scratch.url)
    #expect(new.status == 0 && new.out.hasPrefix("sample,predicted,score.x,score.y\nline 2,"), "\(new)")
    try "a\n1\n".write(toFile: scratch.path("short.csv"), atomically: true, encoding: .utf8)
    let short = try Braid.run(["predict", cell, "--input", "short.csv"], in: scratch.url)
    #expect(short.status == 1 && short.err.contains("short.csv") && short.err.contains("b"), "\(short)")
    let nowhere = try Braid.run(["predict", cell, "--out", "/nowhere/answers.csv"], in: scratch.url)
    #expect(nowhere.status == 1 && nowhere.err.hasPrefix("error: /nowhere/answers.csv: cannot be written ("))
  }

  @Test func `a run on noisy samples answers them again as it saw them, and new ones as they are`() throws {
    let scratch = try scratch()
    let run = try Braid.run(
      ["run", "tiny.yaml", "--set", "noise.one.gaussian=2", "--set", "seeds=[1]", "--no-report"], in: scratch.url)
    #expect(run.status == 0, "\(run)")
    let found = try FileManager.default.subpathsOfDirectory(atPath: scratch.path("runs")).first {
      $0.hasSuffix("parameters.safetensors")
    }
    let cell = "runs/" + (try #require(found) as NSString).deletingLastPathComponent
    let answers = try Braid.run(["predict", cell], in: scratch.url).out.split(separator: "\n").map(String.init)
    let kept = try String(contentsOfFile: scratch.path("\(cell)/predictions-test.csv"), encoding: .utf8)
    #expect(answers == kept.split(separator: "\n").map(String.init))
    // the test samples once more, as new ones: without noise their scores are others
    let rows = table.split(separator: "\n")
    try ([rows[0]] + rows.suffix(3)).joined(separator: "\n").write(
      toFile: scratch.path("same.csv"), atomically: true, encoding: .utf8)
    let again = try Braid.run(["predict", cell, "--input", "same.csv"], in: scratch.url)
    let scores = again.out.split(separator: "\n").dropFirst().map { $0.split(separator: ",").last }
    #expect(scores.count == 3 && scores != answers.dropFirst().map { $0.split(separator: ",").last }, "\(again)")
  }

  @Test func `a run whose cells fail ends with 2, and its report says why`() throws {
    let scratch = try scratch()
    let run = try Braid.run(
      ["run", "tiny.yaml", "--workers", "1", "--set", "train.learningRate=1e38", "--folder", "out"], in: scratch.url)
    #expect(run.status == 2 && run.out.contains("4 failed; the report says which and why."), "\(run)")
    let page = try String(contentsOfFile: scratch.path("out/report/report.html"), encoding: .utf8)
    #expect(page.contains("Cells that are not in the table") && page.components(separatedBy: ">failed</td>").count == 5)
  }

  @Test func `run --launcher says what it needs; cancel without a job is done`() throws {
    let scratch = try scratch()
    let nowhere = ["--set", "launcher.slurm.commands=/nowhere"]
    let run = try Braid.run(["run", "tiny.yaml", "--launcher", "slurm"] + nowhere, in: scratch.url)
    #expect(run.status == 1 && run.err.hasPrefix("error: scontrol: not found in /nowhere."), "\(run)")
    let local = try Braid.run(["run", "tiny.yaml", "--launcher", "local", "--no-report"] + nowhere, in: scratch.url)
    #expect(local.status == 0, "\(local)")
    let unknown = try Braid.run(["run", "tiny.yaml", "--launcher", "slrum"], in: scratch.url)
    #expect(unknown.status == 1 && unknown.err.contains("--launcher: found \"slrum\"; expected local or slurm."))
    let cancel = try Braid.run(["cancel", "tiny.yaml"], in: scratch.url)
    #expect(cancel == Braid.Ending(status: 0, out: "runs/tiny: no job of Slurm is at work\n", err: ""))
  }

  @Test func `report on a folder without runs says what is missing`() throws {
    let scratch = try Scratch()
    let report = try Braid.run(["report", scratch.url.path])
    #expect(
      report
        == .init(
          status: 1, out: "", err: "error: \(scratch.url.path): no experiment has been run here: it has no plan.json.\n"
        ))
  }
}
