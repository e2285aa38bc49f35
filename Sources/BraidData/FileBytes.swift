import BraidCore
import Foundation

/// Reads a whole file.
/// - Parameters:
///   - url: the file.
///   - name: what messages call it; its path by default.
/// - Throws: `SetupError` naming the file when it does not exist, is no regular file or cannot be read.
public func bytes(of url: URL, named name: String? = nil) throws -> [UInt8] {
  let name = name ?? url.relativePath
  let path = url.resolvingSymlinksInPath().path
  guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
    throw SetupError("\(name): no such file.")
  }
  guard attributes[.type] as? FileAttributeType == .typeRegular else {
    throw SetupError("\(name): found something that is not a file; expected a file.")
  }
  do { return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))) } catch {
    throw SetupError("\(name): cannot be read (\(error.localizedDescription)).")
  }
}

/// Calls one of CBraidCodecs' functions with room for its message and turns the message into a `SetupError` that names the file.
func codec(_ file: String, _ what: String, _ call: (UnsafeMutablePointer<CChar>) -> Int32) throws {
  try withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { message in
    message.initialize(repeating: 0)
    guard call(message.baseAddress!) != 0 else { return }
    throw SetupError("\(file): not a readable \(what): \(String(cString: message.baseAddress!)).")
  }
}
