import ArgumentParser
import BraidCore
import BraidNN
import BraidTensor
import Foundation

/// `braid describe KIND NAME`.
struct Describe: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Describe a part: what it computes, its source, every setting with its default, the parameters it makes.",
    discussion: "Parameters are shown for example inputs; `--inputs text:300,audio:74` chooses others.")

  @Argument(help: "encoder, fusion, head, loss, metric or data.") var kind: PartKind
  @Argument(help: "The part's name; `braid list` prints them.") var name: String
  @Option(help: "Modalities the example is made for, as name:width, separated by commas.") var inputs =
    "first:8,second:6"
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let part = try kind.find(name, in: BraidCommand.catalogue)
    let example = try ExampleParameters(kind, name, inputs: try parseInputs(inputs))
    if json {
      return try printJSON(
        .map([
          "kind": .text(kind.rawValue), "name": .text(name), "summary": .text(part.about.summary),
          "equation": .text(part.about.equation), "paper": .text(part.about.paper), "settings": .map(part.defaults),
          "facts": .map(part.facts.mapValues { .text($0) }), "example": .text(example.made),
          "parameters": .map(
            example.parameters.reduce(into: [:]) { $0[$1.path] = .list($1.shape.map { .integer($0) }) }),
        ]))
    }
    print("\(name) (\(kind.rawValue)): \(part.about.summary)")
    if !part.about.equation.isEmpty { print("\n  \(part.about.equation)") }
    if !part.about.paper.isEmpty { print("\nSource: \(part.about.paper)") }
    for (fact, value) in part.facts.sorted(by: { $0.key < $1.key }) { print("\(fact): \(value)") }
    print(part.defaults.isEmpty ? "\nNo settings." : "\nSettings and defaults:")
    for (key, value) in part.defaults.sorted(by: { $0.key < $1.key }) { print("  \(key): \(value)") }
    if !example.parameters.isEmpty {
      print("\nParameters, for \(example.made):")
      for parameter in example.parameters { print("  \(parameter.path) \(parameter.shape)") }
    }
  }
}

/// `text:300,audio:74` as names and widths.
func parseInputs(_ text: String) throws -> [(name: String, width: Int)] {
  try text.split(separator: ",").map { item in
    let pieces = item.split(separator: ":")
    guard pieces.count == 2, let width = Int(pieces[1]), width > 0 else {
      throw SetupError("--inputs: found \"\(item)\"; expected name:width, such as text:300.")
    }
    return (String(pieces[0]), width)
  }
}

/// The parameters a part makes for example inputs: nothing is listed by hand, the part is made.
private struct ExampleParameters {
  var made = ""
  var parameters: [(path: String, shape: [Int])] = []

  init(_ kind: PartKind, _ name: String, inputs: [(name: String, width: Int)]) throws {
    let catalogue = BraidCommand.catalogue
    var reason: (any Error)?
    func attempt(_ description: String, _ make: (Scope) throws -> Void) -> Bool {
      let scope = Scope(seed: 1)
      do { try make(scope) } catch {
        reason = reason ?? error
        return false
      }
      made = description
      parameters = scope.parameters.map { ($0.path, $0.shape.dimensions) }
      return true
    }
    let targets: [TargetSpecification] = [.classes(["a", "b", "c"]), .labels(["a", "b", "c"]), .values(["a"])]
    switch kind {
    case .fusion:
      let kind: Modality.Kind = catalogue.accepts[name] == .sequences ? .sequence : .vector
      let joined = inputs.map { Modality($0.name, kind, width: $0.width) }
      let text = "\(kind.rawValue)s " + inputs.map { "\($0.name) of width \($0.width)" }.joined(separator: ", ")
      if !attempt(text, { _ = try catalogue.fusions[name]!.make([:], name, joined, $0) }), let reason { throw reason }
    case .encoder:
      let width = inputs.first?.width ?? 8
      let kinds: [InputSpecification.Kind] = [
        .vector(width: width), .sequence(width: width), .tokens(vocabulary: 100),
        .image(channels: 3, height: 32, width: 32),
      ]
      _ = kinds.contains { kind in
        let input = InputSpecification("input", kind)
        return attempt(input.summary) { _ = try catalogue.encoders[name]!.make([:], name, input, $0) }
      }
    case .head:
      let features = Modality("fused", .vector, width: inputs.first?.width ?? 8)
      _ = targets.contains { target in
        attempt("features of width \(features.width), \(target.summary)") {
          _ = try catalogue.heads[name]!.make([:], name, features, target, $0)
        }
      }
    case .loss:
      _ = targets.contains { target in
        attempt(target.summary) { _ = try catalogue.losses[name]!.make([:], name, target, $0) }
      }
    case .metric, .data: break
    }
  }
}
