import BraidTensor
import Dispatch
import Foundation

extension Array where Element: Sendable {
  /// `map` on all cores, the results in order. For work that is much more than handing it out, such as reading a folder.
  /// - Throws: the error of the first element that has one.
  func concurrentMap<Value: Sendable>(_ transform: @Sendable (Element) throws -> Value) throws -> [Value] {
    let workers = ProcessInfo.processInfo.activeProcessorCount
    // several pieces a core: some take longer than others
    let size = Swift.max(count / (8 * workers), 1)
    let pieces = stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
    let results = Locked([Result<[Value], any Error>?](repeating: nil, count: pieces.count))
    DispatchQueue.concurrentPerform(iterations: pieces.count) { place in
      let result = Result { try pieces[place].map(transform) }
      results.withLock { $0[place] = result }
    }
    return try results.withLock { try $0.flatMap { try $0?.get() ?? [] } }
  }
}
