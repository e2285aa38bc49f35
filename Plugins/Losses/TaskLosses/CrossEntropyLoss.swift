import BraidCore
import BraidNN
import BraidTensor

/// How surprised the model is by the right class: `L = −Σ_b w_{y_b} Σ_k t_bk log softmax(x_b)_k / Σ_b w_{y_b}`.
///
/// t is 1 for the right class y and 0 for the others; with smoothing ε over K classes it is `1 − ε + ε/K` and `ε/K`
/// (Szegedy et al. 2016, "Rethinking the Inception architecture", section 7). With class weights, the smoothed part
/// carries each class's own weight, as PyTorch defines it. Without weights this is the mean over samples.
public struct CrossEntropyLoss: Loss {
  public struct Options: PartOptions {
    /// ε in [0, 1).
    public var smoothing = 0.0
    /// w, one a class in the data set's order; empty: all 1.
    public var weights: [Double] = []
    public init() {}
    public init(smoothing: Double, weights: [Double] = []) { (self.smoothing, self.weights) = (smoothing, weights) }
  }
  public static let about = About(
    "cross-entropy", "Negative log-probability of the right class, with smoothing and class weights if wanted",
    equation: "L = −mean_b Σ_k t_bk log softmax(x_b)_k")

  private let smoothing: Float
  private let weights: Tensor?

  /// Throws `SetupError` unless the target is classes, and for smoothing or weights that do not fit.
  public init(_ options: Options, for target: TargetSpecification, in scope: Scope) throws {
    guard case .classes(let names) = target else {
      throw SetupError(
        "loss cross-entropy: it is for classes; the target is \(target.summary). Use \(target.lossNames).")
    }
    try require(
      (0..<1).contains(options.smoothing),
      "loss cross-entropy: smoothing is \(options.smoothing); expected at least 0 and less than 1")
    try require(
      options.weights.isEmpty || options.weights.count == names.count,
      "loss cross-entropy: weights has \(options.weights.count) numbers for \(names.count) classes (\(listed(names)))")
    for (index, weight) in options.weights.enumerated() {
      try require(
        weight >= 0 && weight.isFinite,
        "loss cross-entropy: weights[\(index)] is \(weight); expected a number at or above 0")
    }
    try require(
      options.weights.isEmpty || options.weights.contains { $0 > 0 },
      "loss cross-entropy: all weights are 0; expected at least one above 0")
    smoothing = Float(options.smoothing)
    weights = options.weights.isEmpty ? nil : Tensor(options.weights.map(Float.init))
  }

  public func callAsFunction(_ pass: Pass, _ context: inout Context) -> Tensor {
    crossEntropy(pass.prediction.output, classes(pass), smoothing: smoothing, weights: weights)
  }

  /// `(1 − ε) w_y ℓ_y + ε/K Σ_k w_k ℓ_k` with `ℓ = −log softmax(x)`, of weight `w_y`.
  public func samples(_ pass: Pass) -> SampleLosses? {
    let output = pass.prediction.output
    let logarithms = output.detached.logSoftmax().elements  // [B, K]
    let count = output.shape[-1]
    func weight(_ k: Int) -> Double { weights.map { Double($0.pointer[k]) } ?? 1 }
    let smoothing = Double(smoothing)
    let right = classes(pass).map(Int.init)
    let values = right.enumerated().map { row, y in
      let losses = (0..<count).map { -Double(logarithms[row * count + $0]) * weight($0) }
      return (1 - smoothing) * losses[y] + (smoothing > 0 ? smoothing / Double(count) * losses.reduce(0, +) : 0)
    }
    return SampleLosses(values, weights: right.map(weight))
  }

  private func classes(_ pass: Pass) -> [Int32] {
    guard case .classes(let classes) = pass.batch.target else {
      stop("loss cross-entropy", "the batch's target is not classes, as the data set declared")
    }
    return classes
  }
}

/// The first names of a list, for messages.
private func listed(_ names: [String]) -> String {
  names.prefix(8).joined(separator: ", ") + (names.count > 8 ? ", …" : "")
}

extension TargetSpecification {
  /// The losses for this kind of target.
  var lossNames: String {
    switch self {
    case .classes: "cross-entropy"
    case .labels: "binary-cross-entropy"
    case .values: "mse or mae"
    }
  }
}
