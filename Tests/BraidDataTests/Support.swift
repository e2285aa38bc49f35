import BraidCore
import BraidData
import BraidTesting
import Foundation
import Testing

/// A committed file of Tests/Fixtures/readers.
func file(_ name: String) throws -> [UInt8] {
  try bytes(of: URL(fileURLWithPath: Fixture.folder(above: #filePath) + "/readers/" + name), named: name)
}

/// What Pillow and numpy read.
func expected() throws -> Fixture { try Fixture("readers/expected") }

/// Data shared beside the project, nil (with a notice) where it is absent.
func shared(_ path: String) -> URL? {
  var folder = URL(fileURLWithPath: #filePath)
  while folder.path != "/" {
    folder.deleteLastPathComponent()
    let candidate = folder.deletingLastPathComponent().appendingPathComponent("shared/data/" + path)
    if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
  }
  print("notice: shared/data/\(path) is not here; its checks are skipped")
  return nil
}

/// The text of the error `body` throws.
func message(_ body: () throws -> Void) -> String {
  do {
    try body()
    return "no error"
  } catch { return "\(error)" }
}

/// The largest and the mean difference between a picture's bytes and golden ones.
func difference(_ picture: Picture, _ golden: [Double]) -> (largest: Double, mean: Double) {
  guard picture.pixels.count == golden.count else { return (.infinity, .infinity) }
  let all = zip(picture.pixels, golden).map { abs(Double($0) - $1) }
  return (all.max() ?? 0, all.reduce(0, +) / Double(all.count))
}

/// A folder that is removed at the end of `body`, with these files.
func withFolder<Result>(_ files: [String: String], _ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  for (name, text) in files { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
  return try body(folder)
}
