import BraidCore
import BraidNN
import BraidTensor
import Foundation

extension Fixture {
  /// Everything a fusion's fixture says, compared with what the fusion does: output, every extra, the gradient of every
  /// input and every parameter. Returns one sentence for each difference; empty when all agree.
  ///
  /// The file holds `input.<modality>` and, where it has masks, `steps.<modality>` and `presence.<modality>`; its
  /// metadata has `modalities` (names in order, joined by commas) and `options` (JSON). A parameter, extra or input on
  /// one side only is a difference too.
  /// - Parameter settings: laid over the file's options: a control that must not agree.
  public func violations<F: Fusion>(
    of fusion: F.Type, settings: [String: Setting] = [:], tolerance: Double? = nil
  ) throws -> [String] {
    guard let text = file.metadata["options"],
      let names = file.metadata["modalities"]?.split(separator: ",").map(String.init)
    else {
      throw SafetensorsError("\(file.source): lacks options or modalities in its metadata.")
    }
    let given = try JSONDecoder().decode([String: Setting].self, from: Data(text.utf8)).merging(settings) { $1 }
    var features: [Features] = []
    for name in names {
      features.append(
        Features(
          try tensor("input.\(name)"), steps: try optional("steps.\(name)"), presence: try optional("presence.\(name)"))
      )
    }
    let modalities = zip(names, features).map {
      Modality($0, $1.isSequence ? .sequence : .vector, width: $1.values.shape[-1])
    }
    let scope = Scope(seed: 1)
    let made = try F(F.Options(given, at: name), joining: modalities, in: scope)
    try load(into: scope.store)

    var context = Context.evaluation(recording: true, exportingExtras: true)
    guard let tape = context.tape else { stop("fixture", "a recording context has no tape") }
    let leaves = features.map { tape.watch($0.values) }
    let fused = made(zip(features, leaves).map { Features($1, steps: $0.steps, presence: $0.presence) }, &context)
    var found: [(name: String, tensor: Tensor?)] = [("output", fused.values)]
    found += fused.extras.sorted { $0.key < $1.key }.map { ("extra.\($0.key)", $0.value) }
    if let logProbability = fused.logProbability { found.append(("logProbability", logProbability)) }
    if fused.differentiable.isRecorded {
      var upstream = try tensor("upstream")
      if fused.logProbability != nil {
        upstream = concatenate([upstream.reshaped(-1), try tensor("upstream.logProbability")])
      }
      let gradients = fused.differentiable.gradients(upstream: upstream)
      found += zip(names, leaves).map { ("gradient.input.\($0)", gradients[$1]) }
      found += scope.store.parameters.map { ("gradient.parameter.\($0.path)", gradients[$0]) }
    }
    let expected = Set(["output", "logProbability", "extra.", "gradient."].flatMap { self.names(prefix: $0) })
    let here = Set(found.map(\.name))
    var wrong = expected.subtracting(here).sorted().map { "\(name) \($0): the fusion does not have it" }
    wrong += here.subtracting(expected).sorted().map { "\(name) \($0): the fixture does not have it" }
    return wrong + (try violations(found.filter { expected.contains($0.name) }, tolerance: tolerance))
  }

  /// The cases of a family: `Fixture.cases("fusions/gated")` → `["fusions/gated/paper", …]`, sorted. Throws when there
  /// is none.
  public static func cases(_ family: String, caller: String = #filePath) throws -> [String] {
    let folder = try Fixture.folder(above: caller)
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(family)")
    let names = files.filter { $0.hasSuffix(".safetensors") }.map { "\(family)/\($0.dropLast(".safetensors".count))" }
      .sorted()
    guard !names.isEmpty else { throw SafetensorsError("\(folder)/\(family): holds no fixture.") }
    return names
  }
}
