import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `Learned positions` {
  @Test(arguments: [
    ("positions-learned", 7, 5), ("positions-learned-all", 2, 1), ("positions-learned-one", 1, 1),
    ("positions-learned-none", 7, 5),
  ])
  func `agree with PyTorch in every number and every gradient`(_ name: String, _ longest: Int, _ width: Int) throws {
    let fixture = try Fixture("attention/\(name)", of: "LearnedPositions")
    let scope = Scope(seed: 1)
    let layer = LearnedPositions(longest, width, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let parameters = [("parameter.table", layer.table)]
    let found = try disagreement(fixture, parameters: parameters, &context) { layer($0["x"]!, &$1) }
    #expect(found == [])
    let x = try fixture.tensor("input.x")
    if x.count > 0 { #expect(try fixture.closeness(of: x, to: "output").worst > 0.01) }
  }

  @Test func `stop on a sequence that is longer than the table`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var context = Context.evaluation()
      _ = LearnedPositions(3, 4, in: Scope(seed: 1)["text"])(.zeros([2, 5, 4]), &context)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.contains(
        "LearnedPositions: a sequence of shape [2, 5, 4] for text.table of shape [3, 4]; expected [batch, at most 3, 4]"
      ))
  }
}
