import BraidCore
import BraidNN
import BraidTensor

/// Numbers: `y = h W + b`, with h the joined features after any hidden layers.
///
/// Shapes: `[B, width] → [B, values]`; a sequence is averaged over its real steps. Scores are the numbers themselves.
/// Parameters as for `ClassificationHead`. Suits the losses mse and mae, and the metrics mae, mse and pearson.
public struct RegressionHead: Head {
  public typealias Options = HeadOptions
  public static let about = About("regression", "Numbers, through hidden layers if wanted", equation: "y = h W + b")

  private let layers: OutputLayers

  /// Throws `SetupError` unless the target is one number or more, and for settings outside their range.
  public init(
    _ options: Options, reading features: Modality, predicting target: TargetSpecification, in scope: Scope
  ) throws {
    guard case .values(let names) = target else {
      throw SetupError("head regression: it predicts numbers; the target is \(target.summary). Use \(target.headName).")
    }
    try require(!names.isEmpty, "head regression: the target has no number; expected 1 or more")
    layers = try OutputLayers(options, "regression", reading: features, outputs: names.count, in: scope)
  }

  public func callAsFunction(_ fused: Fused, _ context: inout Context) -> Prediction {
    Prediction(layers(fused, &context))
  }

  public func scores(_ prediction: Prediction) -> Tensor { prediction.output.detached }
}
