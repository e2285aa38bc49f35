import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

@Suite("What a file says of the launcher") struct SlurmOptionsTests {
  /// The toy experiment with a launcher.
  private func specification(_ launcher: String) throws -> Specification {
    try Toy.specification([("seeds: [1, 2]", "launcher: \(launcher)\nseeds: [1, 2]")])
  }
  private func options(_ launcher: String, name: String? = nil, profile: String? = nil) throws -> SlurmOptions? {
    guard case .slurm(let options) = try Launcher(name, for: specification(launcher), profile: profile) else {
      return nil
    }
    return options
  }
  private func file(_ text: String, in scratch: Scratch) throws -> String {
    try Data(text.utf8).write(to: URL(fileURLWithPath: "\(scratch.path)/slurm.yaml"))
    return "\(scratch.path)/slurm.yaml"
  }

  @Test func `none: this machine, unless the command line says otherwise`() throws {
    let plain = try Toy.specification()
    guard case .local = try Launcher(for: plain, profile: nil) else {
      Issue.record("not local")
      return
    }
    guard case .slurm(let options) = try Launcher("slurm", for: plain, profile: nil) else {
      Issue.record("not Slurm")
      return
    }
    #expect(options == SlurmOptions())
    #expect(try self.options("slurm", name: "local") == nil)
  }

  @Test func `settings of the file are laid over the user's own`() throws {
    let scratch = try Scratch()
    let profile = try file("partition: cpu\naccount: lab\nmodules: [gcc, openblas]\n", in: scratch)
    let found = try #require(
      try options("{slurm: {partition: gpu, gpus: 1, time: '2:00:00', memory: 4G, cellsPerTask: 4}}", profile: profile))
    #expect(found.partition == "gpu" && found.account == "lab" && found.modules == ["gcc", "openblas"])
    #expect(found.gpus == 1 && found.time == "2:00:00" && found.memory == "4G" && found.cellsPerTask == 4)
    #expect(try options("slurm", profile: profile)?.partition == "cpu")
    #expect(try options("slurm", profile: "\(scratch.path)/absent.yaml") == SlurmOptions())
  }

  @Test(arguments: [
    (
      "{slurm: {partion: gpu}}",
      "toy.yaml:9: launcher.slurm: no setting \"partion\". Settings: account, arguments, cellsPerTask, commands, cpus, gpus, memory, modules, partition, pollSeconds, resubmissions, settleSeconds, setup, tasksAtOnce, time. Did you mean \"partition\"?"
    ),
    (
      "slrum", "toy.yaml:9: launcher: no launcher is called \"slrum\". Launchers: local, slurm. Did you mean \"slurm\"?"
    ),
    ("{local: {workers: 3}}", "toy.yaml:9: launcher.local: no setting \"workers\". It has no settings."),
    (
      "{slurm: {time: soon}}",
      "toy.yaml:9: launcher.slurm.time: found \"soon\"; expected a time limit such as \"30\" (minutes), \"2:00:00\" or \"1-12\" (days, hours)."
    ),
    (
      "{slurm: {memory: 4 G}}",
      "toy.yaml:9: launcher.slurm.memory: found \"4 G\"; expected one word."
    ),
    (
      "{slurm: {memory: lots}}",
      "toy.yaml:9: launcher.slurm.memory: found \"lots\"; expected a size such as \"4G\" or \"500M\"."
    ),
    (
      "{slurm: {cellsPerTask: -1}}", "toy.yaml:9: launcher.slurm.cellsPerTask: found -1; expected 0 or more."
    ),
    (
      "{slurm: {arguments: [--array=1-3]}}",
      "toy.yaml:9: launcher.slurm.arguments[0]: --array is Braid's to say. Leave it out."
    ),
    ("{slurm: {pollSeconds: 0}}", "toy.yaml:9: launcher.slurm.pollSeconds: found 0.0; expected more than 0."),
  ])
  func `what does not fit is told with its line`(_ launcher: String, _ text: String) {
    #expect(message { _ = try specification(launcher) } == text)
  }

  @Test func `a mistake in the user's own settings is told with its file and line`() throws {
    let scratch = try Scratch()
    let profile = try file("partition: cpu\nacount: lab\n", in: scratch)
    let text = message { _ = try options("slurm", profile: profile) }
    #expect(text.hasPrefix("\(profile):2: no setting \"acount\"."), "\(text)")
    #expect(text.hasSuffix("Did you mean \"account\"?"))
    let wrong = try file("time: soon\n", in: scratch)
    #expect(
      message { _ = try options("slurm", profile: wrong) }.hasPrefix("\(wrong):1: time: found \"soon\"; expected"))
  }

  @Test func `a launcher that does not exist is refused on the command line`() throws {
    let specification = try Toy.specification()
    #expect(
      message { _ = try Launcher("slrum", for: specification, profile: nil) }
        == "--launcher: found \"slrum\"; expected local or slurm. Did you mean \"slurm\"?")
  }

  @Test func `where cells are trained changes none of their ids`() throws {
    let plain = try Toy.plan()
    let plan = try Plan(specification("{slurm: {partition: gpu}}"), catalogue: .toy)
    #expect(plan.cells.map(\.id) == plain.cells.map(\.id))
  }
}
