#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Why a file operation failed, in the system's words: `No space left on device`, `Permission denied` and the like.
/// What has no number of the system is told in words of the same kind, and any other error as it describes itself.
public func fileReason(_ error: any Error) -> String {
  if let error = error as? POSIXError { return words(error) }
  guard let error = error as? CocoaError else { return "\(error)" }
  if let underlying = error.userInfo["NSUnderlyingError"] as? POSIXError { return words(underlying) }
  return reasons[error.code] ?? "file error \(error.code.rawValue)"
}

private func words(_ error: POSIXError) -> String { String(cString: strerror(error.code.rawValue)) }

/// For errors that carry no number of the system.
private let reasons: [CocoaError.Code: String] = [
  .fileWriteOutOfSpace: "no space left on the device", .fileWriteNoPermission: "permission denied",
  .fileWriteVolumeReadOnly: "the file system is read-only", .fileWriteFileExists: "a file of that name is in the way",
  .fileNoSuchFile: "no such file or folder", .fileReadNoSuchFile: "no such file or folder",
  .fileReadNoPermission: "permission denied", .fileWriteInvalidFileName: "not a name for a file",
]
