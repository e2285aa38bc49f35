import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// Which recurrence a test runs, and its parameters in the order the operation takes them.
enum Cell: String, CaseIterable, Sendable {
  case lstm, gru, rnn
  case rectified = "rnn-relu"
  var gates: Int { self == .lstm ? 4 : self == .gru ? 3 : 1 }
  var names: [String] { ["input-weight", "recurrent-weight", "bias"] + (self == .gru ? ["recurrent-bias"] : []) }

  /// h, and c of an LSTM.
  var state: [String] { self == .lstm ? ["h", "c"] : ["h"] }

  func run(_ x: Tensor, _ steps: Tensor?, _ p: [Tensor], isReversed: Bool = false) -> (states: Tensor, last: Tensor) {
    let result = carry(x, steps, from: nil, p, isReversed: isReversed)
    return (result.states, result.last[0])
  }

  /// From and to the states named in `state`, zeros if nil.
  func carry(
    _ x: Tensor, _ steps: Tensor?, from initial: [Tensor]?, _ p: [Tensor], isReversed: Bool = false
  ) -> (states: Tensor, last: [Tensor]) {
    let h = initial?[0]
    switch self {
    case .lstm:
      let both = initial.map { (h: $0[0], c: $0[1]) }
      let result = BraidTensor.lstm(x, steps: steps, initial: both, p[0], p[1], p[2], isReversed: isReversed)
      return (result.states, [result.last, result.cell])
    case .gru:
      let result = BraidTensor.gru(x, steps: steps, initial: h, p[0], p[1], p[2], p[3], isReversed: isReversed)
      return (result.states, [result.last])
    case .rnn, .rectified:
      let function: Activation = self == .rnn ? .tanh : .relu
      let result = BraidTensor.rnn(
        x, steps: steps, initial: h, p[0], p[1], p[2], activation: function, isReversed: isReversed)
      return (result.states, [result.last])
    }
  }

  /// Random weights for d inputs and h units.
  func weights(_ inputs: Int, _ units: Int, seed: UInt64 = 3) -> [Tensor] {
    var stream = RandomStream(seed: seed, .sampling, path: rawValue)
    let shapes = [
      Shape(inputs, gates * units), Shape(units, gates * units), Shape(gates * units), Shape(gates * units),
    ]
    return shapes.prefix(names.count).map { stream.normal($0, deviation: 0.5) }
  }
}

/// States with the last state as one more step, [B, T + 1, h]: both carry gradients.
private func joined(_ result: (states: Tensor, last: Tensor)) -> Tensor {
  concatenate([result.states, result.last.reshaped(result.last.shape[0], 1, result.last.shape[1])], axis: 1)
}

private func normal(_ shape: Shape, seed: UInt64 = 5) -> Tensor {
  var stream = RandomStream(seed: seed, .sampling, path: "x")
  return stream.normal(shape)
}

@Suite struct `Recurrent operations` {
  static let cases = [
    "plain", "one-step", "one-sample", "one-of-each", "reversed", "masked", "masked-reversed", "all-masked",
    "masked-last", "wide",
    "wide-reversed",
  ]

  @Test(arguments: Cell.allCases, cases)
  func `agree with PyTorch's packed sequences in every output and every gradient`(_ cell: Cell, _ name: String) throws {
    let fixture = try Fixture("recurrent/\(cell.rawValue)-\(name)")
    let tape = Tape()
    let x = tape.watch(try fixture.tensor("input.x"))
    let p = try cell.names.map { tape.watch(try fixture.tensor("parameter.\($0)")) }
    let result = cell.run(x, try fixture.optional("input.steps"), p, isReversed: name.hasSuffix("reversed"))
    let output = name.hasSuffix("-last") ? result.last : joined(result)
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    let found: [(String, Tensor?)] =
      [("output", output), ("gradient.input.x", gradients[x])]
      + zip(cell.names, p).map { ("gradient.parameter.\($0)", gradients[$1]) }
    #expect(try fixture.violations(found) == [])
  }

  @Test(arguments: Cell.allCases)
  func `are told apart from a wrong recurrence by the same comparison`(_ cell: Cell) throws {
    let fixture = try Fixture("recurrent/\(cell.rawValue)-masked")
    let x = try fixture.tensor("input.x"), steps = try fixture.optional("input.steps")
    var p = try cell.names.map { try fixture.tensor("parameter.\($0)") }
    let backwards = joined(cell.run(x, steps, p, isReversed: true)), unmasked = joined(cell.run(x, nil, p))
    p[2] = -p[2]
    let negated = joined(cell.run(x, steps, p))
    for wrong in [backwards, unmasked, negated] { #expect(try fixture.closeness(of: wrong, to: "output").worst > 0.01) }
  }

  @Test(arguments: Cell.allCases, [false, true])
  func `have the derivative that central differences find`(_ cell: Cell, _ isReversed: Bool) {
    let steps = Tensor([1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0], [3, 4])  // a hole, and a sample without steps
    let inputs = zip(["x"] + cell.names, [normal([3, 4, 2])] + cell.weights(2, 3)).map { (name: $0, tensor: $1) }
    let check = checkGradients(inputs: inputs) { tensors, _ in
      joined(cell.run(tensors[0], steps, Array(tensors.dropFirst()), isReversed: isReversed))
    }
    #expect(check.violations == [])
  }

  @Test(arguments: Cell.allCases)
  func `never read what lies under the mask`(_ cell: Cell) {
    let steps = Tensor([1, 1, 0, 0, 1, 0, 1, 0], [2, 4])
    func run(_ filler: Float) -> (output: [Float], gradients: [[Float]]) {
      let x = normal([2, 4, 3])
      for row in 0..<8 where steps.elements[row] == 0 {
        for feature in 0..<3 { x.pointer[row * 3 + feature] = filler }
      }
      let tape = Tape()
      let leaves = ([x] + cell.weights(3, 5)).map { tape.watch($0) }
      let output = joined(cell.run(leaves[0], steps, Array(leaves.dropFirst())))
      let gradients = output.gradients()
      return (output.elements, leaves.map { gradients[$0]?.elements ?? [] })
    }
    let plain = run(0), strange = run(.nan)
    #expect(plain.output == strange.output)
    #expect(plain.gradients == strange.gradients)
    for row in 0..<8 where steps.elements[row] == 0 {
      #expect(plain.gradients[0][row * 3..<row * 3 + 3].allSatisfy { $0 == 0 })
    }
  }

  @Test(arguments: Cell.allCases, [false, true])
  func `treat every sample as if it were alone`(_ cell: Cell, _ isReversed: Bool) throws {
    let x = normal([4, 5, 3]), p = cell.weights(3, 7)
    let lengths = [5, 1, 3, 4]
    let steps = Tensor(lengths.flatMap { length in (0..<5).map { $0 < length ? 1 : 0 } }, [4, 5])
    let all = cell.run(x, steps, p, isReversed: isReversed)
    for (sample, length) in lengths.enumerated() {
      // alone, and without the padding
      let alone = cell.run(x.slice(0, sample..<sample + 1).slice(1, 0..<length), nil, p, isReversed: isReversed)
      let states = all.states.slice(0, sample..<sample + 1)
      try expectClose(states.slice(1, 0..<length), alone.states.elements.map(Double.init))
      try expectClose(all.last.slice(0, sample..<sample + 1), alone.last.elements.map(Double.init))
      #expect(states.slice(1, length..<5).elements.allSatisfy { $0 == 0 })
    }
  }

  @Test func `the LSTM of one unit gives what paper and pencil give`() throws {
    // W = U = b = 0 but bg = 50 (g = 1) and bi = bf = bo = 0 (gates ½): c = ½, ½·½ + ½ = ¾; h = ½ tanh c
    let bias = Tensor([0, 0, 50, 0])
    let result = lstm(.ones([1, 2, 1]), .zeros([1, 4]), .zeros([1, 4]), bias)
    try expectClose(result.states, [0.5 * 0.46211715726, 0.5 * 0.63514895239])
  }

  @Test func `the GRU of one unit gives what paper and pencil give`() throws {
    // gates ½; n = tanh(½ · 1.2) with cn = 1.2: h = ½ n, then ½ n + ½ · ½ n
    let n = 0.53704956700
    let result = gru(.ones([1, 2, 1]), .zeros([1, 3]), .zeros([1, 3]), .zeros([3]), Tensor([0, 0, 1.2]))
    try expectClose(result.states, [n / 2, 0.75 * n])
  }

  @Test func `the plain network of one unit gives what paper and pencil give`() throws {
    // h = tanh(½ + 2 h): tanh ½, then tanh(½ + 2 tanh ½); with ReLU ½, then 1½
    let weight = Tensor([0.5], [1, 1]), recurrent = Tensor([2], [1, 1])
    try expectClose(rnn(.ones([1, 2, 1]), weight, recurrent, .zeros([1])).states, [0.46211715726, 0.89047894054])
    try expectClose(rnn(.ones([1, 2, 1]), weight, recurrent, .zeros([1]), activation: .relu).states, [0.5, 1.5])
  }

  @Test(arguments: Cell.allCases)
  func `give zeros where there is no step or no sample`(_ cell: Cell) {
    let p = cell.weights(2, 3)
    let none = cell.run(.zeros([2, 0, 2]), nil, p)
    #expect(none.states.shape == [2, 0, 3])
    #expect(none.last.elements == [0, 0, 0, 0, 0, 0])
    #expect(cell.run(.zeros([0, 4, 2]), nil, p).states.shape == [0, 4, 3])
  }

  @Test(arguments: Cell.allCases)
  func `take no gradient through operands that are constants`(_ cell: Cell) {
    let tape = Tape()
    var p = cell.weights(2, 3)
    p[1] = tape.watch(p[1])
    let result = cell.run(normal([2, 3, 2]), nil, p)
    #expect(result.last.isRecorded)
    #expect(result.last.gradients()[p[1]]?.shape == p[1].shape)
    #expect(!cell.run(normal([2, 3, 2]), nil, cell.weights(2, 3)).states.isRecorded)
  }

  /// Without a gradient one step's memory serves all; few samples have their products made at once; rows without a
  /// mask are read where they lie. The numbers are the same.
  @Test(arguments: Cell.allCases, [false, true]) func `every way through the steps has the same bits`(
    _ cell: Cell, _ isReversed: Bool
  ) {
    let (batch, time, width, units) = (37, 6, 9, 20)
    let x = normal([batch, time, width]), p = cell.weights(width, units)
    let mask = Tensor((0..<(batch * time)).map { $0 % 5 == 2 ? 0 : 1 }, [batch, time])
    let tape = Tape()
    let watched = p.map { tape.watch($0) }
    for steps in [nil, mask, Tensor(repeating: 1, [batch, time])] {
      let kept = cell.run(x, steps, watched, isReversed: isReversed)
      let free = cell.run(x, steps, p, isReversed: isReversed)
      #expect(kept.states.elements == free.states.elements && kept.last.elements == free.last.elements)
      let few = cell.run(x.slice(0, 3..<8), steps?.slice(0, 3..<8), p, isReversed: isReversed)
      #expect(few.states.elements == free.states.slice(0, 3..<8).elements)
    }
    // negative control: the mask changes something
    #expect(cell.run(x, mask, p).states.elements != cell.run(x, nil, p).states.elements)
  }

  @Test func `stop with a sentence that names every shape`() async {
    let wrong = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = lstm(.zeros([2, 3, 4]), .zeros([5, 8]), .zeros([2, 8]), .zeros([8]))
    }
    #expect(wrong.message.contains("lstm: input weight of shape [5, 8] for 4 features and 2 units; expected [4, 8]"))
    let flat = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gru(.zeros([2, 3]), .zeros([3, 6]), .zeros([2, 6]), .zeros([6]), .zeros([6]))
    }
    #expect(flat.message.contains("gru: a sequence is [batch, time, features]; got [2, 3]"))
    let gates = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gru(.zeros([2, 3, 4]), .zeros([4, 8]), .zeros([2, 8]), .zeros([8]), .zeros([8]))
    }
    #expect(gates.message.contains("gru: recurrent weight of shape [2, 8]; expected [h, 3·h]"))
    let steps = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = lstm(.zeros([2, 3, 4]), steps: .zeros([3, 2]), .zeros([4, 8]), .zeros([2, 8]), .zeros([8]))
    }
    #expect(steps.message.contains("lstm: steps of shape [3, 2] for a sequence [2, 3, 4]; expected [2, 3]"))
    let bias = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = lstm(.zeros([2, 3, 4]), .zeros([4, 8]), .zeros([2, 8]), .zeros([2]))
    }
    #expect(bias.message.contains("lstm: bias of shape [2] for 2 units; expected [8]"))
    let function = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = rnn(.zeros([2, 3, 4]), .zeros([4, 2]), .zeros([2, 2]), .zeros([2]), activation: .gelu)
    }
    #expect(function.message.contains("rnn: the activation is gelu; expected tanh or relu"))
  }
}
