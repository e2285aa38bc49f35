import BraidCore
import BraidNN
import BraidTensor

/// Long short-term memory over words or over a sequence of numbers.
///
/// `c_t = f_t ∘ c_{t−1} + i_t ∘ tanh(g_t)`, `h_t = o_t ∘ tanh(c_t)`, with input, forget and output gates i, f, o. Words
/// first become learned vectors.
///
/// Shapes: tokens `[B, T]` or numbers `[B, T, d]` → `[B, T, width]`, or `[B, width]` with output last or mean; twice as
/// wide in both directions. Parameters: `words.table` for tokens, and the layers' under `recurrent`. Padding keeps the
/// state; a sample without real steps gives zeros.
public struct LSTMEncoder: Encoder {
  public typealias Options = RecurrentOptions
  public static let about = About(
    "lstm", "Long short-term memory over words or a sequence of numbers",
    equation: "c_t = f_t ∘ c_{t−1} + i_t ∘ tanh(g_t); h_t = o_t ∘ tanh(c_t)",
    paper: "Hochreiter & Schmidhuber 1997, Long short-term memory, Neural Computation 9(8)")

  public var output: Modality { frame.output }
  private let frame: RecurrentFrame
  private let layers: LSTM

  /// Throws `SetupError` for vectors and images, and for settings outside their range.
  public init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    frame = try RecurrentFrame("lstm", options, reading: input, in: scope)
    layers = LSTM(
      frame.inputs, options.width, layers: options.layers, isBidirectional: options.bidirectional,
      dropout: options.dropout, in: scope["recurrent"])
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    let x = frame.steps(input, &context)  // [B, T, inputs]
    return frame.features(layers(x, steps: input.steps, &context), input, &context)
  }
}
