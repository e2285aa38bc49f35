import BraidTraining
import Foundation
import Testing

@Suite("Writing without waiting for the disk") struct FileWritingTests {
  @Test func `puts the bytes there, in place of what was, and says why it cannot`() throws {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    for bytes in [Data(), Data((0..<1_000_000).map { UInt8($0 % 251) }), Data("short".utf8)] {
      try writeWithoutWaiting(bytes, to: path)
      #expect(FileManager.default.contents(atPath: path) == bytes)
    }
    #expect(throws: POSIXError(.ENOENT)) { try writeWithoutWaiting(Data([1]), to: "\(path).missing/file") }
    #if os(Linux)
      #expect(throws: POSIXError(.ENOSPC)) { try writeWithoutWaiting(Data([1]), to: "/dev/full") }
    #endif
  }
}
