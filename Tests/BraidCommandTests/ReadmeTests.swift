import Foundation
import Testing

@Suite("The README") struct ReadmeTests {
  @Test func `its example is Examples/Quickstart/main.swift, line by line`() throws {
    guard let readme = try? String(contentsOf: checkout.appendingPathComponent("README.md"), encoding: .utf8),
      let start = readme.range(of: "```swift\n"), let end = readme[start.upperBound...].range(of: "\n```")
    else {
      print("notice: README.md has no swift example; its check is skipped")
      return
    }
    let source = try String(
      contentsOf: checkout.appendingPathComponent("Examples/Quickstart/main.swift"), encoding: .utf8)
    #expect(readme[start.upperBound..<end.lowerBound] == source.trimmingCharacters(in: .newlines))
  }
}
