import Foundation

extension Pipe {
  /// Gives back what this process has of the pipe, when the program at its other end is over.
  ///
  /// At once, not when the last thread of Foundation lets go of the process, which may be after the one that waited for it has
  /// gone on: a sweep of hundreds of runs would come to the system's limit of open files (and `Process.run` itself reads past
  /// a buffer where there are more than some 1,300).
  package func close() {
    try? fileHandleForReading.close()
    try? fileHandleForWriting.close()
  }
}
