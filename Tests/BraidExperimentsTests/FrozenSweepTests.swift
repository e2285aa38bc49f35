import BraidCore
import BraidData
import BraidNN
import BraidTensor
import BraidTraining
import Foundation
import Testing

@testable import BraidExperiments

@Suite("Frozen encoders in an experiment", .serialized) struct FrozenSweepTests {
  /// Five fusions, five seeds; `left` is read by an encoder that counts.
  private static let frozenOver = [
    ("left: {mlp: {layers: [4]}}", "left: {counted: {width: 4}}"), ("seeds: [1, 2]", "seeds: [1, 2, 3, 4, 5]"),
    ("  - {name: left only, modalities: [left], fusion: join}\n", "  - concat\n  - gated\n  - dated\n"),
  ]
  private static func plan(_ frozen: String, _ more: [(String, String)] = []) throws -> Plan {
    try Toy.plan(frozenOver + [("metrics:", "frozen: \(frozen)\nmetrics:")] + more)
  }

  /// Workers that share a store and count what is encoded.
  private static func command(_ store: String, log: String) -> WorkerCommand {
    let plain = WorkerEntry.command
    return WorkerCommand(plain.executable) {
      ["BRAID_CACHE=\(store)", "\(CountedEncoder.variable)=\(log)"] + plain.arguments($0, $1)
    }
  }
  @discardableResult
  private func run(_ plan: Plan, _ folder: String, _ store: String, _ log: String) throws -> Runner.Summary {
    try Runner(plan, in: folder, workers: 2, command: Self.command(store, log: log), output: .silent).run()
  }

  /// A trained encoder, as a parameters file of a finished run.
  private func trained(_ scratch: Scratch) throws -> String {
    let plan = try Toy.plan([
      ("left: {mlp: {layers: [4]}}", "left: {counted: {width: 4}}"), ("seeds: [1, 2]", "seeds: [7]"),
    ])
    try ExperimentFolder("\(scratch.path)/first").freeze(plan)
    #expect(Worker.run(experiment: "\(scratch.path)/first", cell: plan.cells[0].id, catalogue: .toy) == 0)
    return "\(scratch.path)/first/\(plan.cells[0].folder)"
  }

  @Test func `A sweep of 25 cells over a frozen encoder costs the encoder once`() throws {
    let scratch = try Scratch()
    let (store, log) = ("\(scratch.path)/store", "\(scratch.path)/log")
    let file = try trained(scratch)
    let plan = try Self.plan("{left: \(file)}")
    #expect(plan.cells.count == 25)
    #expect(try run(plan, "\(scratch.path)/kept", store, log).now == 25)
    let samples = 60 + 30 + 30  // training, validation and test split
    let counted = CountedEncoder.taken(from: log)
    #expect(counted.values.reduce(0, +) == samples, "every sample was encoded once: \(counted)")
    #expect(counted.keys.allSatisfy { $0.hasSuffix(" evaluation") })

    // a second sweep over the same encoder, with other settings of training, costs it nothing
    let longer = try Self.plan("{left: \(file)}", [("epochs: 3", "epochs: 4")])
    #expect(try run(longer, "\(scratch.path)/longer", store, log).now == 25)
    #expect(CountedEncoder.taken(from: log).isEmpty)

    // without a store every cell encodes for itself, and every file of every run is the same
    #expect(try run(plan, "\(scratch.path)/alone", "off", log).now == 25)
    #expect(CountedEncoder.taken(from: log).values.reduce(0, +) == 25 * samples)
    #expect(try RunnerTests.essence(plan, "\(scratch.path)/kept") == RunnerTests.essence(plan, "\(scratch.path)/alone"))
  }

  @Test func `First weights: one encoder a seed, the same for every fusion`() throws {
    let scratch = try Scratch()
    let (store, log) = ("\(scratch.path)/store", "\(scratch.path)/log")
    let plan = try Self.plan("[left]")
    #expect(try run(plan, "\(scratch.path)/runs", store, log).now == 25)
    #expect(CountedEncoder.taken(from: log).values.reduce(0, +) == 5 * 120)
    for seed in UInt64(1)...5 {
      let values = try plan.cells.filter { $0.seed == seed }.map { cell in
        try Safetensors(contentsOf: "\(scratch.path)/runs/\(cell.folder)/parameters.safetensors")
          .tensor("encoder.left.linear.weight").elements
      }
      #expect(values.count == 5 && Set(values).count == 1)
      // those an encoder that trains would start from
      let first = Linear(3, 4, in: Scope(seed: seed)["encoder.left"]["linear"])
      #expect(values[0] == first.weight.value.elements)
    }
  }

  @Test func `Runners and workers killed while they encode: the end is that of a run nobody disturbed`() throws {
    let scratch = try Scratch()
    let plan = try Self.plan(
      "[left]",
      [
        ("left: {counted: {width: 4}}", "left: {counted: {width: 4, delay: 2000}}"),
        ("seeds: [1, 2, 3, 4, 5]", "seeds: [1]"),
      ])
    try run(plan, "\(scratch.path)/whole", "off", "\(scratch.path)/log")
    let expected = try RunnerTests.essence(plan, "\(scratch.path)/whole")
    let (folder, store) = ("\(scratch.path)/disturbed", "\(scratch.path)/store")
    try ExperimentFolder(folder).freeze(plan)
    var stream = RandomStream(seed: 2, .sampling, path: "kills")
    let command = Self.command(store, log: "\(scratch.path)/log")
    for _ in 0..<12 {
      // two workers that want the same features; one is killed while it makes them or waits for them
      let pair = try plan.cells[..<2].map { cell in
        let worker = Process()
        worker.executableURL = URL(fileURLWithPath: command.executable)
        worker.arguments = command.arguments(folder, cell.id)
        (worker.standardOutput, worker.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
        try worker.run()
        return worker
      }
      usleep(UInt32(100_000 + stream.below(350_000)))
      for worker in pair {
        kill(worker.processIdentifier, SIGKILL)
        worker.waitUntilExit()
      }
    }
    #expect(try run(plan, folder, store, "\(scratch.path)/log").exitStatus == 0)
    #expect(try RunnerTests.essence(plan, folder) == expected)
  }

  @Test func `A run over a frozen encoder is whole: it answers and shows its samples without the encoder's file`()
    throws
  {
    let scratch = try Scratch()
    let file = try trained(scratch)
    let plan = try Self.plan("{left: \(file)}", [("seeds: [1, 2, 3, 4, 5]", "seeds: [1]")])
    let folder = "\(scratch.path)/runs"
    try ExperimentFolder(folder).freeze(plan)
    let cell = try #require(plan.cells.first { $0.row == "join" })
    #expect(Worker.run(experiment: folder, cell: cell.id, catalogue: .toy) == 0)
    let given = try Safetensors(contentsOf: "\(file)/parameters.safetensors")
    try FileManager.default.removeItem(atPath: file)
    let model = try TrainedModel("\(folder)/\(cell.folder)", catalogue: .toy)
    for split in [Split.validation, .test] {
      #expect(try model.answers(to: split).rows == model.run.predictions(split).rows)
    }
    #expect(
      try model.run.samples().map { $0.extras.map(\.name) } == Array(repeating: ["gate.left", "gate.right"], count: 4))
    let kept = try Safetensors(contentsOf: model.run.parametersPath)
    for name in ["encoder.left.linear.weight", "encoder.left.linear.bias"] {
      #expect(try kept.tensor(name).elements == given.tensor(name).elements, "training left it as it was")
    }
    // what trains is what is counted
    let all = try kept.names.map { try kept.shape($0).count }.reduce(0, +)
    #expect(model.run.result.parameters == all - (3 * 4 + 4))
    #expect(plan.row("join")?.parameters == model.run.result.parameters && plan.row("join")?.frozenParameters == 16)
    #expect(plan.text.contains("\(all - 16) + 16 frozen"))
    #expect(plan.text.contains("left (frozen)"), "\(plan.text)")
  }

  @Test func `The values of the encoder are part of what a cell is; where their file lies is not`() throws {
    let scratch = try Scratch()
    let file = try trained(scratch)
    func ids(_ frozen: String) throws -> [String] { try Self.plan(frozen).cells.map(\.id) }
    let there = try ids("{left: \(file)}")
    #expect(there == (try ids("{left: \(file)/parameters.safetensors}")), "a run, or its file")
    let elsewhere = "\(scratch.path)/copy.safetensors"
    try FileManager.default.copyItem(atPath: "\(file)/parameters.safetensors", toPath: elsewhere)
    #expect(there == (try ids("{left: \(elsewhere)}")))
    let changed = try Safetensors(contentsOf: elsewhere)
    try Safetensors.write(
      changed.names.map { name in
        (name, .float32(try changed.tensor(name) + (name.hasPrefix("encoder.left") ? 0.5 : 0)))
      }, to: elsewhere)
    let (others, first, none) = (try ids("{left: \(elsewhere)}"), try ids("[left]"), try ids("[]"))
    #expect(Set(there + others + first + none).count == 100)
    #expect(none == (try Toy.plan(Self.frozenOver).cells.map(\.id)), "nothing frozen: as if it were not mentioned")
    // a file that changes after the plan was made
    let plan = try Self.plan("{left: \(elsewhere)}")
    try ExperimentFolder("\(scratch.path)/runs").freeze(plan)
    try FileManager.default.removeItem(atPath: elsewhere)
    try FileManager.default.copyItem(atPath: "\(file)/parameters.safetensors", toPath: elsewhere)
    #expect(Worker.run(experiment: "\(scratch.path)/runs", cell: plan.cells[0].id, catalogue: .toy) == 2)
    guard case .failed(let result) = RunFolder.state(of: plan.cells[0], in: "\(scratch.path)/runs") else {
      Issue.record("expected a failed run")
      return
    }
    #expect(
      result.error == "compare.frozen.left: \(elsewhere) changed since the plan was made. Run the experiment again.")
  }

  @Test func `What is frozen can be an axis, a row's own, and is left out with its modality`() throws {
    let plan = try Toy.plan([
      ("  - {name: left only, modalities: [left], fusion: join}\n", ""),
      ("  - {name: scaled, fusion: {join: {scale: 2}}}", ""),
      ("seeds:", "sweep: {grid: {frozen: [[], [left], [left, right]]}}\nseeds:"), ("reference: join\n", ""),
    ])
    #expect(plan.rows.map(\.name) == ["join, frozen none", "join, frozen left", "join, frozen left+right"])
    #expect(plan.rows.map(\.frozenParameters) == [nil, 3 * 4 + 4, 3 * 4 + 4 + 2 * 4 + 4])
    #expect(plan.cells.map { $0.configuration.frozen?.count ?? 0 } == [0, 0, 1, 1, 2, 2])
    let rows = try Toy.plan([
      ("metrics:", "frozen: [left]\nmetrics:"), ("modalities: [left]", "modalities: [right]"),
      ("{name: scaled, fusion: ", "{name: scaled, frozen: [], fusion: "),
      ("epochs: 3,", "epochs: 3, groups: {encoder.left: {rate: 0.1}},"),
    ])
    #expect(rows.cells.map { $0.configuration.frozen == nil } == [true, true, false, false, true, true])
    #expect(
      rows.cells.map { $0.configuration.train.groups.names } == [[], [], [], [], ["encoder.left"], ["encoder.left"]])
  }

  @Test(arguments: [
    ("[lefft]", "toy.yaml:7: frozen: \"lefft\" has no encoder. Encoders: left, right. Did you mean \"left\"?"),
    ("[left, left]", "toy.yaml:7: frozen[1]: \"left\" is listed twice."),
    ("7", "toy.yaml:7: frozen: found 7 (a whole number); expected modalities"),
    ("{left: 3}", "toy.yaml:7: frozen.left: found 3 (a whole number); expected modalities"),
    ("{left: /nowhere/x.safetensors}", "frozen.left: /nowhere/x.safetensors: no such file, or it may not be read."),
  ])
  func `A mistake is told with its place`(_ frozen: String, _ expected: String) {
    let found = message { _ = try Toy.plan([("metrics:", "frozen: \(frozen)\nmetrics:")]) }
    #expect(found.contains(expected.replacingOccurrences(of: "toy.yaml:7: ", with: "")), "\(found)")
    #expect(
      found.hasPrefix(expected.hasPrefix("toy.yaml") ? "toy.yaml:7: frozen" : "toy.yaml:13: compare[0].frozen"),
      "\(found)")
  }

  @Test func `A file that does not fit the encoder: everything that differs is named`() throws {
    let scratch = try Scratch()
    let file = "\(scratch.path)/x.safetensors"
    func error(_ tensors: [(String, Shape)]) throws -> String {
      try Safetensors.write(tensors.map { ($0.0, .float32(Tensor.zeros($0.1))) }, to: file)
      return message { _ = try Self.plan("{left: \(file)}") }
    }
    let other = try error([("encoder.right.weight", Shape(2)), ("fusion.weight", Shape(1))])
    #expect(
      other.contains("\(file) holds no parameters of encoder.left; it holds encoder.right, fusion.weight."), "\(other)")
    let wrong = try error([
      ("encoder.left.linear.weight", Shape(3, 5)), ("encoder.left.norm.gain", Shape(5)), ("fusion.weight", Shape(1)),
    ])
    for part in [
      "frozen.left: \(file): ", "\"encoder.left.linear.weight\" has shape [3, 5]; expected [3, 4]",
      "\"encoder.left.linear.bias\" is missing (expected shape [4])",
      "\"encoder.left.norm.gain\" belongs to no parameter of this model",
    ] { #expect(wrong.contains(part), "\(wrong)") }
    #expect(!wrong.contains("fusion"), "what else the file holds is not looked at")
  }

  @Test func `What a worker says of its store is passed on once`() throws {
    let scratch = try Scratch()
    let log = RunnerTests.Log()
    let plan = try Self.plan("[left]", [("seeds: [1, 2, 3, 4, 5]", "seeds: [1]")])
    // a file is where the folder should be
    try Data().write(to: URL(fileURLWithPath: "\(scratch.path)/file"))
    let command = Self.command("\(scratch.path)/file/store", log: "\(scratch.path)/log")
    let summary = try Runner(plan, in: "\(scratch.path)/runs", workers: 2, command: command, output: log.output).run()
    #expect(summary.now == 5 && summary.exitStatus == 0)
    let said = "\(scratch.path)/file/store: nothing can be kept here (Not a directory); going on without it"
    #expect(log.text.components(separatedBy: said).count == 2, "\(log.text)")
  }
}
