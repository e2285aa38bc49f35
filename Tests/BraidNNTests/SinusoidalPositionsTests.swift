import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `Sinusoidal positions` {
  @Test(arguments: [("positions", 6), ("positions-odd", 5), ("positions-one", 1), ("positions-none", 5)])
  func `agree with the paper's equation in every number`(_ name: String, _ width: Int) throws {
    #expect(try disagreement("attention/\(name)") { input, _ in SinusoidalPositions(width)(input("x")) } == [])
    if name == "positions" {
      #expect(try !disagreement("attention/positions") { input, _ in input("x") + Tensor([0, 1, 0, 1, 0, 1]) }.isEmpty)
    }
  }

  @Test func `begin with zeros and ones, and never repeat`() {
    let table = SinusoidalPositions(4).table(500)
    #expect(Array(table.elements.prefix(4)) == [0, 1, 0, 1])
    let elements = table.elements
    let rows: [[Float]] = (0..<500).map { row in Array(elements[(row * 4)..<(row * 4 + 4)]) }
    #expect(Set(rows).count == 500)
  }

  @Test func `stop on another width`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = SinusoidalPositions(4)(.zeros([2, 3, 5]))
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("SinusoidalPositions: a sequence of shape [2, 3, 5]; expected [batch, time, 4]"))
  }
}
