import BraidTensor

/// Stacked plain recurrent networks over masked sequences, in one direction or both.
///
/// The equation is that of `rnn` (Elman 1990). In both directions (Schuster & Paliwal 1997) every layer runs once from
/// the first real step on and once from the last one back, with weights of their own, and the two states are joined.
/// Shapes: `[B, T, inputs] → states [B, T, width], last [B, width]`. Parameters, for layer k from 0 and direction
/// `forward` (and `backward`): `layers.<k>.forward.input-weight [d, units]`, `recurrent-weight [units, units]` (Glorot
/// uniform), `bias [units]` (zeros).
public struct RNN {
  private struct Cell: RecurrentCell {
    static var hasCellState: Bool { false }
    let inputWeight: Parameter, recurrentWeight: Parameter, bias: Parameter
    let activation: Activation

    init(_ inputs: Int, _ units: Int, _ activation: Activation, in scope: Scope) {
      inputWeight = scope.parameter("input-weight", Shape(inputs, units), .glorotUniform)
      recurrentWeight = scope.parameter("recurrent-weight", Shape(units, units), .glorotUniform)
      bias = scope.parameter("bias", Shape(units), .zeros)
      self.activation = activation
    }

    func run(
      _ x: Tensor, steps: Tensor?, initial: (h: Tensor, c: Tensor?)?, isReversed: Bool, _ context: inout Context
    ) -> (states: Tensor, last: Tensor, cell: Tensor?) {
      let result = rnn(
        x, steps: steps, initial: initial?.h, context[inputWeight], context[recurrentWeight], context[bias],
        activation: activation, isReversed: isReversed)
      return (result.states, result.last, nil)
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
  ///   - activation: `.tanh`, or `.relu` (Le et al. 2015, "A simple way to initialize recurrent networks of rectified
  ///     linear units").
  public init(
    _ inputs: Int, _ units: Int, layers: Int = 1, isBidirectional: Bool = false, dropout: Double = 0,
    activation: Activation = .tanh, in scope: Scope
  ) {
    guard activation == .tanh || activation == .relu else {
      stop("RNN", "the activation of \(scope.path) is \(activation); expected tanh or relu")
    }
    stack = RecurrentStack(
      "RNN", inputs, units, layers: layers, isBidirectional: isBidirectional, dropout: dropout, in: scope
    ) { Cell($0, units, activation, in: $1) }
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
