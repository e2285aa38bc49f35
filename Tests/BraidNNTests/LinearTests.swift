import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `The linear layer` {
  @Test(arguments: [
    ("operations/linear-none", Activation.none), ("operations/linear-relu", .relu), ("operations/linear-gelu", .gelu),
    ("operations/linear-deep", .none), ("operations/linear-no-bias", .tanh), ("edges/linear-one", .tanh),
    ("edges/linear-none", .tanh), ("edges/linear-inner", .tanh),
  ])
  func `agrees with PyTorch in every number and every gradient`(_ name: String, _ activation: Activation) throws {
    let fixture = try Fixture(name, of: "Linear")
    let weight = try fixture.tensor("input.w"), bias = try fixture.optional("input.b")
    let scope = Scope(seed: 1)
    let layer = Linear(weight.shape[0], weight.shape[1], bias: bias != nil, activation: activation, in: scope)
    layer.weight.assign(weight)
    if let bias { layer.bias?.assign(bias) }
    var context = Context.evaluation(recording: true)
    let parameters = [("input.w", layer.weight)] + (layer.bias.map { [("input.b", $0)] } ?? [])
    let found = try disagreement(fixture, parameters: parameters, &context) { layer($0["x"]!, &$1) }
    #expect(found == [])
    // negative control: the weight is not its gradient
    if weight.count > 0, try fixture.shape("output").count > 0 {
      #expect(try fixture.violations([("gradient.input.w", weight)]).count == 1)
    }
  }

  @Test func `begins with Glorot's weights and no bias`() {
    let scope = Scope(seed: 1)
    let layer = Linear(30, 20, in: scope["head"])
    #expect(scope.parameters.map { "\($0.path) \($0.shape)" } == ["head.weight [30, 20]", "head.bias [20]"])
    let bound = Float(6.0 / 50).squareRoot(), weights = layer.weight.value.elements
    #expect(weights.allSatisfy { abs($0) <= bound } && weights.contains { abs($0) > 0.9 * bound })
    #expect(layer.bias?.value.elements == Array(repeating: 0, count: 20))
  }
}
