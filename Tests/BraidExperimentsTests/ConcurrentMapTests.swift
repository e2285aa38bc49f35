import BraidCore
import Testing

@testable import BraidExperiments

@Suite("A map on all cores") struct ConcurrentMapTests {
  @Test(arguments: [0, 1, 2, 7, 64, 1000]) func `keeps the order`(_ count: Int) throws {
    #expect(try Array(0..<count).concurrentMap { $0 * $0 } == (0..<count).map { $0 * $0 })
  }

  @Test func `throws the first element's error, whichever came first`() {
    for _ in 0..<20 {
      let said = message {
        _ = try Array(0..<1000).concurrentMap { number in
          try require(![999, 500, 77].contains(number), "\(number)")
          return number
        }
      }
      #expect(said == "77")
    }
  }
}
