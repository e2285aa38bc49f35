import BraidCore
import BraidNN
import BraidTensor

/// One of several classes: `logits = h W + b`, with h the joined features after any hidden layers.
///
/// Shapes: `[B, width] → [B, classes]`; a sequence is averaged over its real steps. Scores are `softmax(logits)`.
/// Parameters: `layers.<k>.…` for hidden layers, `output.weight [·, classes]`, `output.bias [classes]`.
/// Suits the loss cross-entropy, and accuracy, precision, recall, macro-f1 and weighted-f1.
public struct ClassificationHead: Head {
  public typealias Options = HeadOptions
  public static let about = About(
    "classification", "Logits over classes, through hidden layers if wanted", equation: "p = softmax(h W + b)")

  private let layers: OutputLayers

  /// Throws `SetupError` unless the target is two classes or more, and for settings outside their range.
  public init(
    _ options: Options, reading features: Modality, predicting target: TargetSpecification, in scope: Scope
  ) throws {
    guard case .classes(let names) = target else {
      throw SetupError(
        "head classification: it predicts one of several classes; the target is \(target.summary). "
          + "Use \(target.headName).")
    }
    try require(names.count >= 2, "head classification: the target has \(names.count) class; expected 2 or more")
    layers = try OutputLayers(options, "classification", reading: features, outputs: names.count, in: scope)
  }

  public func callAsFunction(_ fused: Fused, _ context: inout Context) -> Prediction {
    Prediction(layers(fused, &context))
  }

  /// Probabilities of the classes, which add up to 1.
  public func scores(_ prediction: Prediction) -> Tensor { prediction.output.detached.softmax() }
}

extension TargetSpecification {
  /// The head for this kind of target.
  var headName: String {
    switch self {
    case .classes: "classification"
    case .labels: "multi-label"
    case .values: "regression"
    }
  }
}
