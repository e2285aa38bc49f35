import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// A recurrent layer that carries its state, by name.
private struct Carrier {
  let run: (Tensor, Tensor?, RecurrentState?, inout Context) -> (states: Tensor, final: RecurrentState)
  let plain: (Tensor, inout Context) -> (states: Tensor, last: Tensor)

  init(_ kind: String, _ inputs: Int, _ units: Int, layers: Int, both: Bool, in scope: Scope) {
    switch kind {
    case "lstm":
      let layer = LSTM(inputs, units, layers: layers, isBidirectional: both, in: scope)
      (run, plain) = ({ layer($0, steps: $1, from: $2, &$3) }, { layer($0, &$1) })
    case "gru":
      let layer = GRU(inputs, units, layers: layers, isBidirectional: both, in: scope)
      (run, plain) = ({ layer($0, steps: $1, from: $2, &$3) }, { layer($0, &$1) })
    default:
      let function: Activation = kind == "rnn" ? .tanh : .relu
      let layer = RNN(inputs, units, layers: layers, isBidirectional: both, activation: function, in: scope)
      (run, plain) = ({ layer($0, steps: $1, from: $2, &$3) }, { layer($0, &$1) })
    }
  }
}

@Suite struct `The state of recurrent layers` {
  static let kinds = ["lstm", "gru", "rnn", "rnn-relu"]

  /// PyTorch's h_n and c_n, `[B, layers · directions, units]`, one tensor an entry.
  private func entries(_ tensor: Tensor) -> Few<Tensor> {
    (0..<tensor.shape[1]).mapFew { tensor.slice(1, $0..<$0 + 1).reshaped(tensor.shape[0], tensor.shape[2]) }
  }

  @Test(
    arguments: kinds,
    [("one", 3, 5, 1, false), ("stacked-bidirectional", 2, 3, 2, true)])
  func `agrees with PyTorch's of every layer and direction, in every gradient`(
    _ kind: String, _ form: (name: String, inputs: Int, units: Int, layers: Int, both: Bool)
  ) throws {
    let fixture = try Fixture("recurrent/\(kind)-layer-carried-\(form.name)", of: "\(kind) layer")
    let scope = Scope(seed: 1)
    let layer = Carrier(kind, form.inputs, form.units, layers: form.layers, both: form.both, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let tape = try #require(context.tape)
    let x = tape.watch(try fixture.tensor("input.x")), h = tape.watch(try fixture.tensor("input.h"))
    let c = try fixture.optional("input.c").map { tape.watch($0) }
    let initial = RecurrentState(hidden: entries(h), cell: c.map(entries) ?? Few())
    let (states, final) = layer.run(x, try fixture.tensor("input.steps"), initial, &context)
    let output = concatenate(
      [states.reshaped(x.shape[0], -1)] + Array(final.hidden) + Array(final.cell), axis: 1)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [("output", output), ("gradient.input.x", gradients[x])]
    found.append(("gradient.input.h", gradients[h]))
    if let c { found.append(("gradient.input.c", gradients[c])) }
    found += scope.parameters.map { ("gradient.parameter.\($0.path)", gradients[$0]) }
    #expect(try fixture.violations(found) == [])
  }

  /// What a caption's decoder and a beam search do.
  @Test(arguments: kinds) func `taken step by step gives the bits of the whole sequence`(_ kind: String) {
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = Carrier(kind, 3, 4, layers: 2, both: false, in: scope)
    var stream = RandomStream(seed: 2, .sampling), context = Context.evaluation()
    let x = stream.normal([5, 6, 3])
    let whole = layer.run(x, nil, nil, &context), plain = layer.plain(x, &context)
    var state: RecurrentState?, steps: [Tensor] = []
    for step in 0..<6 {
      let next = layer.run(x.slice(1, step..<step + 1), nil, state, &context)
      steps.append(next.states)
      state = next.final
    }
    #expect(concatenate(steps, axis: 1).elements == whole.states.elements)
    #expect(state?.hidden.map(\.elements) == whole.final.hidden.map(\.elements))
    #expect(state?.cell.map(\.elements) == whole.final.cell.map(\.elements))
    #expect(whole.states.elements == plain.states.elements)
    #expect(whole.final.hidden[1].elements == plain.last.elements)
    #expect(whole.final.cell.count == (kind == "lstm" ? 2 : 0))
  }

  @Test func `changes every tensor with map`() {
    let state = RecurrentState(hidden: Few([Tensor([1, 2], [2, 1])]), cell: Few([Tensor([3, 4], [2, 1])]))
    let chosen = state.map { $0.gathered([1, 1, 0]) }
    #expect(chosen.hidden[0].elements == [2, 2, 1] && chosen.cell[0].elements == [4, 4, 3])
  }

  @Test func `of another number of layers stops`() async {
    let wrong = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      var context = Context.evaluation()
      let layer = LSTM(3, 4, layers: 2, in: Scope(seed: 1))
      _ = layer(.zeros([1, 2, 3]), from: RecurrentState(hidden: Few([.zeros([1, 4])])), &context)
    }
    let message = String(decoding: wrong?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.contains("LSTM: an initial state of 1 h and 0 c; expected 2 and 2, for each layer and direction"))
  }
}
