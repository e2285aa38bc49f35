import Foundation

extension Pipe {
  /// Gives back what this process has of the pipe, when the program at its other end is over.
  ///
  /// Foundation on Linux keeps every `Process` that was started, and with it its pipes: three open files a worker, so that
  /// a sweep of hundreds of runs came to the system's limit of open files (and `Process.run` itself reads past a buffer
  /// where there are more than some 1,300).
  package func close() {
    try? fileHandleForReading.close()
    try? fileHandleForWriting.close()
  }
}
