import BraidTensor

/// What the caller decides for one forward pass: training or not, recording or not, and the randomness for it.
public struct Context {
  /// Whether dropout and batch statistics are on.
  public let isTraining: Bool
  /// The experiment's seed and the step the pass belongs to: what random streams are keyed by.
  public let seed: UInt64
  /// The number of the training step.
  public let step: UInt64
  /// Whether the caller reads what fusions let be seen (`Fused.extras`: gates, attention maps). Making them costs time,
  /// so a fusion makes them only when asked.
  public let wantsExtras: Bool
  /// The record gradients come from; nil when none is kept. It ends with the last copy of the context, so that an abandoned
  /// pass frees its memory.
  public let tape: Tape?
  private var calls: [String: UInt64] = [:]

  private init(isTraining: Bool, isRecording: Bool, seed: UInt64, step: UInt64, wantsExtras: Bool) {
    (self.isTraining, self.seed, self.step, self.wantsExtras) = (isTraining, seed, step, wantsExtras)
    tape = isRecording ? .endingWithOwner() : nil
  }

  /// A training step: dropout on, gradients recorded. Keep the context until the gradients are taken.
  public static func training(seed: UInt64, step: Int) -> Context {
    Context(isTraining: true, isRecording: true, seed: seed, step: UInt64(step), wantsExtras: false)
  }
  /// Evaluation: dropout off.
  /// - Parameters:
  ///   - recording: whether gradients can be taken; off by default.
  ///   - exportingExtras: whether fusions make their extras; off by default. The values are the same either way.
  public static func evaluation(recording: Bool = false, exportingExtras: Bool = false) -> Context {
    Context(isTraining: false, isRecording: recording, seed: 0, step: 0, wantsExtras: exportingExtras)
  }

  /// The parameter's value for this pass: a leaf of the tape when one is kept.
  public subscript(_ parameter: Parameter) -> Tensor {
    guard let tape else { return parameter.value }
    return parameter.leaf(on: tape)
  }
  /// The same, passing nil through: `context[bias]`.
  @_disfavoredOverload
  public subscript(_ parameter: Parameter?) -> Tensor? { parameter.map { self[$0] } }

  /// The random stream of a part for this pass. A second call with the same path in one pass gets another stream.
  public mutating func stream(_ purpose: RandomStream.Purpose, path: String) -> RandomStream {
    let call = calls[path, default: 0]
    calls[path] = call + 1
    return RandomStream(seed: seed, purpose, path: call == 0 ? path : "\(path)#\(call)", step: step)
  }
}
