import Foundation

/// How a worker that left no finished run ended, and whose fault that was.
struct WorkerEnding: Equatable {
  let text: String
  let fault: RunResult.Fault

  /// Signals by which a program ends itself: Swift's traps, `abort`, access to memory that is none of its own, and division
  /// by zero. Any other comes from outside.
  private static let traps = [SIGILL, SIGTRAP, SIGABRT, SIGSEGV, SIGFPE]
  /// What a program says that traps because the system gave it no memory.
  private static let lacks = ["failed to allocate", "Could not allocate memory", "bad_alloc", "Cannot allocate memory"]

  init(_ text: String, _ fault: RunResult.Fault = .surroundings) { (self.text, self.fault) = (text, fault) }

  /// What a person can use of what a worker wrote to standard error: the last lines, without the stack that Swift's runtime lists
  /// below its own errors, which would push them out of sight.
  static func said(in log: Data) -> String {
    let lines = String(decoding: log.suffix(32768), as: UTF8.self).split(separator: "\n").filter {
      $0 != "Current stack trace:" && $0.wholeMatch(of: #/\d+ +\S+ +0x[0-9a-f]{8,} .*/#) == nil
    }
    return lines.suffix(8).joined(separator: "\n")
  }

  /// Of a worker that ended by itself without having been able to write down why.
  /// - Parameter said: the end of what it wrote to standard error.
  init(status: Int32, saying said: String) {
    self.init(said.isEmpty ? "the worker ended with status \(status)" : said)
  }

  /// Of a worker that a signal ended.
  init(signal: Int32, saying said: String) {
    let known = signal == SIGKILL ? " (killed, by someone or for lack of memory)" : ""
    let isOwn = WorkerEnding.traps.contains(signal) && !WorkerEnding.lacks.contains { said.contains($0) }
    self.init(
      "the worker was ended by signal \(signal)\(known)" + (said.isEmpty ? "" : ": \(said)"),
      isOwn ? .own : .surroundings)
  }

  /// Of a worker that a shell ran: statuses above 128 stand for signals.
  init(shellStatus status: Int32, saying said: String) {
    if status > 128 { self.init(signal: status - 128, saying: said) } else { self.init(status: status, saying: said) }
  }
}
