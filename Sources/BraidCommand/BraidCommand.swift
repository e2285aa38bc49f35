import ArgumentParser
import BraidCore
import BraidData
import BraidExperiments
import BraidNN
import Foundation

/// The `braid` command as a function of the parts it knows, so that anyone's executable can be a `braid` with more parts.
public enum BraidCommand {
  /// The parts of the executable that is running.
  @TaskLocal static var catalogue = Catalogue()

  /// Parses the process's arguments, runs the verb and exits.
  ///
  /// Exit status: 0 done, 1 a mistake in what was asked (arguments, files, data), 2 a run failed.
  public static func main(_ catalogue: Catalogue, _ arguments: [String]? = nil) async -> Never {
    let status = await $catalogue.withValue(catalogue) {
      await run(arguments ?? Array(CommandLine.arguments.dropFirst()))
    }
    exit(status)
  }

  /// Runs one command line and returns its exit status.
  static func run(_ arguments: [String]) async -> Int32 {
    do {
      let command = try Root.parseAsRoot(arguments)
      try await ContentStore.$current.withValue(ContentStore.standard()) {
        if var command = command as? any AsyncParsableCommand {
          try await command.run()
        } else {
          var command = command
          try command.run()
        }
      }
      return 0
    } catch let error as SetupError {
      complain("error: \(error)")
      return 1
    } catch let error as SafetensorsError {
      complain("error: \(error)")
      return 1
    } catch let error as ExitCode {
      return error.rawValue
    } catch {
      let message = Root.fullMessage(for: error)
      if Root.exitCode(for: error) == .success {
        print(message)
        return 0
      }
      complain(message)
      return 1
    }
  }
}

/// `braid` itself.
struct Root: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid",
    abstract: "Compare ways of fusing modalities: name the data, the parts and the seeds in a file, and get a report.",
    discussion: "Exit status: 0 done, 1 a mistake in what was asked, 2 a run failed.",
    version: Provenance.currentVersion,
    subcommands: [
      ListParts.self, Describe.self, Check.self, Run.self, Cancel.self, ReportCommand.self, Predict.self,
      CollectGarbage.self, CacheCommand.self, DataCommand.self, ProbeCommand.self, WorkerCommandLine.self,
    ])
}

/// A line for the person who waits, apart from the output that a tool may read.
func complain(_ message: String) { FileHandle.standardError.write(Data((message + "\n").utf8)) }

/// Prints a value as indented JSON with sorted keys.
func printJSON(_ value: Setting) throws {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
  print(String(decoding: try encoder.encode(value), as: UTF8.self))
}
