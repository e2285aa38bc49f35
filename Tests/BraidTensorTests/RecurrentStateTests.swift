import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// States with all last states as more steps, `[B, T + 1 or 2, h]`: all carry gradients.
private func joined(_ result: (states: Tensor, last: [Tensor])) -> Tensor {
  let ends = result.last.map { $0.reshaped($0.shape[0], 1, $0.shape[1]) }
  return concatenate([result.states] + ends, axis: 1)
}

/// A random tensor, another for every name.
private func normal(_ name: String, _ shape: Shape) -> Tensor {
  var stream = RandomStream(seed: 9, .sampling, path: name)
  return stream.normal(shape)
}

extension Cell {
  fileprivate func initial(_ batch: Int, _ units: Int) -> [Tensor] { state.map { normal($0, [batch, units]) } }
}

@Suite struct `The state of a recurrence` {
  static let cases = ["", "-one-of-each", "-masked", "-masked-reversed", "-all-masked", "-wide"]

  @Test(arguments: Cell.allCases, cases)
  func `agrees with PyTorch's, from the first to the last, in every gradient`(_ cell: Cell, _ name: String) throws {
    let fixture = try Fixture("recurrent/\(cell.rawValue)-carried\(name)")
    let tape = Tape()
    let names = (["x"] + cell.state).map { "input.\($0)" } + cell.names.map { "parameter.\($0)" }
    let leaves = try names.map { tape.watch(try fixture.tensor($0)) }
    let output = joined(
      cell.carry(
        leaves[0], try fixture.optional("input.steps"), from: Array(leaves[1...cell.state.count]),
        Array(leaves.dropFirst(1 + cell.state.count)), isReversed: name.hasSuffix("reversed")))
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    let found: [(String, Tensor?)] = [("output", output)] + zip(names, leaves).map { ("gradient.\($0)", gradients[$1]) }
    #expect(try fixture.violations(found) == [])
  }

  @Test(arguments: Cell.allCases)
  func `is told apart from zeros and from another sample's by the same comparison`(_ cell: Cell) throws {
    let fixture = try Fixture("recurrent/\(cell.rawValue)-carried")
    let x = try fixture.tensor("input.x"), p = try cell.names.map { try fixture.tensor("parameter.\($0)") }
    let state = try cell.state.map { try fixture.tensor("input.\($0)") }
    let shifted = state.map { $0.gathered([1, 2, 0]) }
    for wrong in [nil, shifted] {
      let output = joined(cell.carry(x, nil, from: wrong, p))
      #expect(try fixture.closeness(of: output, to: "output").worst > 0.01)
    }
  }

  @Test(arguments: Cell.allCases, [false, true])
  func `has the derivative that central differences find`(_ cell: Cell, _ isReversed: Bool) {
    let steps = Tensor([1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0], [3, 4])  // a hole, and a sample without steps
    let names = ["x"] + cell.state + cell.names
    let tensors = [normal("x", [3, 4, 2])] + cell.initial(3, 3) + cell.weights(2, 3)
    let check = checkGradients(inputs: zip(names, tensors).map { (name: $0, tensor: $1) }) { tensors, _ in
      let state = Array(tensors[1...cell.state.count]), p = Array(tensors.dropFirst(1 + cell.state.count))
      return joined(cell.carry(tensors[0], steps, from: state, p, isReversed: isReversed))
    }
    #expect(check.violations == [])
  }

  /// 37 samples have their products made step by step, 5 all at once.
  @Test(arguments: Cell.allCases, [5, 37])
  func `lets a sequence be cut anywhere without changing a bit`(_ cell: Cell, _ batch: Int) {
    let (time, cut) = (6, 2)
    let x = normal("x", [batch, time, 7]), p = cell.weights(7, 11)
    let mask = Tensor((0..<(batch * time)).map { $0 % 7 == 3 || $0 < time ? 0 : 1 }, [batch, time])
    for steps in [nil, mask] {
      let whole = cell.carry(x, steps, from: nil, p)
      let first = cell.carry(x.slice(1, 0..<cut), steps?.slice(1, 0..<cut), from: nil, p)
      let second = cell.carry(x.slice(1, cut..<time), steps?.slice(1, cut..<time), from: first.last, p)
      #expect(concatenate([first.states, second.states], axis: 1).elements == whole.states.elements)
      #expect(second.last.map(\.elements) == whole.last.map(\.elements))
    }
  }

  /// The gradient reaches the first piece only through the states handed on.
  @Test(arguments: Cell.allCases) func `takes the gradient back through the cut`(_ cell: Cell) throws {
    let x = normal("x", [3, 5, 2])
    func gradients(_ cuts: [Int]) throws -> [Tensor] {
      let tape = Tape()
      let leaves = ([x] + cell.weights(2, 4)).map { tape.watch($0) }
      var last: [Tensor]?
      for (from, to) in zip(cuts, cuts.dropFirst()) {
        last = cell.carry(leaves[0].slice(1, from..<to), nil, from: last, Array(leaves.dropFirst())).last
      }
      let gradients = concatenate(try #require(last), axis: 1).gradients()
      return try leaves.map { try #require(gradients[$0]) }
    }
    for (whole, cut) in zip(try gradients([0, 5]), try gradients([0, 2, 3, 5])) {
      try expectClose(cut, whole.elements.map(Double.init), 1e-5)
    }
  }

  @Test(arguments: Cell.allCases)
  func `passes a sequence without steps by, with its gradient`(_ cell: Cell) {
    let tape = Tape()
    let p = cell.weights(2, 3), state = cell.initial(2, 3).map { tape.watch($0) }
    let result = cell.carry(.zeros([2, 0, 2]), nil, from: state, p)
    #expect(result.states.shape == [2, 0, 3])
    #expect(result.last.map(\.elements) == state.map(\.elements))
    let upstream = normal("upstream", [2, 3 * state.count])
    let gradients = concatenate(result.last, axis: 1).gradients(upstream: upstream)
    for (leaf, expected) in zip(state, upstream.split(1, state.map { _ in 3 })) {
      #expect(gradients[leaf]?.elements == expected.elements)
    }
  }

  @Test(arguments: Cell.allCases)
  func `takes a gradient where everything else is constant, and keeps nothing for constants`(_ cell: Cell) {
    let x = normal("x", [2, 3, 2]), p = cell.weights(2, 3)
    for number in cell.state.indices {
      let tape = Tape()
      var state = cell.initial(2, 3)
      state[number] = tape.watch(state[number])
      let result = cell.carry(x, nil, from: state, p)
      #expect(result.states.gradients()[state[number]]?.shape == [2, 3])
    }
    let constant = cell.carry(x, nil, from: cell.initial(2, 3), p)
    #expect(!constant.states.isRecorded && !constant.last.contains(where: \.isRecorded))
  }

  @Test(arguments: Cell.allCases)
  func `is not read where the mask is, nor is the sequence`(_ cell: Cell) {
    let steps = Tensor([0, 0, 1, 0, 0, 0], [2, 3])
    func run(_ filler: Float) -> [[Float]] {
      let x = normal("x", [2, 3, 2]), tape = Tape()
      for row in 0..<6 where steps.elements[row] == 0 {
        for feature in 0..<2 { x.pointer[row * 2 + feature] = filler }
      }
      let leaves = ([x] + cell.initial(2, 4) + cell.weights(2, 4)).map { tape.watch($0) }
      let state = Array(leaves[1...cell.state.count]), p = Array(leaves.dropFirst(1 + cell.state.count))
      let output = joined(cell.carry(leaves[0], steps, from: state, p))
      let gradients = output.gradients()
      return [output.elements] + leaves.map { gradients[$0]?.elements ?? [] }
    }
    #expect(run(0) == run(.nan))
  }

  @Test func `of another shape stops`() async {
    let wrong = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gru(.zeros([2, 3, 4]), initial: .zeros([3, 2]), .zeros([4, 6]), .zeros([2, 6]), .zeros([6]), .zeros([6]))
    }
    #expect(wrong.message.contains("gru: initial state of shape [3, 2] for 2 samples and 2 units; expected [2, 2]"))
    let cell = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = lstm(
        .zeros([2, 3, 4]), initial: (.zeros([2, 2]), .zeros([2, 1])), .zeros([4, 8]), .zeros([2, 8]), .zeros([8]))
    }
    #expect(cell.message.contains("lstm: initial state of shape [2, 1] for 2 samples and 2 units; expected [2, 2]"))
  }
}
