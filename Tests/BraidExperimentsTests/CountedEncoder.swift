import BraidCore
import BraidNN
import BraidTensor
import Foundation

/// A linear encoder that writes a line to a file for every sample it encodes: who did it, and in which mode.
struct CountedEncoder: Encoder {
  struct Options: PartOptions {
    var width = 4
    /// Microseconds a sample.
    var delay = 0
  }
  static let about = About("counted", "A linear map that counts")
  /// Names the file, for this process and those it starts; without it nothing is counted.
  static let variable = "BRAID_TEST_ENCODER_LOG"
  let output: Modality
  private let linear: Linear
  private let delay: UInt32

  init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    guard case .vector(let width) = input.kind else { throw SetupError("counted: reads vectors") }
    linear = Linear(width, options.width, in: scope["linear"])
    output = Modality(input.name, .vector, width: options.width)
    delay = UInt32(options.delay)
  }

  func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    if let path = ProcessInfo.processInfo.environment[CountedEncoder.variable] {
      let line = "\(getpid()) \(context.isTraining ? "training" : "evaluation")\n"
      let text = String(repeating: line, count: input.batch)
      let file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
      _ = text.withCString { write(file, $0, strlen($0)) }
      close(file)
    }
    if delay > 0 { usleep(delay) }
    return Features(linear(input.values!, &context).tanh(), presence: input.presence)
  }

  /// What has been written since it was last asked, by process and mode.
  static func taken(from path: String) -> [String: Int] {
    defer { unlink(path) }
    let lines = (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: "\n") ?? []
    return lines.reduce(into: [:]) { $0[String($1), default: 0] += 1 }
  }
}
