import BraidCore
import BraidNN
import BraidTensor
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

@Suite("Run folders") struct RunFolderTests {
  private func finished(_ scratch: Scratch, _ replacements: [(String, String)] = []) throws -> (
    plan: Plan, cell: Plan.Cell
  ) {
    let plan = try Toy.plan(replacements)
    try ExperimentFolder(scratch.path).freeze(plan)
    let cell = plan.cells[2]
    #expect(Worker.run(experiment: scratch.path, cell: cell.id, catalogue: .toy) == 0)
    return (plan, cell)
  }

  @Test func `A finished run explains itself`() throws {
    let scratch = try Scratch()
    let (plan, cell) = try finished(scratch)
    let run = try RunFolder("\(scratch.path)/\(cell.folder)")
    #expect(run.result.status == .done && run.result.cell == cell.id)
    #expect(run.epochs.map(\.epoch) == [1, 2, 3])
    #expect(try run.configuration.identifier(dataDigest: plan.data.digest) == cell.id)
    #expect(run.provenance.dataDigest == plan.data.digest && run.provenance.seed == 1 && run.provenance.threads == 1)
    #expect(run.provenance.executable.count == 64 && run.provenance.library.contains("OpenBLAS"))
    #expect(run.result.parameters == plan.row("join")?.parameters)
    #expect(run.result.flopsPerSample == plan.row("join")?.flopsPerSample)
    #expect(Set(run.result.metrics["test"]!.keys) == ["loss", "accuracy", "macro-f1"])
    #expect(run.result.baseline["test"]?["accuracy"] == 1.0 / 3)
    let names = try FileManager.default.contentsOfDirectory(atPath: run.path).sorted()
    #expect(
      names == [
        "SHA256SUMS", "configuration.json", "epochs.jsonl", "parameters.safetensors", "predictions-test.csv",
        "predictions-validation.csv",
        "provenance.json", "result.json", "samples.json",
      ])
  }

  @Test func `A file that cannot be written is named with the reason`() throws {
    let scratch = try Scratch()
    func message(_ path: String, _ body: () throws -> Void) -> String {
      do {
        try filing(path, body)
        return "no error"
      } catch { return "\(error)" }
    }
    #expect(
      message("/a/file") { throw CocoaError(.fileWriteOutOfSpace) }
        == "/a/file: cannot be written (no space left on the device).")
    let nowhere = "\(scratch.path)/missing/file"
    let written = message(nowhere) { try Data([1]).write(to: URL(fileURLWithPath: nowhere)) }
    #expect(written == "\(nowhere): cannot be written (No such file or directory).")
    #if os(Linux)
      let full = message("/dev/full") { try Data([1]).write(to: URL(fileURLWithPath: "/dev/full")) }
      #expect(full.lowercased().contains("no space left on"))
    #endif
  }

  @Test func `The metrics are those of the written predictions`() throws {
    let scratch = try Scratch()
    let run = try RunFolder("\(scratch.path)/\(try finished(scratch).cell.folder)")
    let file = try run.predictions(.test)
    let matrix = try #require(file.confusion(classes: ["red", "green, dark", "blue"]))
    let right = (0..<3).map { matrix.truePositives($0) }.reduce(0, +)
    #expect(Double(right) / Double(matrix.total) == run.result.metrics["test"]?["accuracy"])
    #expect(file.column("sample") == (0..<30).map { "test-\($0)" })
    #expect(file.column("right")?[1] == "green, dark")  // a comma within a field
  }

  @Test func `The written parameters give the written answers`() throws {
    let scratch = try Scratch()
    let run = try RunFolder("\(scratch.path)/\(try finished(scratch).cell.folder)")
    let data = try ToyData(.init())
    let composition = try Composition(run.configuration, for: data, catalogue: .toy)
    try composition.model.store.load(from: run.parametersPath)
    let (evaluation, _) = try evaluate(composition.model, composition.loss, on: data, .test)
    #expect(PredictionFile(evaluation, identifiers: data.identifiers(.test)).rows == (try run.predictions(.test)).rows)
  }

  @Test func `Gates and answers of a few samples are kept, spread over the split`() throws {
    let scratch = try Scratch()
    let (plan, cell) = try finished(scratch)
    #expect(plan.samples == [3, 11, 18, 26])
    let answers = try RunFolder("\(scratch.path)/\(cell.folder)").samples()
    #expect(answers.map(\.identifier) == ["test-3", "test-11", "test-18", "test-26"])
    #expect(answers[0].extras.map(\.name) == ["gate.left", "gate.right"])
    #expect(answers[0].extras[0].shape == [2] && answers[0].extras[0].values == [0.5, 0.5])
    #expect(plan.views[0].words == [.init(modality: "left", words: ["sample", "3"])] && plan.views[0].right == "red")
  }

  @Test func `A run that meets a value that is not a number says where`() throws {
    let scratch = try Scratch()
    let plan = try Toy.plan([("{join: {scale: 2}}", "faulty")])
    try ExperimentFolder(scratch.path).freeze(plan)
    let cell = plan.cells[4]
    #expect(Worker.run(experiment: scratch.path, cell: cell.id, catalogue: .toy) == 2)
    guard case .failed(let result) = RunFolder.state(of: cell, in: scratch.path) else {
      Issue.record("expected a failed run")
      return
    }
    #expect(
      result.error?.hasPrefix(
        "epoch 1, step 3: the loss is NaN. The first values that are not finite come from the fusion") == true,
      "\(result.error ?? "")")
    #expect(message { _ = try RunFolder("\(scratch.path)/\(cell.folder)") }.contains("the run failed: epoch 1, step 3"))
  }

  @Test func `Whatever happens to a file of a run, the run is not believed`() throws {
    let scratch = try Scratch()
    let (_, cell) = try finished(scratch)
    let folder = "\(scratch.path)/\(cell.folder)"
    for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted() {
      let path = "\(folder)/\(name)"
      let whole = try #require(FileManager.default.contents(atPath: path))
      let changed = stride(from: 0, to: whole.count, by: max(whole.count / 40, 1)).map { place in
        var changed = whole
        changed[place] ^= 0x01  // a digit becomes another digit
        return changed
      }
      for damage in [whole.prefix(whole.count / 2), Data(), nil] + changed {
        try? FileManager.default.removeItem(atPath: path)
        try damage.map { try Data($0).write(to: URL(fileURLWithPath: path)) }
        guard case .damaged(let why) = RunFolder.state(of: cell, in: scratch.path) else {
          Issue.record("\(name) with \(damage.map { "\($0.count) bytes" } ?? "nothing") was believed")
          continue
        }
        // where the digests' file says another file's name, that one is missed
        #expect(why.contains(name) || name == RunDigests.file, "\(name): \(why)")
      }
      try whole.write(to: URL(fileURLWithPath: path))
    }
    guard case .done = RunFolder.state(of: cell, in: scratch.path) else {
      Issue.record("the restored run is not believed")
      return
    }
  }

  @Test func `The digests are cut short nowhere without its being seen`() throws {
    let scratch = try Scratch()
    let (_, cell) = try finished(scratch)
    let file = URL(fileURLWithPath: "\(scratch.path)/\(cell.folder)/SHA256SUMS")
    let whole = try Data(contentsOf: file)
    for length in 0..<whole.count {
      try whole.prefix(length).write(to: file)
      guard case .damaged = RunFolder.state(of: cell, in: scratch.path) else {
        Issue.record("\(length) bytes are believed")
        return
      }
    }
  }

  #if os(Linux)
    @Test func `The digests are what sha256sum checks`() throws {
      let scratch = try Scratch()
      let (_, cell) = try finished(scratch)
      let check = Process(), output = Pipe()
      check.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
      check.arguments = ["--check", "--strict", "SHA256SUMS"]
      check.currentDirectoryURL = URL(fileURLWithPath: "\(scratch.path)/\(cell.folder)")
      check.standardOutput = output
      try check.run()
      let said = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      check.waitUntilExit()
      #expect(check.terminationStatus == 0 && said.split(separator: "\n").count == 8, "\(said)")
      #expect(said.hasSuffix("result.json: OK\n"))
    }
  #endif

  @Test func `A second run of a finished cell changes nothing`() throws {
    let scratch = try Scratch()
    let (_, cell) = try finished(scratch)
    let path = "\(scratch.path)/\(cell.folder)/result.json"
    let before = try #require(FileManager.default.contents(atPath: path))
    #expect(Worker.run(experiment: scratch.path, cell: cell.id, catalogue: .toy) == 0)
    #expect(FileManager.default.contents(atPath: path) == before)
  }

  @Test func `Changed data fail the cell`() throws {
    let scratch = try Scratch()
    var plan = try Toy.plan()
    for index in plan.cells.indices { plan.cells[index].dataDigest = "of other data" }
    try ExperimentFolder(scratch.path).freeze(plan)
    #expect(Worker.run(experiment: scratch.path, cell: plan.cells[0].id, catalogue: .toy) == 2)
    guard case .failed(let result) = RunFolder.state(of: plan.cells[0], in: scratch.path) else {
      Issue.record("expected a failed run")
      return
    }
    #expect(result.error?.hasPrefix("the data changed since the plan was made") == true)
  }

  @Test func `A cell that is not planned is refused`() throws {
    let scratch = try Scratch()
    #expect(Worker.run(experiment: scratch.path, cell: "x", catalogue: .toy) == 1)  // no plan
    try ExperimentFolder(scratch.path).freeze(try Toy.plan())
    #expect(Worker.run(experiment: scratch.path, cell: "x", catalogue: .toy) == 1)
  }

  @Test func `Predictions with commas, quotes and line ends come back`() throws {
    let target = TargetSpecification.labels(["a,b", "say \"c\"", "d"])
    let evaluation = Evaluation(
      target: target, count: 2, scores: [0.9, 0.1, 0.5, 0.25, 1e-7, 0.75], values: [1, 0, 1, 0, 0, 0])
    let file = PredictionFile(evaluation, identifiers: ["one\ntwo", "\"x\""])
    let back = try PredictionFile(file.text, named: "x.csv")
    #expect(back.columns == file.columns && back.rows == file.rows)
    #expect(back.columns == ["sample", "right", "predicted", "score.a,b", "score.say \"c\"", "score.d"])
    #expect(back.rows[0] == ["one\ntwo", "a,b|d", "a,b|d", "0.9", "0.1", "0.5"])
    #expect(message { _ = try PredictionFile("a,b\n1\n", named: "x.csv") } == "x.csv: row 2 has 1 fields; expected 2.")
    #expect(message { _ = try PredictionFile("a,b\n1,2", named: "x.csv") } == "x.csv: is cut short.")
  }

  @Test func `A new plan takes the place of the old one`() throws {
    let scratch = try Scratch()
    let folder = ExperimentFolder(scratch.path)
    try folder.freeze(try Toy.plan())
    let other = try Toy.plan([("epochs: 3", "epochs: 5")])
    try folder.freeze(other)
    #expect(try folder.plan().cells.map(\.id) == other.cells.map(\.id))
  }

  @Test func `A worker finds its cell among all; a damaged plan is refused`() throws {
    let scratch = try Scratch()
    let folder = ExperimentFolder(scratch.path)
    let plan = try Toy.plan()
    try folder.freeze(plan)
    for cell in plan.cells {
      let found = try folder.assignment(cell.id)
      #expect(found.cell.folder == cell.folder && found.cell.dataDigest == cell.dataDigest)
      #expect(found.shared.constantAnswer == plan.constantAnswer && found.shared.samples == plan.samples)
    }
    #expect(
      message { _ = try folder.assignment("0123456789ab") } == "\(scratch.path): the plan has no cell 0123456789ab.")
    let file = URL(fileURLWithPath: "\(scratch.path)/cells.jsonl")
    let whole = try Data(contentsOf: file)
    let says = "\(file.path): is missing, cut short or not of a plan of this Braid. Run the experiment again."
    let lines = whole.split(separator: UInt8(ascii: "\n"))
    for damaged in [whole.dropLast(20), Data(lines.dropLast().joined(separator: [UInt8(ascii: "\n")])), Data()] {
      try damaged.write(to: file)
      #expect(message { _ = try folder.plan() } == says)
    }
    try FileManager.default.removeItem(at: file)
    #expect(message { _ = try folder.plan() } == says)
    try folder.freeze(plan)
    #expect(try folder.plan().cells.map(\.id) == plan.cells.map(\.id))
  }

  @Test
  func
    `The index of cells is a help, not the truth: without it, and with that of another plan, a worker finds its cell`()
    throws
  {
    let scratch = try Scratch()
    let folder = ExperimentFolder(scratch.path)
    let plan = try Toy.plan()
    try folder.freeze(plan)
    let file = URL(fileURLWithPath: "\(scratch.path)/cells.index")
    let index = try String(contentsOf: file, encoding: .utf8)
    let cell = try #require(plan.cells.last)
    func found() throws -> String { try folder.assignment(cell.id).cell.folder }
    for wrong in [
      "", "\(cell.id) 0 40\n", "\(cell.id) 99999999 7\n", "\(cell.id) -1 7\n", "\(cell.id) x y\n", "\(cell.id) ",
    ] {
      try Data(wrong.utf8).write(to: file)
      #expect(try found() == cell.folder)
    }
    try FileManager.default.removeItem(at: file)
    #expect(try found() == cell.folder)
    // With it nothing else is read: what stands elsewhere in the file may be anything of the same length.
    try Data(index.utf8).write(to: file)
    let cells = URL(fileURLWithPath: "\(scratch.path)/cells.jsonl")
    var bytes = try Data(contentsOf: cells)
    let lines = bytes.split(separator: UInt8(ascii: "\n"))
    let last = try #require(lines.last).startIndex
    bytes.replaceSubrange(..<last, with: Data(repeating: UInt8(ascii: "?"), count: last))
    try bytes.write(to: cells)
    #expect(try found() == cell.folder)
    #expect(
      message { _ = try folder.assignment(plan.cells[0].id) }
        == "\(scratch.path): the plan has no cell \(plan.cells[0].id).")
  }

  @Test func `A line is found by a text in it wherever it stands`() {
    let data = Data("first aab\naaab\n\nlast aabaaab".utf8)
    func line(_ text: String) -> String? { data.line(containing: text).map { String(decoding: $0, as: UTF8.self) } }
    #expect(line("first") == "first aab")
    #expect(line("aab") == "first aab")
    #expect(line("aaab") == "aaab")
    #expect(line("baaab") == "last aabaaab")
    #expect(line("ast aabaaab") == "last aabaaab")
    #expect(line("t aabb") == nil)
    #expect(Data().line(containing: "a") == nil)
    #expect(data.dropFirst(10).line(containing: "aab") == Data("aaab".utf8))
  }

  @Test func `Only one runner holds a folder, and it lets go`() throws {
    let scratch = try Scratch()
    let folder = ExperimentFolder(scratch.path)
    do {
      let lock = try folder.lock()
      let says = message { _ = try folder.lock() }
      #expect(says.hasPrefix("\(scratch.path): another braid is running this experiment (process \(getpid()) on "))
      withExtendedLifetime(lock) {}
    }
    #expect(try folder.lock().notice == nil)
  }

  /// As file systems without locks answer: NFS without its lock service, some FUSE ones.
  @Test(arguments: [ENOLCK, ENOSYS, EOPNOTSUPP])
  func `Where files cannot be locked that is said, and no other runner is made up`(_ reason: Int32) throws {
    let scratch = try Scratch()
    let lock = try FolderLock("\(scratch.path)/.lock", folder: scratch.path) { _, _ in
      errno = reason
      return -1
    }
    let why = String(cString: strerror(reason))
    #expect(
      lock.notice
        == "\(scratch.path): the file system cannot lock it (\(why)): see to it that no other braid runs this experiment meanwhile"
    )
  }

  @Test func `A lock that a signal interrupted is asked for again`() throws {
    let scratch = try Scratch()
    var tries = 0
    let lock = try FolderLock("\(scratch.path)/.lock", folder: scratch.path) {
      tries += 1
      errno = EINTR
      return tries < 3 ? -1 : flock($0, $1)
    }
    #expect(tries == 3 && lock.notice == nil)
    #expect(message { _ = try ExperimentFolder(scratch.path).lock() }.contains("another braid is running"))
    withExtendedLifetime(lock) {}
  }
}
