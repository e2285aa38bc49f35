import BraidTensor

/// One layer of a recurrent stack in one direction.
protocol RecurrentCell {
  /// Whether its state is h and c, not h alone.
  static var hasCellState: Bool { get }
  /// Over a sequence, from its first or its last step, and from zeros where no `initial` state is given.
  func run(
    _ x: Tensor, steps: Tensor?, initial: (h: Tensor, c: Tensor?)?, isReversed: Bool, _ context: inout Context
  ) -> (states: Tensor, last: Tensor, cell: Tensor?)
}

/// What LSTM, GRU and RNN share: layers on top of each other, each in one direction or both, with dropout in between.
struct RecurrentStack<Cell: RecurrentCell> {
  private let layers: [(forward: Cell, backward: Cell?)]
  private let dropouts: [Dropout]
  private let inputs: Int
  /// Of the weight that reads the inputs.
  private let path: String
  private let name: String
  /// Width of the states.
  let width: Int

  /// - Parameter make: a cell from its number of inputs and its scope.
  init(
    _ name: String, _ inputs: Int, _ units: Int, layers: Int, isBidirectional: Bool, dropout: Double, in scope: Scope,
    make: (Int, Scope) -> Cell
  ) {
    guard layers > 0, inputs > 0, units > 0 else {
      stop(
        name, "\(layers) layers, \(inputs) inputs and \(units) units of \(scope.path); expected at least one of each")
    }
    self.name = name
    let width = isBidirectional ? 2 * units : units
    (self.width, self.inputs) = (width, inputs)
    path = scope["layers.0.forward.input-weight"].path
    self.layers = (0..<layers).map { number in
      let place = scope["layers.\(number)"], below = number == 0 ? inputs : width
      return (make(below, place["forward"]), isBidirectional ? make(below, place["backward"]) : nil)
    }
    dropouts = dropout > 0 ? (1..<layers).map { Dropout(dropout, in: scope["dropouts.\($0 - 1)"]) } : []
  }

  /// From zeros: the top layer's states and its last of both directions.
  func callAsFunction(
    _ x: Tensor, steps: Tensor?, _ context: inout Context
  ) -> (states: Tensor, last: Tensor) {
    var nobodyAsks: RecurrentState?
    return run(x, steps, from: nil, &nobodyAsks, &context)
  }

  /// From a given state: the top layer's states and all layers' last.
  func callAsFunction(
    _ x: Tensor, steps: Tensor?, from initial: RecurrentState?, _ context: inout Context
  ) -> (states: Tensor, final: RecurrentState) {
    if let initial {
      let count = layers.count * (layers[0].backward == nil ? 1 : 2), cells = Cell.hasCellState ? count : 0
      guard initial.hidden.count == count, initial.cell.count == cells else {
        stop(
          name,
          "an initial state of \(initial.hidden.count) h and \(initial.cell.count) c; "
            + "expected \(count) and \(cells), for each layer and direction")
      }
    }
    var final: RecurrentState? = RecurrentState()
    let states = run(x, steps, from: initial, &final, &context).states
    return (states, final ?? RecurrentState())
  }

  private func check(_ initial: RecurrentState, for x: Shape) {
    let expected = Shape(x[0], layers[0].backward == nil ? width : width / 2)
    let wrong = initial.hidden.first { $0.shape != expected } ?? initial.cell.first { $0.shape != expected }
    guard let wrong else { return }
    stop(
      path, "an initial state of shape \(wrong.shape) for an input of shape \(x); give it \(expected)")
  }

  /// - Parameter final: gets the states at the end, unless nil.
  private func run(
    _ x: Tensor, _ steps: Tensor?, from initial: RecurrentState?, _ final: inout RecurrentState?,
    _ context: inout Context
  ) -> (states: Tensor, last: Tensor) {
    var number = 0  // of the layer and direction
    func one(_ cell: Cell, _ x: Tensor, isReversed: Bool) -> (states: Tensor, last: Tensor) {
      let given = initial.map { (h: $0.hidden[number], c: Cell.hasCellState ? $0.cell[number] : nil) }
      number += 1
      let result = cell.run(x, steps: steps, initial: given, isReversed: isReversed, &context)
      final?.hidden.append(result.last)
      if let c = result.cell { final?.cell.append(c) }
      return (result.states, result.last)
    }
    func both(_ layer: (forward: Cell, backward: Cell?), _ x: Tensor) -> (states: Tensor, last: Tensor) {
      let forward = one(layer.forward, x, isReversed: false)
      guard let cell = layer.backward else { return forward }
      let backward = one(cell, x, isReversed: true)
      // [B, T, 2·units] and [B, 2·units]
      return (concatenate(Few(forward.states, backward.states)), concatenate(Few(forward.last, backward.last)))
    }
    LayerInput.sequences.check(x, inputs, path, madeWith: "inputs")
    if let steps, steps.shape != Shape(x.shape[0], x.shape[1]) {
      stop(
        path,
        "steps of shape \(steps.shape) for an input of shape \(x.shape); give them [\(x.shape[0]), \(x.shape[1])]")
    }
    if let initial { check(initial, for: x.shape) }
    var result = both(layers[0], x)
    for number in layers.indices.dropFirst() {
      let below = dropouts.isEmpty ? result.states : dropouts[number - 1](result.states, &context)
      result = both(layers[number], below)
    }
    return result
  }
}
