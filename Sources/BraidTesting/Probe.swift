import BraidCore
import BraidNN
import BraidTensor

/// Runs one part of a catalogue on given tensors and returns its outputs and gradients: how anyone checks Braid against
/// another framework.
///
/// The part is made for what the file holds:
/// - `input.<modality>`: `[B, d]`, `[B, T, d]`, `[B, C, H, W]`, or whole numbers `[B, T]` for words; heads read `input.fused`,
///   losses `input.output` (`[B, outputs]` logits or numbers).
/// - `steps.<modality>` `[B, T]` and `presence.<modality>` `[B]`, optional masks of 0 and 1.
/// - `target.classes` `[B]` whole numbers, `target.labels` or `target.values` `[B, outputs]`: for losses, and for heads to
///   know their outputs.
/// - `parameter.<path>`: the part's parameters; those not given keep their first values.
/// - `upstream`: multiplies the output before differentiation; ones when absent.
/// - `upstream.logProbability` `[B]`: the same for the log-probability of a fusion's choices; zeros when absent.
///
/// Results: `output`, `output.steps` for sequences with a mask, `logProbability` for fusions that choose, `extra.<name>`, `gradient.parameter.<path>`,
/// `gradient.input.<modality>` and, for what was not given, `parameter.<path>`.
///
/// Modalities are joined in the order given by `order`, else by the file's metadata `modalities` (names separated by commas),
/// else alphabetically.
public struct Probe {
  /// What kind of part is looked at.
  public enum Kind: String, Sendable, CaseIterable { case encoder, fusion, head, loss }

  /// What kind of part is looked at.
  public let kind: Kind
  /// The part's.
  public let name: String
  /// Settings laid over the part's defaults.
  public var settings: [String: Setting] = [:]
  /// Modalities in the order in which they are joined; empty: as above.
  public var order: [String] = []
  /// Words an encoder of tokens knows; 0: one more than the largest number in the file.
  public var vocabulary = 0
  /// Outputs of a head when the file has no target; 0: taken from the target.
  public var outputs = 0
  /// Of first values and of what is drawn.
  public var seed: UInt64 = 1
  /// Whether dropout and batch statistics are on.
  public var isTraining = false

  /// - Parameter part: `kind:name`, such as `fusion:gated`.
  public init(part: String) throws {
    let pieces = part.split(separator: ":", maxSplits: 1).map(String.init)
    guard pieces.count == 2, let kind = Kind(rawValue: pieces[0]) else {
      let kinds = Kind.allCases.map(\.rawValue).joined(separator: ", ")
      throw SetupError("--part: found \"\(part)\"; expected kind:name with a kind of \(kinds), such as fusion:gated.")
    }
    (self.kind, name) = (kind, pieces[1])
  }

  /// What is differentiated: the inputs as leaves, the output, and what comes with it.
  private struct Outcome {
    var inputs: [(name: String, leaf: Tensor)] = []
    var output: Tensor
    var steps: Tensor?
    var logProbability: Tensor?
    var extras: [String: Tensor] = [:]
  }

  /// Makes the part, runs it and differentiates. Throws `SetupError` for tensors or settings that do not fit.
  public func run(_ catalogue: Catalogue, _ file: Safetensors) throws -> [(name: String, value: Safetensors.Value)] {
    let scope = Scope(seed: seed)
    let forward = try make(catalogue, file, scope)
    let given = try load(file, into: scope.store)
    var context =
      isTraining ? Context.training(seed: seed, step: 0) : .evaluation(recording: true, exportingExtras: true)
    let outcome = forward(&context)
    var (result, upstream) = (outcome.output, try upstream(file, "upstream", of: outcome.output))
    if let logProbability = outcome.logProbability {
      let share = try self.upstream(file, "upstream.logProbability", of: logProbability) ?? .zeros(logProbability.shape)
      upstream = concatenate([(upstream ?? .ones(result.shape)).reshaped(-1), share])
      result = concatenate([result.reshaped(-1), logProbability])
    }
    var results: [(name: String, value: Safetensors.Value)] = [("output", .float32(outcome.output.detached))]
    if let steps = outcome.steps { results.append(("output.steps", .float32(steps))) }
    if let value = outcome.logProbability { results.append(("logProbability", .float32(value.detached))) }
    for (name, value) in outcome.extras.sorted(by: { $0.key < $1.key }) {
      results.append(("extra.\(name)", .float32(value.detached)))
    }
    let gradients = result.isRecorded ? result.gradients(upstream: upstream) : nil
    for parameter in scope.parameters {
      let gradient = gradients?[parameter] ?? .zeros(parameter.shape)
      results.append(("gradient.parameter.\(parameter.path)", .float32(gradient)))
      if !given.contains(parameter.path) { results.append(("parameter.\(parameter.path)", .float32(parameter.value))) }
    }
    for (name, leaf) in outcome.inputs {
      results.append(("gradient.input.\(name)", .float32(gradients?[leaf] ?? .zeros(leaf.shape))))
    }
    return results
  }

  /// What the file says a result is multiplied by; nil when it says nothing.
  private func upstream(_ file: Safetensors, _ name: String, of result: Tensor) throws -> Tensor? {
    guard file.contains(name) else { return nil }
    let upstream = try file.tensor(name)
    guard upstream.shape == result.shape else {
      throw SetupError("\(file.source): \"\(name)\" has shape \(upstream.shape); the output has \(result.shape).")
    }
    return upstream
  }

  /// Loads every `parameter.<path>`; returns the paths that were given.
  private func load(_ file: Safetensors, into store: ParameterStore) throws -> Set<String> {
    let prefix = "parameter."
    var given: Set<String> = []
    for name in file.names where name.hasPrefix(prefix) {
      let path = String(name.dropFirst(prefix.count))
      guard let parameter = store[path] else {
        let known = store.parameters.map { "\($0.path) \($0.shape)" }
        throw SetupError(
          "\(file.source): \(kind.rawValue) \"\(self.name)\" has no parameter \"\(path)\". It has "
            + "\(known.isEmpty ? "none" : known.joined(separator: ", "))."
            + suggestion(for: path, among: store.parameters.map(\.path)))
      }
      let shape = try file.shape(name)
      guard shape == parameter.shape else {
        throw SetupError("\(file.source): \"\(name)\" has shape \(shape); expected \(parameter.shape).")
      }
      parameter.assign(try file.tensor(name))
      given.insert(path)
    }
    return given
  }

  private func make(_ catalogue: Catalogue, _ file: Safetensors, _ scope: Scope) throws -> (inout Context) -> Outcome {
    switch kind {
    case .fusion: try makeFusion(catalogue, file, scope)
    case .encoder: try makeEncoder(catalogue, file, scope)
    case .head: try makeHead(catalogue, file, scope)
    case .loss: try makeLoss(catalogue, file, scope)
    }
  }

  // MARK: - One kind after another

  private func makeFusion(_ catalogue: Catalogue, _ file: Safetensors, _ scope: Scope) throws -> (inout Context) ->
    Outcome
  {
    let part = try Catalogue.find(name, "fusion", in: catalogue.fusions, at: "--part")
    let names = try modalities(file)
    let features = try names.map { try self.features(file, $0) }
    if let first = features.first, let other = features.first(where: { $0.batch != first.batch }) {
      throw SetupError(
        "\(file.source): modalities of \(first.batch) and of \(other.batch) samples; expected one batch size.")
    }
    let joined = zip(names, features).map {
      Modality($0, $1.isSequence ? .sequence : .vector, width: $1.values.shape[-1])
    }
    if let accepts = catalogue.accepts[name], accepts != .either {
      for modality in joined where (modality.kind == .vector) != (accepts == .vectors) {
        throw SetupError(
          "\(file.source): \"input.\(modality.name)\" is a \(modality.kind.rawValue); fusion \"\(name)\" takes \(accepts.rawValue) "
            + "([B, d] for vectors, [B, T, d] for sequences).")
      }
    }
    let fusion = try part.make(settings, "--options", joined, scope)
    return { context in
      let leaves = features.map { watch($0.values, context) }
      let inputs = zip(features, leaves).map { Features($1, steps: $0.steps, presence: $0.presence) }
      let fused = fusion(inputs, &context)
      return Outcome(
        inputs: Array(zip(names, leaves)), output: fused.values, steps: fused.steps,
        logProbability: fused.logProbability, extras: fused.extras)
    }
  }

  private func makeEncoder(_ catalogue: Catalogue, _ file: Safetensors, _ scope: Scope) throws -> (inout Context) ->
    Outcome
  {
    let part = try Catalogue.find(name, "encoder", in: catalogue.encoders, at: "--part")
    let names = try modalities(file)
    guard names.count == 1 else {
      throw SetupError("\(file.source): an encoder reads one modality; found \(names.joined(separator: ", ")).")
    }
    let tensor = "input.\(names[0])"
    let shape = try file.shape(tensor)
    guard (2...4).contains(shape.rank) else { throw unreadable(file, tensor, shape) }
    let steps = try mask(file, "steps.\(names[0])", Shape(shape[0], shape[1]))
    let presence = try mask(file, "presence.\(names[0])", Shape(shape[0]))
    let isWhole = try file.isWholeNumbers(tensor)
    let kind: InputSpecification.Kind
    var tokens: Tokens?
    switch (shape.rank, isWhole) {
    case (2, true):
      let ids = try file.integers(tensor)
      let size = vocabulary > 0 ? vocabulary : Int(ids.max() ?? 0) + 1
      guard size <= 10_000_000 else {
        throw SetupError("\(file.source): \"\(tensor)\" asks for \(size) words; a probe has at most 10000000.")
      }
      if let bad = ids.first(where: { $0 < 0 || Int($0) >= size }) {
        throw SetupError("\(file.source): \"\(tensor)\" holds word number \(bad); expected 0 ..< \(size).")
      }
      tokens = Tokens(ids, batch: shape[0], time: shape[1])
      kind = .tokens(vocabulary: size)
    case (2, false): kind = .vector(width: shape[1])
    case (3, false): kind = .sequence(width: shape[2])
    case (4, false): kind = .image(channels: shape[1], height: shape[2], width: shape[3])
    default: throw unreadable(file, tensor, shape)
    }
    let encoder = try part.make(settings, "--options", InputSpecification(names[0], kind), scope)
    let values = tokens == nil ? try file.tensor(tensor) : nil
    return { context in
      let leaf = values.map { watch($0, context) }
      let input =
        tokens.map { Input(tokens: $0, steps: steps, presence: presence) }
        ?? Input(values: leaf!, steps: steps, presence: presence)
      let features = encoder(input, &context)
      return Outcome(inputs: leaf.map { [(names[0], $0)] } ?? [], output: features.values, steps: features.steps)
    }
  }

  private func unreadable(_ file: Safetensors, _ tensor: String, _ shape: Shape) -> SetupError {
    SetupError(
      "\(file.source): \"\(tensor)\" has shape \(shape); expected [B, d], [B, T, d], [B, C, H, W] or whole numbers [B, T]."
    )
  }

  private func makeHead(_ catalogue: Catalogue, _ file: Safetensors, _ scope: Scope) throws -> (inout Context) ->
    Outcome
  {
    let part = try Catalogue.find(name, "head", in: catalogue.heads, at: "--part")
    let features = try self.features(file, "fused")
    let target = try self.target(file)
    let reading = Modality("fused", features.isSequence ? .sequence : .vector, width: features.values.shape[-1])
    let head = try part.make(settings, "--options", reading, target.specification, scope)
    return { context in
      let leaf = watch(features.values, context)
      let prediction = head(Fused(leaf, steps: features.steps), &context)
      return Outcome(
        inputs: [("fused", leaf)], output: prediction.output, extras: ["scores": head.scores(prediction).detached])
    }
  }

  private func makeLoss(_ catalogue: Catalogue, _ file: Safetensors, _ scope: Scope) throws -> (inout Context) ->
    Outcome
  {
    let part = try Catalogue.find(name, "loss", in: catalogue.losses, at: "--part")
    let output = try file.tensor("input.output")
    guard output.shape.rank == 2, output.shape[1] > 0 else {
      throw SetupError("\(file.source): \"input.output\" has shape \(output.shape); expected [B, outputs].")
    }
    let (specification, answers) = try self.target(file, outputs: output.shape[1])
    guard let answers else {
      throw SetupError("\(file.source): a loss needs target.classes, target.labels or target.values.")
    }
    let answered =
      switch answers {
      case .classes(let classes): classes.count
      case .labels(let values), .values(let values): values.shape[0]
      }
    guard answered == output.shape[0] else {
      throw SetupError(
        "\(file.source): a target of \(answered) samples for \"input.output\" of shape \(output.shape); expected "
          + "\(output.shape[0]).")
    }
    let loss = try part.make(settings, "--options", specification, scope)
    let batch = Batch(inputs: [:], target: answers, samples: Array(0..<output.shape[0]))
    return { context in
      let leaf = watch(output, context)
      let pass = Pass(
        batch: batch, modalities: [], encoded: [], fused: Fused(leaf.detached), prediction: Prediction(leaf))
      return Outcome(inputs: [("output", leaf)], output: loss(pass, &context))
    }
  }
}

/// A leaf of the context's tape.
private func watch(_ tensor: Tensor, _ context: Context) -> Tensor { context.tape?.watch(tensor) ?? tensor }
