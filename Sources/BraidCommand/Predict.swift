import ArgumentParser
import BraidCore
import BraidExperiments
import BraidNN
import Foundation

/// `braid predict RUN`.
struct Predict: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answer samples with a trained model: its own test split, or new samples from a file.",
    discussion: """
      New samples come as the data set's own kind of file (for `manifest`: a CSV or JSON-lines file with the modalities' \
      columns; the target's column may be absent).
      """)

  @Argument(help: ArgumentHelp("The run's folder, with parameters.safetensors in it.", valueName: "run")) var runFolder:
    String
  @Option(help: "A file of new samples.") var input: String?
  @Option(help: "The split to answer when no file is given: train, validation or test.") var split = "test"
  @Option(help: "Where to write the answers as CSV; printed when left out.") var out: String?

  func run() async throws {
    guard let split = Split(rawValue: split) else {
      throw SetupError("--split: found \"\(split)\"; expected train, validation or test.")
    }
    let trained = try TrainedModel(runFolder, catalogue: BraidCommand.catalogue)
    let answers =
      try input.map { try trained.answers(toFile: URL(fileURLWithPath: $0)) } ?? trained.answers(to: split)
    guard let out else { return print(answers.text, terminator: "") }
    do { try Data(answers.text.utf8).write(to: URL(fileURLWithPath: out), options: .atomic) } catch {
      throw SetupError("\(out): cannot be written (\(fileReason(error))).")
    }
    print("\(out): \(answers.rows.count) answers")
  }
}
