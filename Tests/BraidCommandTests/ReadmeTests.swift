import Foundation
import Testing

@Suite("The README") struct ReadmeTests {
  @Test func `its example is Examples/Quickstart/main.swift, line by line`() throws {
    let readme = try String(contentsOf: checkout.appendingPathComponent("README.md"), encoding: .utf8)
    let start = try #require(readme.range(of: "```swift\n"))
    let end = try #require(readme[start.upperBound...].range(of: "\n```"))
    let source = try String(
      contentsOf: checkout.appendingPathComponent("Examples/Quickstart/main.swift"), encoding: .utf8)
    #expect(readme[start.upperBound..<end.lowerBound] == source.trimmingCharacters(in: .newlines))
  }
}
