import BraidCore
import BraidNN
import BraidTensor

/// Mean squared error: `L = mean_{b,k} (y − t)²`, the mean over samples and numbers.
public struct MeanSquaredErrorLoss: Loss {
  public typealias Options = NoOptions
  public static let about = About(
    "mse", "Mean squared error over samples and numbers", equation: "L = mean_{b,k} (y − t)²")

  /// Throws `SetupError` unless the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification, in scope: Scope) throws {
    try requireValues(target, for: "mse")
  }

  public func callAsFunction(_ pass: Pass, _ context: inout Context) -> Tensor {
    difference(pass, for: "mse").squared().mean()
  }

  public func samples(_ pass: Pass) -> SampleLosses? {
    SampleLosses(difference(pass, for: "mse").detached.squared().mean(-1).elements.map(Double.init))  // [B]
  }
}

/// Mean absolute error: `L = mean_{b,k} |y − t|`, the mean over samples and numbers. The derivative at 0 is 0.
public struct MeanAbsoluteErrorLoss: Loss {
  public typealias Options = NoOptions
  public static let about = About(
    "mae", "Mean absolute error over samples and numbers", equation: "L = mean_{b,k} |y − t|")

  /// Throws `SetupError` unless the target is numbers.
  public init(_ options: NoOptions, for target: TargetSpecification, in scope: Scope) throws {
    try requireValues(target, for: "mae")
  }

  public func callAsFunction(_ pass: Pass, _ context: inout Context) -> Tensor {
    difference(pass, for: "mae").absolute().mean()
  }

  public func samples(_ pass: Pass) -> SampleLosses? {
    SampleLosses(difference(pass, for: "mae").detached.absolute().mean(-1).elements.map(Double.init))  // [B]
  }
}

private func requireValues(_ target: TargetSpecification, for name: String) throws {
  guard case .values = target else {
    throw SetupError("loss \(name): it is for numbers; the target is \(target.summary). Use \(target.lossNames).")
  }
}

/// y − t: `[B, values]`.
private func difference(_ pass: Pass, for name: String) -> Tensor {
  guard case .values(let right) = pass.batch.target else {
    stop("loss \(name)", "the batch's target is not numbers, as the data set declared")
  }
  guard right.shape == pass.prediction.output.shape else {
    stop("loss \(name)", "predictions of shape \(pass.prediction.output.shape), targets of shape \(right.shape)")
  }
  return pass.prediction.output - right
}
