import BraidCore
import BraidNN
import BraidTensor

/// Modalities to try a fusion with, and made-up features for them.
public struct FusionCase: CustomStringConvertible {
  /// What the fusion is given.
  public let modalities: [Modality]
  /// Steps of each modality (1 for vectors).
  public let times: [Int]
  let make: ([Modality], Scope) throws -> any Fusion

  public var description: String {
    modalities.map { "\($0.name) \($0.kind.rawValue) of \($0.width)" }.joined(separator: ", ")
  }

  /// A fresh fusion with its parameters.
  func build(seed: UInt64 = 1) throws -> (fusion: any Fusion, store: ParameterStore) {
    let scope = Scope(seed: seed)
    return (try make(modalities, scope["fusion"]), scope.store)
  }

  /// Which masks made-up features carry.
  enum Masks {
    /// None: every step is real and every sample has every modality.
    case none
    /// All ones: says the same as none.
    case full
    /// Sequences of different lengths; some samples lack a modality, none lacks all of several.
    case mixed
  }

  /// Normal numbers. The first samples of a larger batch are those of a smaller one.
  func features(_ batch: Int, masks: Masks = .none, seed: UInt64 = 1) -> [Features] {
    modalities.indices.map { index in
      let modality = modalities[index]
      let time = times[index]
      var stream = RandomStream(seed: seed, .sampling, path: modality.name)
      let isSequence = modality.kind == .sequence
      let values = stream.normal(isSequence ? Shape(batch, time, modality.width) : Shape(batch, modality.width))
      guard masks != .none else { return Features(values) }
      let steps = (0..<(batch * time)).map { place -> Float in
        let (sample, step) = (place / time, place % time)
        return masks == .full || step < 1 + (sample + index) % time ? 1 : 0
      }
      let presence = (0..<batch).map { sample -> Float in
        masks == .full || sample % (modalities.count + 1) != index + (modalities.count == 1 ? 1 : 0) ? 1 : 0
      }
      return Features(values, steps: isSequence ? Tensor(steps, Shape(batch, time)) : nil, presence: Tensor(presence))
    }
  }
}

extension FusionSubject {
  /// The cases the fusion accepts: one, two and three modalities of the kinds it takes, of different widths, or of
  /// equal ones where it refuses different. Refusing (`SetupError`) is allowed; accepting none, or any other error, is
  /// not.
  func cases() throws -> [FusionCase] {
    let patterns: [[Modality.Kind]] =
      switch accepts {
      case .vectors: [[.vector, .vector, .vector]]
      case .sequences: [[.sequence, .sequence, .sequence]]
      case .either:
        [
          [.vector, .vector, .vector], [.sequence, .sequence, .sequence], [.vector, .sequence, .vector],
          [.sequence, .vector, .sequence],
        ]
      }
    var accepted: [FusionCase] = []
    for count in 1...3 {
      for pattern in patterns where Set(pattern.prefix(count)).count > 1 || Set(pattern).count == 1 {
        for widths in [[4, 3, 5], [4, 4, 4]] {
          let modalities = (0..<count).map { Modality(["text", "audio", "video"][$0], pattern[$0], width: widths[$0]) }
          let times = (0..<count).map { pattern[$0] == .sequence ? [3, 4, 2][$0] : 1 }
          do {
            _ = try make(modalities, Scope(seed: 1)["fusion"])
            accepted.append(FusionCase(modalities: modalities, times: times, make: make))
            break
          } catch is SetupError { continue }
        }
      }
    }
    guard accepted.contains(where: { $0.modalities.count > 1 }) else {
      throw BrokenPromise(
        "\(about.name): joins modalities", ["it accepts no two or three modalities of the kinds it takes"])
    }
    return accepted
  }

  /// Runs a body for every accepted case; each sentence it returns is put after the case's description.
  func forEachCase(_ body: (FusionCase) throws -> [String]) throws -> [String] {
    try cases().flatMap { each in try body(each).map { "[\(each)] \($0)" } }
  }
}

/// One forward and backward pass in evaluation mode.
struct FusionRun {
  let fused: Fused
  /// By parameter path; nil where the output does not depend on the parameter.
  let parameterGradients: [(path: String, gradient: Tensor?)]
  let inputGradients: [Tensor?]

  init(_ fusion: any Fusion, _ store: ParameterStore, _ features: [Features], seed: UInt64 = 1) {
    var context = Context.evaluation(recording: true, exportingExtras: true)
    guard let tape = context.tape else { stop("FusionRun", "a recording context has no tape") }
    let leaves = features.map { tape.watch($0.values) }
    let inputs = zip(features, leaves).map { features, leaf in
      var features = features
      features.values = leaf
      return features
    }
    fused = fusion(inputs, &context)
    let result = fused.differentiable
    guard result.isRecorded else {
      parameterGradients = store.parameters.map { ($0.path, nil) }
      inputGradients = leaves.map { _ in nil }
      return
    }
    var stream = RandomStream(seed: seed, .sampling, path: "upstream")
    let gradients = result.gradients(upstream: stream.normal(result.shape))
    parameterGradients = store.parameters.map { ($0.path, gradients[$0]?.copy()) }
    inputGradients = leaves.map { gradients[$0]?.copy() }
  }
}

extension Fused {
  /// Everything a derivative is promised for: the values, and after them the log-probability of choices, which is how what only
  /// decides a choice learns.
  var differentiable: Tensor {
    guard let logProbability else { return values }
    return concatenate([values.reshaped(-1), logProbability])
  }
}

/// A forward pass in evaluation mode with its extras, nothing recorded.
func evaluated(_ fusion: any Fusion, _ features: [Features]) -> Fused {
  var context = Context.evaluation(exportingExtras: true)
  return fusion(features, &context)
}

/// How two results differ, as sentences: values (only real steps count) and extras.
/// - Parameter rows: which samples are compared: row `rows[i].0` of `a` with row `rows[i].1` of `b`; nil: all with
///   themselves.
func differences(
  _ a: Fused, _ b: Fused, tolerance: Double = 2e-5, rows: [(Int, Int)]? = nil
) -> [String] {
  func compare(_ name: String, _ a: Tensor, _ b: Tensor) -> String? {
    let rows = rows ?? (0..<a.shape[0]).map { ($0, $0) }
    // time may be longer on one side: compare what both have
    let common = zip(a.shape.dimensions, b.shape.dimensions).map { min($0, $1) }
    guard a.shape.rank == b.shape.rank else { return "\(name): shapes \(a.shape) and \(b.shape)" }
    let found = rows.flatMap { block(a, $0.0, common) }
    let expected = rows.flatMap { block(b, $0.1, common) }
    let closeness = Closeness(name, found, expected, tolerance: tolerance)
    return closeness.isWithin ? nil : closeness.description
  }
  var result: [String] = []
  if let difference = compare("output", realSteps(a), realSteps(b)) { result.append(difference) }
  switch (a.logProbability, b.logProbability) {
  case (let first?, let second?):
    if let difference = compare("log-probability", first, second) { result.append(difference) }
  case (nil, nil): break
  default: result.append("a log-probability on one side only")
  }
  if Set(a.extras.keys) != Set(b.extras.keys) {
    result.append("extras \(a.extras.keys.sorted()) and \(b.extras.keys.sorted())")
  }
  for (name, extra) in a.extras.sorted(by: { $0.key < $1.key }) {
    if let other = b.extras[name], let difference = compare("extra \(name)", extra, other) { result.append(difference) }
  }
  return result
}

/// The elements of row `row` within the first `extents[1…]` of every further axis.
private func block(_ tensor: Tensor, _ row: Int, _ extents: [Int]) -> [Double] {
  var places = [row * tensor.shape.count(1..<max(tensor.shape.rank, 1))]
  for axis in stride(from: 1, to: tensor.shape.rank, by: 1) {
    let stride = tensor.shape.count((axis + 1)..<tensor.shape.rank)
    places = places.flatMap { place in (0..<extents[axis]).map { place + $0 * stride } }
  }
  return places.map { Double(tensor.pointer[$0]) }
}

/// The values with zeros where the result itself says that a step is padding.
private func realSteps(_ fused: Fused) -> Tensor {
  guard let steps = fused.steps, fused.values.shape.rank == 3 else { return fused.values }
  let copy = fused.values.copy()
  let width = copy.shape[-1]
  for row in 0..<steps.count where steps.pointer[row] == 0 {
    for index in 0..<width { copy.pointer[row * width + index] = 0 }
  }
  return copy
}
