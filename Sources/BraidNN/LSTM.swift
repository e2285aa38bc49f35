import BraidTensor

/// Stacked long short-term memories over masked sequences, in one direction or both.
///
/// The equations are those of `lstm` (Hochreiter & Schmidhuber 1997; Gers et al. 2000). In both directions (Schuster & Paliwal
/// 1997) every layer runs once from the first real step on and once from the last one back, with weights of their own, and the
/// two states are joined. Shapes: `[B, T, inputs] → states [B, T, width], last [B, width]`.
/// Parameters, for layer k from 0 and direction `forward` (and `backward`): `layers.<k>.forward.input-weight [d, 4·units]`,
/// `recurrent-weight [units, 4·units]` (Glorot uniform, gate by gate), `bias [4·units]` (zeros; 1 for the forget gate).
public struct LSTM {
  private struct Cell: RecurrentCell {
    static var hasCellState: Bool { true }
    let inputWeight: Parameter, recurrentWeight: Parameter, bias: Parameter

    init(_ inputs: Int, _ units: Int, forgetBias: Float, in scope: Scope) {
      inputWeight = scope.parameter("input-weight", Shape(inputs, 4 * units), .glorotUniformBlocks(4))
      recurrentWeight = scope.parameter("recurrent-weight", Shape(units, 4 * units), .glorotUniformBlocks(4))
      bias = scope.parameter("bias", Shape(4 * units), .zeros)
      bias.assign(Tensor((0..<4 * units).map { $0 / max(units, 1) == 1 ? forgetBias : 0 }))
    }

    func run(
      _ x: Tensor, steps: Tensor?, initial: (h: Tensor, c: Tensor?)?, isReversed: Bool, _ context: inout Context
    ) -> (states: Tensor, last: Tensor, cell: Tensor?) {
      let given = initial.flatMap { state in state.c.map { (h: state.h, c: $0) } }
      let result = lstm(
        x, steps: steps, initial: given, context[inputWeight], context[recurrentWeight], context[bias],
        isReversed: isReversed)
      return (result.states, result.last, result.cell)
    }
  }
  private let stack: RecurrentStack<Cell>
  /// Width of the states: `units`, or twice as much in both directions.
  public var width: Int { stack.width }

  /// - Parameters:
  ///   - inputs: features a step.
  ///   - units: width of one direction's state.
  ///   - layers: how many lie on top of each other; each reads the states of the one below.
  ///   - isBidirectional: whether each layer also runs from the last real step back.
  ///   - dropout: rate between layers (not after the last).
  ///   - forgetBias: first value of the forget gate's bias; 1 lets gradients through from the start (Jozefowicz et al. 2015).
  public init(
    _ inputs: Int, _ units: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Double = 0,
    forgetBias: Float = 1,
    in scope: Scope
  ) {
    stack = RecurrentStack(
      "LSTM", inputs, units, layers: layers, isBidirectional: isBidirectional, dropout: dropout, in: scope
    ) { Cell($0, units, forgetBias: forgetBias, in: $1) }
  }

  /// - Parameter steps: `[B, T]`, 1 for a real step; nil when all are. Masked steps keep the state and give zeros.
  /// - Returns: the top layer's states `[B, T, width]`, and `[B, width]` its state after the last real step of each direction,
  ///   forward then backward; zeros for a sample without a real step.
  public func callAsFunction(
    _ x: Tensor, steps: Tensor? = nil, _ context: inout Context
  ) -> (states: Tensor, last: Tensor) {
    stack(x, steps: steps, &context)
  }

  /// The same from a given state, and with the state it ends in.
  /// - Parameters:
  ///   - steps: `[B, T]`, 1 for a real step; nil when all are. Masked steps keep the state and give zeros.
  ///   - initial: the state of every layer and direction before the first step it takes; nil: zeros.
  /// - Returns: the top layer's states `[B, T, width]`, and the state of every layer and direction after the last real step it
  ///   took; the initial one for a sample without a real step.
  public func callAsFunction(
    _ x: Tensor, steps: Tensor? = nil, from initial: RecurrentState?, _ context: inout Context
  ) -> (states: Tensor, final: RecurrentState) {
    stack(x, steps: steps, from: initial, &context)
  }
}
