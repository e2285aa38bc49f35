import BraidCore
import BraidNN
import BraidTensor
import Foundation

extension Probe {
  /// Runs a part on a fixture's tensors and compares everything the fixture has golden values of: `output`,
  /// `output.steps`, `extra.<name>`, `gradient.parameter.<path>`, `gradient.input.<name>`.
  ///
  /// The fixture's metadata may set `options` (JSON, laid over the part's defaults), `training` (`true`: batch
  /// statistics on) and `vocabulary`.
  /// - Parameters:
  ///   - part: `kind:name`, such as `encoder:mlp`.
  ///   - settings: instead of the fixture's own `options`: for negative controls.
  /// - Returns: the comparisons that fail, and what one side lacks, as sentences; empty when all agree.
  public static func violations(
    _ part: String, of catalogue: Catalogue, against fixture: Fixture, settings: [String: Setting]? = nil
  ) throws -> [String] {
    var probe = try Probe(part: part)
    let metadata = fixture.file.metadata
    probe.settings =
      try settings ?? JSONDecoder().decode([String: Setting].self, from: Data((metadata["options"] ?? "{}").utf8))
    probe.isTraining = metadata["training"] == "true"
    probe.vocabulary = Int(metadata["vocabulary"] ?? "") ?? 0
    var results: [String: Tensor] = [:]
    for (name, value) in try probe.run(catalogue, fixture.file) {
      if case .float32(let tensor) = value { results[name] = tensor }
    }
    let golden = fixture.file.names.filter { name in
      ["output", "extra.", "gradient."].contains { name.hasPrefix($0) }
    }
    guard golden.contains("output") else { return ["\(fixture.name): no golden output"] }
    // parameters the fixture does not know keep their random first values: nothing could be compared
    let unknown = results.keys.filter { $0.hasPrefix("parameter.") }.sorted()
    if !unknown.isEmpty { return ["\(fixture.name): has no \(unknown.joined(separator: ", "))"] }
    return try golden.sorted().compactMap { name in
      guard let found = results[name] else { return "\(fixture.name) \(name): the part has none" }
      let closeness = try fixture.closeness(of: found, to: name)
      return closeness.isWithin ? nil : closeness.description
    }
  }
}
