import BraidTesting
import Testing

@Suite("The command's help", .enabled(if: try needed(Braid.executable != nil, Braid.why), "\(Braid.why)"))
struct HelpTests {
  @Test func `braid --help, word for word`() throws {
    let ending = try Braid.run(["--help"])
    #expect(ending == Braid.Ending(status: 0, out: Self.root, err: ""))
    #expect(try Braid.run([]) == ending)
  }

  @Test func `braid run --help, word for word`() throws {
    #expect(try Braid.run(["run", "--help"]) == Braid.Ending(status: 0, out: Self.run, err: ""))
  }

  @Test(arguments: [
    (["list"], "List the parts an experiment file can name."),
    (
      ["describe"],
      "Describe a part: what it computes, its source, every setting with its default, the parameters it makes."
    ),
    (["check"], "Validate an experiment file and print its plan; nothing trains."),
    (["run"], "Train every cell of an experiment that has not been trained yet, then report."),
    (["cancel"], "End what a Slurm cluster does for an experiment."),
    (["report"], "Turn run folders into a report: Markdown, HTML, LaTeX, CSV and JSON."),
    (["predict"], "Answer samples with a trained model: its own test split, or new samples from a file."),
    (["gc"], "List what lies in an experiment's folder and belongs to none of its planned runs."),
    (["cache"], "Say what work is kept for other runs, or remove it."),
    (["data"], "List the data sets, or prepare one."),
    (["data", "list"], "List the data sets and whether they are prepared."),
    (["data", "prepare"], "Make a data set from what is installed on this machine."),
    (["probe"], "Run one part on given tensors and write its outputs and gradients."),
  ])
  func `every verb says what it does, and the list of verbs says the same`(_ verb: [String], _ abstract: String) throws
  {
    func words(_ text: String) -> String { text.split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    let ending = try Braid.run(verb + ["--help"])
    #expect(ending.status == 0 && words(ending.out).hasPrefix("OVERVIEW: \(abstract)"))
    #expect(words(ending.out).contains("USAGE: braid \(verb.joined(separator: " "))"))
    let parent = try Braid.run(verb.dropLast() + ["--help"]).out
    #expect(words(parent).contains("\(verb[verb.count - 1]) \(abstract)"))
  }

  @Test func `the version is a number`() throws {
    let ending = try Braid.run(["--version"])
    #expect(ending.status == 0 && ending.out.split(separator: ".").compactMap { Int($0.filter(\.isNumber)) }.count == 3)
  }

  static let root = """
    OVERVIEW: Compare ways of fusing modalities: name the data, the parts and the
    seeds in a file, and get a report.

    Exit status: 0 done, 1 a mistake in what was asked, 2 a run failed.

    USAGE: braid <subcommand>

    OPTIONS:
      --version               Show the version.
      -h, --help              Show help information.

    SUBCOMMANDS:
      list                    List the parts an experiment file can name.
      describe                Describe a part: what it computes, its source, every
                              setting with its default, the parameters it makes.
      check                   Validate an experiment file and print its plan;
                              nothing trains.
      run                     Train every cell of an experiment that has not been
                              trained yet, then report.
      cancel                  End what a Slurm cluster does for an experiment.
      report                  Turn run folders into a report: Markdown, HTML,
                              LaTeX, CSV and JSON.
      predict                 Answer samples with a trained model: its own test
                              split, or new samples from a file.
      gc                      List what lies in an experiment's folder and belongs
                              to none of its planned runs.
      cache                   Say what work is kept for other runs, or remove it.
      data                    List the data sets, or prepare one.
      probe                   Run one part on given tensors and write its outputs
                              and gradients.

      See 'braid help <subcommand>' for detailed help.

    """

  static let run = """
    OVERVIEW: Train every cell of an experiment that has not been trained yet, then
    report.

    Stop it at any moment; the next run does only what is missing. A cell that
    fails does not stop the others; the report says which failed and why. Exit
    status 2 when a cell failed or something is left undone, 130 after Ctrl-C.

    USAGE: braid run <file> [--set <key=value> ...] [--folder <folder>] [--workers <workers>] [--launcher <launcher>] [--no-report] [--json] [--tensorboard]

    ARGUMENTS:
      <file>                  The experiment file (YAML or JSON).

    OPTIONS:
      --set <key=value>       Override a setting, such as train.epochs=5; may be
                              given several times.
      --folder <folder>       Folder of the runs; runs/NAME when left out.
      --workers <workers>     Cells trained at a time; as many as there are cores
                              when left out.
      --launcher <launcher>   Where cells are trained, local or slurm; what the
                              file says when left out.
      --no-report             Only train: write no report.
      --json                  Print what happens as JSON, one object a line,
                              instead of the plan, progress and the result.
      --tensorboard           Write event files for TensorBoard into the folder's
                              tensorboard/ as epochs end.
      --version               Show the version.
      -h, --help              Show help information.


    """
}
