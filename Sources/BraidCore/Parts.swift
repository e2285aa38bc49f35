import BraidTensor
import BraidNN

/// Turns one raw modality into features.
public protocol Encoder: Part {
  /// Throws `SetupError` when the input's kind does not suit the encoder.
  init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws
  /// Kind and width of the features.
  var output: Modality { get }
  func callAsFunction(_ input: Input, _ context: inout Context) -> Features
}

/// Which kinds of features a fusion takes. Where an encoder gives the other kind, a declared adapter stands between.
public enum Accepts: String, Sendable { case vectors, sequences, either }

/// Where a fusion joins the modalities.
public enum FusionLevel: String, Sendable { case data, feature, decision, model }

/// Joins the modalities' features.
///
/// In evaluation mode a sample's output depends on that sample only; content under a mask (padding steps, absent modalities)
/// never matters; every parameter receives a gradient. `BraidTesting`'s conformance kit checks all of it.
public protocol Fusion: Part {
  static var level: FusionLevel { get }
  static var accepts: Accepts { get }
  /// - Parameter joining: the modalities in order, each already of a kind the fusion accepts.
  /// - Throws: `SetupError` for a number or mix of modalities the fusion is not defined for.
  init(_ options: Options, joining: [Modality], in scope: Scope) throws
  /// Kind and width of the joined features; its name is `fused`.
  var output: Modality { get }
  /// - Parameter inputs: in the order of `joining`.
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused
}

extension Fusion {
  /// Features, by default.
  public static var level: FusionLevel { .feature }
}

/// What a head returns.
public struct Prediction {
  /// `[B, outputs]`: logits for classes and labels, numbers for regression.
  public var output: Tensor
  /// What a head gives.
  public init(_ output: Tensor) { self.output = output }
}

/// Turns joined features into predictions.
public protocol Head: Part {
  /// Throws `SetupError` when the target or the features are not what the head predicts from.
  init(_ options: Options, reading features: Modality, predicting target: TargetSpecification, in scope: Scope) throws
  func callAsFunction(_ fused: Fused, _ context: inout Context) -> Prediction
  /// What the prediction says of each sample, as probabilities or numbers: `[B, outputs]`.
  func scores(_ prediction: Prediction) -> Tensor
}

/// Everything one forward pass made, for losses and reports.
public struct Pass {
  /// What went in.
  public let batch: Batch
  /// The modalities joined, in order, as the fusion saw them (after adapters).
  public let modalities: [Modality]
  /// As the encoders returned them, in the order of `modalities`.
  public let encoded: [Features]
  /// What the fusion gave.
  public let fused: Fused
  /// What the head gave.
  public let prediction: Prediction
  /// One forward pass with everything it made.
  public init(batch: Batch, modalities: [Modality], encoded: [Features], fused: Fused, prediction: Prediction) {
    (self.batch, self.modalities, self.encoded, self.fused, self.prediction) = (
      batch, modalities, encoded, fused, prediction
    )
  }
}

/// What training makes small. Sees every stage of a pass and may own parameters.
public protocol Loss: Part {
  /// Throws `SetupError` when the loss does not suit the target.
  init(_ options: Options, for target: TargetSpecification, in scope: Scope) throws
  /// The mean over the batch's samples: shape `[]`.
  func callAsFunction(_ pass: Pass, _ context: inout Context) -> Tensor
  /// What each sample contributes, as constants; nil (the default) for a loss that does not come apart by sample.
  func samples(_ pass: Pass) -> SampleLosses?
}

extension Loss {
  /// None by default.
  public func samples(_ pass: Pass) -> SampleLosses? { nil }
}

/// A loss taken apart by sample: `L = Σ_b values_b / Σ_b weights_b`. Plain numbers, nothing recorded.
public struct SampleLosses {
  /// What each sample adds to the sum.
  public let values: [Double]
  /// What each sample adds to the number the sum is divided by.
  public let weights: [Double]
  /// - Parameter weights: nil: all 1, so that the loss is the mean of the values.
  public init(_ values: [Double], weights: [Double]? = nil) {
    (self.values, self.weights) = (values, weights ?? values.map { _ in 1 })
  }
}

/// A model's answers over a whole split, with the right ones: plain numbers.
public struct Evaluation: Sendable {
  /// What was to be predicted.
  public let target: TargetSpecification
  /// Number of samples.
  public let count: Int
  /// `[count, outputs]`, row-major: probabilities of classes or labels, or predicted numbers.
  public let scores: [Float]
  /// Right class of each sample (for `.classes`), empty otherwise.
  public let classes: [Int]
  /// `[count, outputs]` right labels or numbers (for `.labels` and `.values`), empty otherwise.
  public let values: [Float]
  /// All predictions of a split with the right answers.
  public init(target: TargetSpecification, count: Int, scores: [Float], classes: [Int] = [], values: [Float] = []) {
    (self.target, self.count, self.scores, self.classes, self.values) = (target, count, scores, classes, values)
  }
  /// Outputs a sample.
  public var outputs: Int { target.names.count }
  /// The class with the highest score of each sample; the first of equal ones.
  public var predictedClasses: [Int] {
    (0..<count).map { sample in
      var best = 0
      for k in 0..<outputs where scores[sample * outputs + k] > scores[sample * outputs + best] { best = k }
      return best
    }
  }
}

/// One number that says how good the answers are.
public protocol Metric: Part {
  static var higherIsBetter: Bool { get }
  /// Throws `SetupError` when the metric does not suit the target.
  init(_ options: Options, for target: TargetSpecification) throws
  /// NaN where the metric is undefined (such as a correlation of constants); the doc comment says when.
  func callAsFunction(_ evaluation: Evaluation) -> Double
}
