import BraidCore
import BraidTensor

/// A data set with noise laid over some of its modalities.
///
/// What reports show of a sample (`preview`) stays as it is without noise. Padding stays zero, and missing modalities stay
/// missing.
public struct NoisyDataset: Dataset {
  public typealias Options = NoOptions
  public static let about = About("noisy", "Another data set with noise over some of its modalities")

  /// What is made noisy.
  public let data: any Dataset
  /// By modality.
  public let noise: [String: InputNoise]
  public let digest: String

  public init(_ options: NoOptions) throws { throw SetupError("noisy: noise is laid over another data set") }

  /// - Parameter path: where the noise is written, for messages.
  /// - Throws: `SetupError` for a modality the data set does not have, or noise that does not suit it.
  public init(_ data: any Dataset, _ noise: [String: InputNoise], at path: String = "noise") throws {
    let names = data.inputs.map(\.name)
    for (modality, settings) in noise.sorted(by: { $0.key < $1.key }) {
      guard let input = data.inputs.first(where: { $0.name == modality }) else {
        throw SetupError(
          "\(path).\(modality): the data set has no modality \"\(modality)\". It has \(names.joined(separator: ", "))."
            + suggestion(for: modality, among: names))
      }
      try settings.validate(for: input, at: "\(path).\(modality)")
    }
    (self.data, self.noise) = (data, noise)
    var hash = SHA256()
    hash.update("noise 1\n\(data.digest)\n")
    for (modality, settings) in noise.sorted(by: { $0.key < $1.key }) {
      hash.update("\(modality) \(settings.gaussian) \(settings.drop) \(settings.over) \(settings.seed)\n")
    }
    digest = hash.hex()
  }

  public var inputs: [InputSpecification] { data.inputs }
  public var target: TargetSpecification { data.target }
  public func count(_ split: Split) -> Int { data.count(split) }
  public func identifiers(_ split: Split) -> [String] { data.identifiers(split) }
  public func preview(_ split: Split, _ sample: Int) -> [Preview] { data.preview(split, sample) }

  public func batch(_ split: Split, _ samples: [Int]) throws -> Batch {
    try batch(split, samples, of: inputs.map(\.name))
  }

  public func batch(_ split: Split, _ samples: [Int], of modalities: [String]) throws -> Batch {
    let clean = try data.batch(split, samples, of: modalities)
    var inputs = clean.inputs
    for (modality, settings) in noise where settings.isLaid(over: split) {
      guard var input = inputs[modality] else { continue }
      let path = "noise.\(modality).\(split.rawValue)"
      lay(settings, over: &input, samples, path)
      inputs[modality] = input
    }
    return Batch(inputs: inputs, target: clean.target, samples: clean.samples)
  }

  private func lay(_ noise: InputNoise, over input: inout Input, _ samples: [Int], _ path: String) {
    if noise.gaussian > 0, let values = input.values, !samples.isEmpty {
      let own = Shape(Array(values.shape.dimensions.dropFirst()))  // [d], [T, d] or [C, H, W]
      let drawn = stack(
        samples.map { sample in
          var stream = RandomStream(seed: noise.seed, .augmentation, path: "\(path).gaussian", step: UInt64(sample))
          // row by row, so what a sample's steps get does not depend on how far the batch is padded
          return stream.normal(own, deviation: Float(noise.gaussian))
        })  // [B, …]
      input.values = values + shown(drawn, input)
    }
    guard noise.drop > 0 else { return }
    let steps = input.tokens?.time ?? input.values?.shape[1] ?? 0
    let lost = samples.flatMap { sample in
      var stream = RandomStream(seed: noise.seed, .augmentation, path: "\(path).drop", step: UInt64(sample))
      return (0..<steps).map { _ in Double(stream.uniform()) < noise.drop }
    }  // [B, T]
    if let tokens = input.tokens {
      let ids = zip(tokens.ids, lost).map { id, isLost in isLost && id != 0 ? Int32(1) : id }
      input.tokens = Tokens(ids, batch: tokens.batch, time: tokens.time)
    } else if let values = input.values {
      let kept = Tensor(lost.map { $0 ? Float(0) : 1 }, Shape(samples.count, steps, 1))
      input.values = values * kept  // [B, T, d]
    }
  }

  /// Noise where there is something: none on padding and on samples that lack the modality.
  private func shown(_ noise: Tensor, _ input: Input) -> Tensor {
    var result = noise
    if let steps = input.steps { result = result * steps.reshaped([steps.shape[0], steps.shape[1], 1]) }
    if let presence = input.presence {
      let ones = Array(repeating: 1, count: noise.shape.rank - 1)
      result = result * presence.reshaped(Shape([presence.shape[0]] + ones))
    }
    return result
  }
}
