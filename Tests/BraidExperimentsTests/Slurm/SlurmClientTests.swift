import BraidCore
import Foundation
import Testing

@testable import BraidExperiments

@Suite("What Slurm's commands say") struct SlurmClientTests {
  @Test func `the queue: tasks by job name and number, ended ones among them; other lines are none`() {
    let found = SlurmClient.tasks(
      in: """
        toy-1-4f2a|17|0|RUNNING|n1|None
        toy-1-4f2a|17|3|PENDING||ReqNodeNotAvail, UnavailableNodes:n[1-2]
        toy-2-9c|18|0|NODE_FAIL|n2|NodeDown
        toy-2-9c|18|1|COMPLETING|n2|None
        somebody|19|N/A|RUNNING|n2|None
        slurm_load_jobs error

        """)
    #expect(found.keys.sorted() == ["toy-1-4f2a", "toy-2-9c"])
    #expect(
      found["toy-1-4f2a"]?[3]
        == .init(
          job: "17", number: 3, state: "PENDING", node: "", reason: "ReqNodeNotAvail, UnavailableNodes:n[1-2]"))
    #expect(found["toy-1-4f2a"]?[0]?.isOver == false && found["toy-1-4f2a"]?[0]?.node == "n1")
    #expect(found["toy-2-9c"]?[0]?.isOver == true && found["toy-2-9c"]?[1]?.isOver == false)
  }

  @Test func `the limits: those of the cluster, else Slurm's defaults`() {
    let text = "Configuration data\nMaxArraySize            = 101\nMaxJobCount             = 500\nMaxJobId = 67043328\n"
    #expect(SlurmClient.limits(in: text) == .init(array: 101, jobs: 500))
    #expect(SlurmClient.limits(in: "MaxArraySize = 0\n") == .init(array: 1001, jobs: 10_000))
  }

  @Test func `where there is no Slurm, what is missing and what to do`() throws {
    let scratch = try Scratch()
    let text = message { _ = try SlurmClient(folder: scratch.path).submit([]) }
    #expect(
      text
        == "sbatch: not found in \(scratch.path). The launcher \"slurm\" works on the machines of a Slurm cluster: name the folder of its commands as launcher.slurm.commands, or give --launcher local."
    )
  }

  @Test func `a refusal in sbatch's own words; an answer with a cluster's name is an id`() throws {
    let slurm = try PretendedSlurm(state: "RUNNING")
    try slurm.command(
      "sbatch",
      """
      echo 'sbatch: error: invalid partition specified: nowhere' >&2
      echo 'sbatch: error: Batch job submission failed: Invalid partition name specified' >&2
      exit 1
      """)
    let client = SlurmClient(folder: slurm.commands)
    #expect(
      message { _ = try client.submit([]) }
        == "sbatch refused the job: invalid partition specified: nowhere; Batch job submission failed: Invalid partition name specified."
    )
    try slurm.command("sbatch", "exit 4")
    #expect(message { _ = try client.submit([]) } == "sbatch refused the job: it ended with status 4.")
    try slurm.command("sbatch", "echo '17;tiger'")
    #expect(try client.submit([]) == "17")
  }

  @Test func `cancelling a job that is gone is no error, another refusal is`() throws {
    let slurm = try PretendedSlurm(state: "RUNNING")
    let client = SlurmClient(folder: slurm.commands)
    try client.cancel("17", tasks: [2, 5])
    #expect(slurm.lines("cancelled") == ["17_[2,5]"])
    try slurm.command(
      "scancel", "echo 'scancel: error: Kill job error on job id 17: Invalid job id specified' >&2; exit 1")
    try client.cancel("17")
    try slurm.command("scancel", "echo 'scancel: error: Access denied' >&2; exit 1")
    #expect(message { try client.cancel("17") } == "scancel refused: Access denied.")
  }

  @Test func `much output on both sides is read whole`() throws {
    let ending = try CommandEnding(of: "/bin/sh", ["-c", "seq 100000 >&2; seq 200000; exit 7"])
    #expect(ending.status == 7)
    #expect(ending.out.split(separator: "\n").count == 200_000 && ending.err.split(separator: "\n").count == 100_000)
  }
}
