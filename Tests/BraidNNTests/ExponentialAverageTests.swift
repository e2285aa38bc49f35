import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `The exponential average of parameters` {
  private func average(
    decay: Double, _ fixture: Fixture, _ store: ParameterStore, _ range: Range<Int> = 0..<6,
    from average: ExponentialAverage? = nil
  ) throws -> (average: ExponentialAverage, violations: [String]) {
    let rates = try fixture.tensor("input.rates").elements
    var optimizer = SGD()
    var average = average ?? ExponentialAverage(decay: decay)
    var found: [String] = []
    for step in range {
      optimizer.update(store, gradients(try given(step, fixture, store), of: store), learningRate: rates[step])
      average.update(store)
      try average.evaluating(store) {
        found += try fixture.violations(store.parameters.map { ("extra.average.\(step).\($0.path)", $0.value) })
      }
      found += try fixture.violations(store.parameters.map { ("extra.value.\(step).\($0.path)", $0.value) })
    }
    return (average, found)
  }

  @Test func `is PyTorch's in every step, and leaves the parameters theirs`() throws {
    let fixture = try Fixture("optimizers/average")
    #expect(try average(decay: 0.75, fixture, model(fixture)).violations == [])
    #expect(try !average(decay: 0.76, fixture, model(fixture)).violations.isEmpty)
  }

  @Test func `goes on from a saved state as if it had never stopped`() throws {
    let fixture = try Fixture("optimizers/average")
    let store = try model(fixture)
    let first = try average(decay: 0.75, fixture, store, 0..<3).average
    let saved = first.state(of: store)
    #expect(saved.map(\.name) == ["average.a.weight", "average.b", "average.late", "average.one"])
    var second = ExponentialAverage(decay: 0.75)
    try second.restore(Dictionary(uniqueKeysWithValues: saved.map { ($0.name, $0.value) }), of: store)
    #expect(try average(decay: 0.75, fixture, store, 3..<6, from: second).violations == [])
    #expect(throws: OptimizerStateError.self) { try second.restore(["average.b": saved[1].value], of: store) }
  }

  @Test func `is a value: a copy averages on its own`() throws {
    let fixture = try Fixture("optimizers/average")
    let store = try model(fixture)
    let first = try average(decay: 0.75, fixture, store, 0..<3).average
    let before = first.state(of: store).map(\.value.elements)
    _ = try average(decay: 0.75, fixture, store, 3..<6, from: first)
    #expect(first.state(of: store).map(\.value.elements) == before)
  }

  @Test func `is exchanged and exchanged back to the same bits, however the evaluation ends`() throws {
    struct Failure: Error {}
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [3], .normal(deviation: 1))
    var average = ExponentialAverage(decay: 0.9)
    average.swap(with: scope.store)  // nothing yet
    average.update(scope.store)
    let early = parameter.value.elements
    parameter.assign(Tensor([1e-30, .pi, -1e30]))
    average.evaluating(scope.store) { #expect(parameter.value.elements == early) }
    #expect(parameter.value.elements == [1e-30, .pi, -1e30])
    #expect(throws: Failure.self) { try average.evaluating(scope.store) { throw Failure() } }
    #expect(parameter.value.elements == [1e-30, .pi, -1e30])
  }

  @Test func `of decay 0 is the last step's parameters; outside 0 ..< 1 there is none`() async {
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [2], .zeros)
    var average = ExponentialAverage(decay: 0)
    for value in [1, 2, 3] as [Float] {
      parameter.assign(Tensor([value, -value]))
      average.update(scope.store)
    }
    #expect(average.state(of: scope.store)[0].value.elements == [3, -3])
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ExponentialAverage(decay: 1)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains("ExponentialAverage: decay 1.0 is outside [0, 1)"))
  }
}
