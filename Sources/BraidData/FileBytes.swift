import BraidCore
import Foundation

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Reads a whole file.
/// - Parameters:
///   - url: the file.
///   - name: what messages call it; its path by default.
/// - Throws: `SetupError` naming the file when it does not exist, is no regular file or cannot be read.
public func bytes(of url: URL, named name: String? = nil) throws -> [UInt8] {
  let name = name ?? url.relativePath
  var status = stat()
  guard stat(url.path, &status) == 0 else { throw SetupError("\(name): no such file.") }
  guard status.st_mode & S_IFMT == S_IFREG else {
    throw SetupError("\(name): found something that is not a file; expected a file.")
  }
  func failure() -> SetupError { SetupError("\(name): cannot be read (\(String(cString: strerror(errno)))).") }
  let descriptor = open(url.path, O_RDONLY)
  guard descriptor >= 0 else { throw failure() }
  defer { close(descriptor) }
  // One byte more than there should be, so that the end is seen without reading again.
  var result: [UInt8] = []
  var room = Int(status.st_size) + 1
  while true {
    var got = 0
    let part = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
      repeat {
        got = read(descriptor, buffer.baseAddress! + count, room - count)
        if got > 0 { count += got }
      } while (got > 0 && count < room) || (got < 0 && errno == EINTR)
    }
    guard got >= 0 else { throw failure() }
    if result.isEmpty { result = part } else { result += part }
    if got == 0 { return result }
    room = max(result.count, 1 << 16)  // the file has grown, or did not know its size
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
