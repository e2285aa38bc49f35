import BraidCore
import BraidNN
import BraidTensor

/// One modality scales the other: `z = (x_1 W + v) ∘ (x_2 U) + b`.
///
/// Shapes: `[B, d_1]`, `[B, d_2]` → `[B, width]`. Parameters: `scale.weight [d_1, width]`, `scale.bias` (v, ones at
/// first, so that training starts from `x_2 U`), `value.weight [d_2, width]`, `bias [width]`. Extra: `scale`,
/// `[B, width]`. Where the first modality is absent the scale is v; where the second is, z is b.
///
/// The vector form of Jayakumar et al. 2020, "Multiplicative interactions and where to find them", ICLR; there x_2 is
/// not projected and the bias also depends on x_1.
public struct MultiplicativeFusion: Fusion {
  public struct Options: PartOptions {
    /// Width of the result.
    public var width = 64
    public init() {}
    public init(width: Int) { self.width = width }
  }

  public static let about = About(
    "multiplicative", "One modality scales the other", equation: "z = (x_1 W + v) ∘ (x_2 U) + b",
    paper: "Jayakumar et al. 2020, Multiplicative interactions and where to find them, ICLR")
  public static let accepts = Accepts.vectors

  public let output: Modality
  private let scale: Linear
  private let value: Linear
  private let shift: Parameter  // v
  private let bias: Parameter

  public init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    guard modalities.count == 2 else {
      throw SetupError("multiplicative: joins two modalities; got \(modalities.map(\.name)).")
    }
    guard options.width > 0 else {
      throw SetupError("multiplicative: width \(options.width); expected a number above 0.")
    }
    scale = Linear(modalities[0].width, options.width, bias: false, in: scope["scale"])
    value = Linear(modalities[1].width, options.width, bias: false, in: scope["value"])
    shift = scope.parameter("scale.bias", Shape(options.width), .ones)
    bias = scope.parameter("bias", Shape(options.width), .zeros)
    output = Modality("fused", .vector, width: options.width)
  }

  public func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let scales = scale(inputs[0].masked, &context) + context[shift]  // [B, width]
    let values = value(inputs[1].masked, &context)  // [B, width]
    return Fused(scales * values + context[bias], extras: context.wantsExtras ? ["scale": scales] : [:])
  }
}
