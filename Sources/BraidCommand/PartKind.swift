import ArgumentParser
import BraidCore

/// The kinds of parts a catalogue keeps, as a person names them.
enum PartKind: String, CaseIterable, ExpressibleByArgument {
  case encoder, fusion, head, loss, metric, data

  /// What the catalogue knows of every part of this kind, by name.
  func shelf(of catalogue: Catalogue) -> [(about: About, defaults: [String: Setting], facts: [String: String])] {
    func rows<M>(_ shelf: [String: Catalogue.Entry<M>]) -> [(
      about: About, defaults: [String: Setting], facts: [String: String]
    )] {
      shelf.values.map { ($0.about, $0.defaults, $0.facts) }.sorted { $0.about.name < $1.about.name }
    }
    return switch self {
    case .encoder: rows(catalogue.encoders)
    case .fusion: rows(catalogue.fusions)
    case .head: rows(catalogue.heads)
    case .loss: rows(catalogue.losses)
    case .metric: rows(catalogue.metrics)
    case .data: rows(catalogue.datasets)
    }
  }

  /// The part called `name`, or an error that lists the known ones.
  func find(_ name: String, in catalogue: Catalogue) throws -> (
    about: About, defaults: [String: Setting], facts: [String: String]
  ) {
    let rows = shelf(of: catalogue)
    if let row = rows.first(where: { $0.about.name == name }) { return row }
    let known = rows.map(\.about.name)
    throw SetupError(
      "no \(rawValue) is called \"\(name)\". Known: \(known.joined(separator: ", "))."
        + suggestion(for: name, among: known))
  }
}
