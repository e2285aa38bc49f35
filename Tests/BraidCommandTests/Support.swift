import BraidCore
import Foundation
import StandardParts
import Testing

@testable import BraidCommand

/// The checkout's root.
let checkout = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The built command: what it says and how it ends.
enum Braid {
  static let why = "the braid executable is not built"
  /// Beside the test binary, else the release build; nil where neither is.
  static let executable: String? = {
    let tests =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? CommandLine.arguments[0]
    let places = [
      URL(fileURLWithPath: tests).deletingLastPathComponent(), checkout.appendingPathComponent(".build/release"),
    ].map { $0.appendingPathComponent("braid").path }
    return places.first { FileManager.default.isExecutableFile(atPath: $0) }
  }()

  struct Ending: Equatable {
    var status: Int32
    var out: String
    var err: String
  }

  /// - Parameter environment: what it finds there beside what this process has; nothing is kept unless it says where.
  static func run(_ arguments: [String], in folder: URL? = nil, environment: [String: String] = [:]) throws -> Ending {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: try #require(executable))
    process.arguments = arguments
    process.currentDirectoryURL = folder ?? FileManager.default.temporaryDirectory
    process.environment = ProcessInfo.processInfo.environment.merging(["COLUMNS": "80", "BRAID_CACHE": "off"]) { $1 }
      .merging(environment) { $1 }
    let (out, err) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput, process.standardError) = (FileHandle.nullDevice, out, err)
    try process.run()
    let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let complaint = String(decoding: err.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    for pipe in [out, err] { try? pipe.fileHandleForReading.close() }
    return Ending(status: process.terminationStatus, out: text, err: complaint)
  }

  /// Runs it and reads its output as JSON.
  static func json(_ arguments: [String], in folder: URL? = nil) throws -> Setting {
    let ending = try run(arguments + ["--json"], in: folder)
    #expect(ending.status == 0, "\(ending.err)")
    return try JSONDecoder().decode(Setting.self, from: Data(ending.out.utf8))
  }
}

/// One command line within this process, over the standard parts; its exit status.
func status(_ arguments: [String]) async -> Int32 {
  await BraidCommand.$catalogue.withValue(.standard) { await BraidCommand.run(arguments) }
}

/// A folder that goes away with the test.
final class Scratch {
  let url = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")
  init(_ files: [String: String] = [:]) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    for (name, text) in files { try Data(text.utf8).write(to: url.appendingPathComponent(name)) }
  }
  deinit { try? FileManager.default.removeItem(at: url) }
  func path(_ name: String) -> String { url.appendingPathComponent(name).path }
}

/// The text of the error that `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}
