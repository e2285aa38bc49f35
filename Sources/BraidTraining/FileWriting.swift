import Foundation

/// Writes a file and leaves it to the system when it reaches the disk.
///
/// `Data.write` waits for the disk each time: milliseconds, more than many an epoch takes. What is written here carries a
/// checksum, or has its digest elsewhere, so what a power cut leaves of it is noticed and made again.
/// - Throws: `POSIXError` saying why it cannot be written; there may then be the beginning of it.
public func writeWithoutWaiting(_ data: Data, to path: String) throws {
  func check(_ result: Int) throws -> Int {
    guard result >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    return result
  }
  let file = Int32(try check(Int(open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644))))
  do {
    try data.withUnsafeBytes { bytes in
      var rest = bytes[...]
      while let start = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
        let count = write(file, start, rest.count)
        if count < 0, errno == EINTR { continue }
        rest = rest.dropFirst(try check(count))
      }
    }
  } catch {
    close(file)
    throw error
  }
  _ = try check(Int(close(file)))  // some file systems say only now that there is no room
}
