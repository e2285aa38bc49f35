import BraidData
import BraidTensor
import Foundation

extension Provenance {
  /// Of a run in this process, which starts now. Reads the system's files; starts no program.
  public init(seed: UInt64, threads: Int, dataDigest: String, started: Date = Date()) {
    let environment = ProcessInfo.processInfo.environment
    commit = ExecutableFile.commit(above: ExecutableFile.path)
    executable = ExecutableFile.own
    swift = compilerVersion
    system = operatingSystem()
    processor = processorName()
    cores = ProcessInfo.processInfo.processorCount
    library = Threads.libraryConfiguration
    libraryCore = Threads.coreType
    command =
      environment[ExecutableFile.commandVariable]?.split(separator: ExecutableFile.separator).map(String.init)
      ?? CommandLine.arguments
    host = ProcessInfo.processInfo.hostName
    (self.seed, self.threads, self.dataDigest) = (seed, threads, dataDigest)
    (self.started, finished) = (timestamp(started), "")
  }
}

/// The executable that is running.
enum ExecutableFile {
  /// How a runner tells its workers what it has worked out already.
  static let digestVariable = "BRAID_EXECUTABLE_DIGEST", commandVariable = "BRAID_COMMAND"
  /// Between arguments in `commandVariable`: ASCII's own unit separator.
  static let separator: Character = "\u{1f}"

  static var path: String {
    if let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") { return link }
    return Bundle.main.executablePath ?? CommandLine.arguments[0]
  }

  /// SHA-256 of this process's.
  static let own = ProcessInfo.processInfo.environment[digestVariable] ?? digest(path)

  static func digest(_ path: String) -> String {
    // a file handle would read a page at a time
    guard let file = try? Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe) else { return "" }
    return SHA256.hex(file)
  }

  /// The commit checked out in the nearest folder above a file that has a `.git`; empty when there is none.
  static func commit(above file: String) -> String {
    func text(_ path: String) -> String? {
      (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }
    var folder = URL(fileURLWithPath: file).deletingLastPathComponent()
    while folder.path != "/", !FileManager.default.fileExists(atPath: "\(folder.path)/.git") {
      folder.deleteLastPathComponent()
    }
    var git = "\(folder.path)/.git"
    if let pointer = text(git), pointer.hasPrefix("gitdir: ") {  // a worktree
      let target = String(pointer.dropFirst("gitdir: ".count))
      git = target.hasPrefix("/") ? target : "\(folder.path)/\(target)"
    }
    guard let head = text("\(git)/HEAD") else { return "" }
    guard head.hasPrefix("ref: ") else { return head }
    let reference = String(head.dropFirst("ref: ".count))
    let common = text("\(git)/commondir").map { $0.hasPrefix("/") ? $0 : "\(git)/\($0)" } ?? git
    if let commit = text("\(git)/\(reference)") ?? text("\(common)/\(reference)") { return commit }
    let packed = text("\(common)/packed-refs")?.split(separator: "\n") ?? []
    return packed.first { $0.hasSuffix(" \(reference)") }.map { String($0.prefix { $0 != " " }) } ?? ""
  }
}

/// ISO 8601, UTC, whole seconds.
func timestamp(_ date: Date) -> String { date.formatted(.iso8601) }

private func operatingSystem() -> String {
  let lines = (try? String(contentsOfFile: "/etc/os-release", encoding: .utf8))?.split(separator: "\n") ?? []
  if let line = lines.first(where: { $0.hasPrefix("PRETTY_NAME=") }) {
    return line.dropFirst("PRETTY_NAME=".count).trimmingCharacters(in: CharacterSet(charactersIn: "\""))
  }
  return ProcessInfo.processInfo.operatingSystemVersionString
}

private func processorName() -> String {
  #if canImport(Darwin)
    var size = 0
    sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0)
    var bytes = [UInt8](repeating: 0, count: size)
    sysctlbyname("machdep.cpu.brand_string", &bytes, &size, nil, 0)
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  #else
    let lines = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8))?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("model name") || $0.hasPrefix("CPU part") }
    return line?.split(separator: ":").last?.trimmingCharacters(in: .whitespaces) ?? "unknown"
  #endif
}

private let compilerVersion: String = {
  #if compiler(>=6.4)
    "6.4 or later"
  #elseif compiler(>=6.3.1)
    "6.3.1"
  #elseif compiler(>=6.3)
    "6.3"
  #else
    "6.2"
  #endif
}()
