import BraidCore
import BraidNN
import BraidTensor

/// Cross-entropy of every label for itself: `L = −mean_{b,k} [t log σ(x) + (1 − t) log(1 − σ(x))]`, the mean over
/// samples and labels, computed from logits so that it never overflows.
public struct BinaryCrossEntropyLoss: Loss {
  public typealias Options = NoOptions
  public static let about = About(
    "binary-cross-entropy", "Cross-entropy of every label for itself, the mean over samples and labels",
    equation: "L = −mean_{b,k} [t log σ(x) + (1 − t) log(1 − σ(x))]")

  /// Throws `SetupError` unless the target is labels.
  public init(_ options: NoOptions, for target: TargetSpecification, in scope: Scope) throws {
    guard case .labels = target else {
      throw SetupError(
        "loss binary-cross-entropy: it is for labels; the target is \(target.summary). Use \(target.lossNames).")
    }
  }

  public func callAsFunction(_ pass: Pass, _ context: inout Context) -> Tensor {
    binaryCrossEntropy(pass.prediction.output, labels(pass))
  }

  public func samples(_ pass: Pass) -> SampleLosses? {
    let x = pass.prediction.output.detached
    return SampleLosses((x.softplus() - labels(pass) * x).mean(-1).elements.map(Double.init))  // [B]
  }

  private func labels(_ pass: Pass) -> Tensor {
    guard case .labels(let labels) = pass.batch.target else {
      stop("loss binary-cross-entropy", "the batch's target is not labels, as the data set declared")
    }
    return labels
  }
}
