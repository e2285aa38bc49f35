import BraidCore
import BraidNN
import BraidTensor

/// Gated recurrent units over words or over a sequence of numbers.
///
/// `h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}`, with reset and update gates r, z and `n_t = tanh(x_t W + b + r_t ∘ (h_{t−1}
/// U + c))`, the form of PyTorch and of Cho et al.'s second version. Words first become learned vectors.
///
/// Shapes: tokens `[B, T]` or numbers `[B, T, d]` → `[B, T, width]`, or `[B, width]` with output last or mean; twice as
/// wide in both directions. Parameters: `words.table` for tokens, and the layers' under `recurrent`. Padding keeps the
/// state; a sample without real steps gives zeros.
public struct GRUEncoder: Encoder {
  public typealias Options = RecurrentOptions
  public static let about = About(
    "gru", "Gated recurrent units over words or a sequence of numbers",
    equation: "h_t = (1 − z_t) ∘ n_t + z_t ∘ h_{t−1}",
    paper: "Cho et al. 2014, Learning phrase representations using RNN encoder-decoder, arXiv:1406.1078")

  public var output: Modality { frame.output }
  private let frame: RecurrentFrame
  private let layers: GRU

  /// Throws `SetupError` for vectors and images, and for settings outside their range.
  public init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    frame = try RecurrentFrame("gru", options, reading: input, in: scope)
    layers = GRU(
      frame.inputs, options.width, layers: options.layers, isBidirectional: options.bidirectional,
      dropout: options.dropout, in: scope["recurrent"])
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    let x = frame.steps(input, &context)  // [B, T, inputs]
    return frame.features(layers(x, steps: input.steps, &context), input, &context)
  }
}
