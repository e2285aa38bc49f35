import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// A recurrent layer by name, so that a claim about all is one test.
private struct Layer {
  let run: (Tensor, Tensor?, inout Context) -> (states: Tensor, last: Tensor)

  init(_ kind: String, _ inputs: Int, _ units: Int, layers: Int, both: Bool, dropout: Double = 0, in scope: Scope) {
    switch kind {
    case "lstm":
      let layer = LSTM(inputs, units, layers: layers, isBidirectional: both, dropout: dropout, in: scope)
      run = { layer($0, steps: $1, &$2) }
    case "gru":
      let layer = GRU(inputs, units, layers: layers, isBidirectional: both, dropout: dropout, in: scope)
      run = { layer($0, steps: $1, &$2) }
    default:
      let layer = RNN(
        inputs, units, layers: layers, isBidirectional: both, dropout: dropout,
        activation: kind == "rnn" ? .tanh : .relu, in: scope)
      run = { layer($0, steps: $1, &$2) }
    }
  }

  func joined(_ x: Tensor, _ steps: Tensor?, _ context: inout Context) -> Tensor {
    let (states, last) = run(x, steps, &context)
    return concatenate([states, last.reshaped(last.shape[0], 1, last.shape[1])], axis: 1)
  }
}

@Suite struct `Recurrent layers` {
  static let kinds = ["lstm", "gru", "rnn", "rnn-relu"]

  @Test(
    arguments: kinds,
    [
      ("one", 3, 5, 1, false), ("bidirectional", 3, 5, 1, true), ("stacked", 3, 5, 3, false),
      ("stacked-bidirectional", 2, 3, 2, true), ("one-of-each", 1, 1, 1, false), ("none", 3, 5, 2, true),
    ])
  func `agree with PyTorch's in every output and every gradient`(
    _ kind: String, _ form: (name: String, inputs: Int, units: Int, layers: Int, both: Bool)
  ) throws {
    let fixture = try Fixture("recurrent/\(kind)-layer-\(form.name)", of: "\(kind) layer")
    let scope = Scope(seed: 1)
    let layer = Layer(kind, form.inputs, form.units, layers: form.layers, both: form.both, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let steps = try fixture.tensor("input.steps"), parameters = scope.parameters.map { ("parameter.\($0.path)", $0) }
    let found = try disagreement(fixture, parameters: parameters, &context) { layer.joined($0["x"]!, steps, &$1) }
    #expect(found == [])
  }

  @Test func `are told apart from one direction less by the same comparison`() throws {
    let fixture = try Fixture("recurrent/gru-layer-bidirectional", of: "gru layer")
    let scope = Scope(seed: 1)
    let layer = Layer("gru", 3, 5, layers: 1, both: true, in: scope)
    try fixture.load(into: scope.store)
    for parameter in scope["layers.0.backward"].parameters { parameter.assign(.zeros(parameter.shape)) }
    var context = Context.evaluation()
    let output = layer.joined(try fixture.tensor("input.x"), try fixture.tensor("input.steps"), &context)
    #expect(try fixture.closeness(of: output, to: "output").worst > 0.01)
  }

  @Test func `name their parameters by layer and direction`() {
    let scope = Scope(seed: 1)
    let layer = LSTM(3, 2, layers: 2, isBidirectional: true, in: scope["text"])
    #expect(layer.width == 4)
    #expect(
      scope.parameters.map { "\($0.path) \($0.shape)" } == [
        "text.layers.0.forward.input-weight [3, 8]", "text.layers.0.forward.recurrent-weight [2, 8]",
        "text.layers.0.forward.bias [8]", "text.layers.0.backward.input-weight [3, 8]",
        "text.layers.0.backward.recurrent-weight [2, 8]", "text.layers.0.backward.bias [8]",
        "text.layers.1.forward.input-weight [4, 8]", "text.layers.1.forward.recurrent-weight [2, 8]",
        "text.layers.1.forward.bias [8]", "text.layers.1.backward.input-weight [4, 8]",
        "text.layers.1.backward.recurrent-weight [2, 8]", "text.layers.1.backward.bias [8]",
      ])
    #expect(scope.store["text.layers.0.forward.bias"]?.value.elements == [0, 0, 1, 1, 0, 0, 0, 0])
    let plain = Scope(seed: 1)
    #expect(RNN(3, 2, isBidirectional: true, in: plain).width == 4)
    #expect(
      plain.parameters.prefix(3).map { "\($0.path) \($0.shape)" } == [
        "layers.0.forward.input-weight [3, 2]", "layers.0.forward.recurrent-weight [2, 2]", "layers.0.forward.bias [2]",
      ])
    let other = Scope(seed: 1)
    #expect(GRU(3, 2, in: other).width == 2)
    #expect(
      other.parameters.map(\.path)
        == ["input-weight", "recurrent-weight", "bias", "recurrent-bias"].map { "layers.0.forward.\($0)" })
  }

  /// The last states are what encoders hand on: of both directions, each from the real steps only.
  @Test(arguments: kinds)
  func `end both directions where the real steps end, whatever the padding`(_ kind: String) throws {
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = Layer(kind, 3, 4, layers: 2, both: true, in: scope)
    var stream = RandomStream(seed: 2, .sampling), context = Context.evaluation()
    let x = stream.normal([3, 6, 3]), lengths = [2, 6, 4]
    let steps = Tensor(lengths.flatMap { length in (0..<6).map { $0 < length ? 1 : 0 } }, [3, 6])
    let (states, last) = layer.run(x, steps, &context)
    for (sample, length) in lengths.enumerated() {
      let alone = layer.run(x.slice(0, sample..<sample + 1).slice(1, 0..<length), nil, &context)
      try expectClose(last.slice(0, sample..<sample + 1), alone.last.elements.map(Double.init))
      // forward: the state of the last real step; backward: of the first
      let own = states.slice(0, sample..<sample + 1), ends = last.slice(0, sample..<sample + 1)
      #expect(own.slice(1, length - 1..<length).slice(2, 0..<4).elements == ends.slice(1, 0..<4).elements)
      #expect(own.slice(1, 0..<1).slice(2, 4..<8).elements == ends.slice(1, 4..<8).elements)
    }
  }

  @Test(arguments: kinds) func `drop between layers in training only`(_ kind: String) {
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }  // parameters do not keep their store
    let layer = Layer(kind, 3, 4, layers: 2, both: false, dropout: 0.5, in: scope)
    var stream = RandomStream(seed: 2, .sampling)
    let x = stream.normal([2, 5, 3])
    func run(_ context: Context) -> [Float] {
      var context = context
      return layer.joined(x, nil, &context).elements
    }
    #expect(run(.evaluation()) == run(.evaluation()))
    #expect(run(.training(seed: 1, step: 1)) == run(.training(seed: 1, step: 1)))
    #expect(run(.training(seed: 1, step: 1)) != run(.training(seed: 1, step: 2)))
    #expect(run(.training(seed: 1, step: 1)) != run(.evaluation()))
  }

  @Test func `stop when there is nothing to build`() async {
    let none = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GRU(3, 4, layers: 0, in: Scope(seed: 1)["text"])
    }
    let message = String(decoding: none?.standardErrorContent ?? [], as: UTF8.self)
    let function = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = RNN(3, 4, activation: .sigmoid, in: Scope(seed: 1)["text"])
    }
    let second = String(decoding: function?.standardErrorContent ?? [], as: UTF8.self)
    #expect(second.contains("RNN: the activation of text is sigmoid; expected tanh or relu"))
    #expect(message.contains("GRU: 0 layers, 3 inputs and 4 units of text; expected at least one of each"))
  }
}
