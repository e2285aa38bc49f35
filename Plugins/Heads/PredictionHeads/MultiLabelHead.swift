import BraidCore
import BraidNN
import BraidTensor

/// Any number of labels, each for itself: `logits = h W + b`, with h the joined features after any hidden layers.
///
/// Shapes: `[B, width] → [B, labels]`; a sequence is averaged over its real steps. Scores are `σ(logits)`.
/// Parameters as for `ClassificationHead`. Suits the loss binary-cross-entropy, and the metrics of classification,
/// which take a label as given when its score is at least 0.5.
public struct MultiLabelHead: Head {
  public typealias Options = HeadOptions
  public static let about = About(
    "multi-label", "A logit for every label, through hidden layers if wanted", equation: "p = σ(h W + b)")

  private let layers: OutputLayers

  /// Throws `SetupError` unless the target is one label or more, and for settings outside their range.
  public init(
    _ options: Options, reading features: Modality, predicting target: TargetSpecification, in scope: Scope
  ) throws {
    guard case .labels(let names) = target else {
      throw SetupError(
        "head multi-label: it predicts any number of labels; the target is \(target.summary). Use \(target.headName).")
    }
    try require(!names.isEmpty, "head multi-label: the target has no label; expected 1 or more")
    layers = try OutputLayers(options, "multi-label", reading: features, outputs: names.count, in: scope)
  }

  public func callAsFunction(_ fused: Fused, _ context: inout Context) -> Prediction {
    Prediction(layers(fused, &context))
  }

  /// Probabilities of the labels.
  public func scores(_ prediction: Prediction) -> Tensor { prediction.output.detached.sigmoid() }
}
