import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

@Suite("A submission to Slurm as files") struct SubmissionTests {
  private let scratch: Scratch
  init() throws { scratch = try Scratch() }
  private func make(_ tasks: [Submission.Task] = [.init(cells: ["a"])]) throws -> Submission {
    try Submission(tasks, of: "toy-2", in: scratch.path) { "cd \($0)\n" }
  }

  @Test func `is read as it was written, and those that are open in the order they were made`() throws {
    let tasks = [Submission.Task(cells: ["a", "b"], tries: 2, epochs: 11), .init(cells: ["c"])]
    var first = try make(tasks)
    try first.submitted(as: "17")
    let made = try (0..<11).map { _ in try make() }
    let open = Submission.open(in: scratch.path)
    #expect(open.map(\.name) == [first.name] + made.map(\.name))
    #expect(open[0].tasks == tasks && open[0].job == "17" && open[1].job == nil)
    #expect(open[0].title == "job 17" && open[1].title == "job \(made[0].name)")
    #expect(try String(contentsOfFile: first.script, encoding: .utf8) == "cd \(first.path)\n")
    try first.close()
    #expect(Submission.open(in: scratch.path).map(\.name) == made.map(\.name))
  }

  @Test func `names its job so that none of another folder is taken for it`() throws {
    let names = try (1...3).map { _ in try make().name }
    for (index, name) in names.enumerated() { #expect(name.hasPrefix("toy-2-\(index + 1)-")) }
    #expect(Set(names.map { $0.split(separator: "-").last }).count == 3)
  }

  @Test func `is not there before it is whole`() throws {
    let submission = try make()
    let draft = "\(scratch.path)/slurm/.\(submission.name)"
    try FileManager.default.moveItem(atPath: submission.path, toPath: draft)
    #expect(Submission.open(in: scratch.path).isEmpty)
    #expect(Submission.open(in: "\(scratch.path)/absent").isEmpty)
  }

  @Test func `keeps local runners and the collection of garbage out while it is open`() throws {
    var submission = try make()
    try submission.submitted(as: "17")
    let folder = ExperimentFolder(scratch.path)
    let refusal =
      "\(scratch.path): job 17 of Slurm may be at work here. Follow it to its end with --launcher slurm, or end it with braid cancel. Where it is known to be gone, remove \(submission.path)."
    #expect(message { try folder.requireNoJob() } == refusal)
    #expect(
      message {
        _ = try Runner(Toy.plan(), in: scratch.path, command: WorkerEntry.command, output: .silent).run()
      } == refusal)
    try submission.close()
    try folder.requireNoJob()
  }

  @Test func `knows from what a task wrote how far it came`() {
    #expect(TaskRecord("").node == nil)
    let died = TaskRecord("start 0 n1\ncell a\nend a 0\ncell b\nend b 13")
    #expect(died.statuses == ["a": 0, "b": 13] && died.node == "n1" && !died.isFinished && died.current == nil)
    let requeued = TaskRecord("start 0 n1\ncell a\nend a 2\ncell b\nstopped\nstart 1 n2\ncell b\nen")
    #expect(requeued.statuses == ["a": 2] && requeued.node == "n2" && !requeued.isStopped && requeued.current == "b")
    #expect(TaskRecord("start 0 n1\nunprepared module load gcc\n").unprepared == "module load gcc")
    #expect(TaskRecord("start 0 n1\nfinished\n").isFinished)
  }
}
