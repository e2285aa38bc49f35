import Foundation

#if os(Linux)
  /// The test program as another program: started again with a filter that lets only one test run, which finds in its
  /// environment what it is to do.
  enum TestProgram {
    /// - Parameters:
    ///   - suite: the one test's.
    ///   - log: where its standard error goes; made anew.
    ///   - program: what it is started by, such as `nohup`.
    ///   - environment: added to this process's.
    static func start(
      only suite: String, log: String, by program: String? = nil, environment: [String: String]
    ) throws -> Process {
      let itself =
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
      let process = Process()
      let words = [program, itself, "--testing-library", "swift-testing", "--filter", suite].compactMap { $0 }
      process.executableURL = URL(fileURLWithPath: words[0])
      process.arguments = Array(words.dropFirst())
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      _ = FileManager.default.createFile(atPath: log, contents: nil)
      let file = FileHandle(forWritingAtPath: log)
      defer { try? file?.close() }  // it has the log now
      process.standardError = file
      process.standardOutput = FileHandle.nullDevice
      process.standardInput = FileHandle.nullDevice
      try process.run()
      return process
    }
  }
#endif
