import BraidTensor

/// What LSTM and GRU share: layers on top of each other, each in one direction or both, with dropout in between.
struct RecurrentStack<Cell> {
  private let layers: [(forward: Cell, backward: Cell?)]
  private let dropouts: [Dropout]
  private let inputs: Int
  /// Of the weight that reads the inputs.
  private let path: String
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
    let width = isBidirectional ? 2 * units : units
    (self.width, self.inputs) = (width, inputs)
    path = scope["layers.0.forward.input-weight"].path
    self.layers = (0..<layers).map { number in
      let place = scope["layers.\(number)"], below = number == 0 ? inputs : width
      return (make(below, place["forward"]), isBidirectional ? make(below, place["backward"]) : nil)
    }
    dropouts = dropout > 0 ? (1..<layers).map { Dropout(dropout, in: scope["dropouts.\($0 - 1)"]) } : []
  }

  /// - Parameter recur: one cell over a sequence, from its first or its last step.
  func run(
    _ x: Tensor, _ context: inout Context,
    _ recur: (Cell, _ x: Tensor, _ isReversed: Bool, inout Context) -> (states: Tensor, last: Tensor)
  ) -> (states: Tensor, last: Tensor) {
    func both(_ layer: (forward: Cell, backward: Cell?), _ x: Tensor) -> (states: Tensor, last: Tensor) {
      let forward = recur(layer.forward, x, false, &context)
      guard let cell = layer.backward else { return forward }
      let backward = recur(cell, x, true, &context)
      // [B, T, 2·units] and [B, 2·units]
      return (concatenate(Few(forward.states, backward.states)), concatenate(Few(forward.last, backward.last)))
    }
    LayerInput.sequences.check(x, inputs, path, madeWith: "inputs")
    var result = both(layers[0], x)
    for number in layers.indices.dropFirst() {
      let below = dropouts.isEmpty ? result.states : dropouts[number - 1](result.states, &context)
      result = both(layers[number], below)
    }
    return result
  }
}
