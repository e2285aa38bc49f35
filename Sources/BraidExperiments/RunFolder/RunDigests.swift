import BraidCore
import BraidData
import Foundation

/// The SHA-256 of every file of a run folder: its file `SHA256SUMS`, in the form of the command of that name, so that
/// `sha256sum --check SHA256SUMS` tells without Braid whether a run is what it was.
///
/// `result.json` stands last: a file that was cut short lacks it, wherever it was cut.
struct RunDigests: Sendable {
  static let file = "SHA256SUMS"

  private let folder: String
  private var digests: [String: String] = [:]

  /// For a folder that is being written.
  init(of folder: String) { self.folder = folder }

  /// Reads those of a folder.
  /// - Throws: `SetupError` when they are missing, or not as they were written.
  init(readingFrom folder: String) throws {
    self.folder = folder
    let text = String(decoding: try RunFolder.bytes(RunDigests.file, in: folder), as: UTF8.self)
    for line in text.utf8.split(separator: UInt8(ascii: "\n")) where line.count > 66 {
      digests[String(decoding: line.dropFirst(66), as: UTF8.self)] = String(decoding: line.prefix(64), as: UTF8.self)
    }
    // whatever is not read back to the same text is not what was written
    try require(
      text == self.text && digests[RunFolder.resultFile] != nil,
      "\(RunDigests.file): is cut short or not what a run writes")
  }

  /// The digest of a file; nil where there is none.
  subscript(_ name: String) -> String? { digests[name] }

  /// What has a digest.
  var names: [String] { digests.keys.sorted() }

  var text: String {
    let last = RunFolder.resultFile
    return digests.sorted { ($0.key == last ? 1 : 0, $0.key) < ($1.key == last ? 1 : 0, $1.key) }
      .map { "\($0.value)  \($0.key)\n" }.joined()
  }

  /// Takes down what a file is meant to hold.
  mutating func add(_ data: Data, as name: String) { digests[name] = SHA256.hex(data) }

  /// Takes down the files of the folder that others have written.
  mutating func addOthers() throws {
    for name in try FileManager.default.contentsOfDirectory(atPath: folder) where digests[name] == nil {
      add(try RunFolder.bytes(name, in: folder), as: name)
    }
  }

  /// - Throws: `SetupError` unless there is a digest of a file.
  func requireDigest(of name: String) throws {
    try require(digests[name] != nil, "\(RunDigests.file): has no digest of \(name)")
  }

  /// The bytes of a file.
  /// - Throws: `SetupError` when it is not what was written.
  func bytes(_ name: String) throws -> Data {
    try requireDigest(of: name)
    let data = try RunFolder.bytes(name, in: folder)
    try require(
      SHA256.hex(data) == digests[name], "\(name): is not what the run wrote, says \(RunDigests.file)")
    return data
  }

  /// What a file holds.
  /// - Throws: `SetupError` when it is not what was written, or not what a run writes.
  func read<Value: Decodable>(_ name: String) throws -> Value { try RunFolder.decoded(bytes(name), name) }
}
