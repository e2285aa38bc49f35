import BraidCore
import BraidData
import BraidTraining

/// Makes the rows of a file: each entry of `compare` is a fusion alone, or a map that also says what else differs in this
/// row; a sweep spreads every entry over its combinations.
struct RowReader {
  let file: WrittenExperiment
  let document: SettingsDocument
  let catalogue: Catalogue
  /// Names of what is measured.
  let metrics: [String]
  private let parts = ResolvedParts()

  init(file: WrittenExperiment, document: SettingsDocument, catalogue: Catalogue, metrics: [String]) {
    (self.file, self.document, self.catalogue, self.metrics) = (file, document, catalogue, metrics)
  }

  private struct Written: PartOptions {
    var name = ""
    var data = Setting.null
    var fusion = Setting.null
    var modalities: [String] = []
    var encoders: [String: Setting] = [:]
    var frozen = Setting.null
    var noise: [String: Setting] = [:]
    var pooling = Setting.null
    var head = Setting.null
    var loss = Setting.null
    var train: [String: Setting] = [:]
  }

  func rows() throws -> [Specification.Row] {
    guard file.sweep != .null else {
      try require(
        !file.compare.isEmpty, "compare: missing. List the fusions to compare, such as compare: [concat, gated].")
      return try file.compare.enumerated().map { index, entry in
        let (map, isAlone) = RowReader.opened(entry)
        return try row(map, at: "compare[\(index)]", fusionAt: isAlone ? "" : ".fusion")
      }
    }
    let bases = file.compare.isEmpty ? [[:]] : file.compare.map { RowReader.opened($0).map }
    let background = RowBackground(shared: document.root, catalogue: catalogue)
    let swept = try Sweep(bases: bases, background: background, document: document).rows(file.sweep)
    let names = RowNames(of: swept)
    return try swept.concurrentMap { item in
      var written = item.written
      let name = names.name(item)
      written["name"] = .text(name)
      do { return try row(written, item.coordinates, at: "sweep") } catch let error as SetupError {
        throw SetupError("\(error) (In the row \"\(name)\".)")
      }
    }
  }

  /// An entry of `compare` as a map: a part alone is the row's fusion.
  private static func opened(_ entry: Setting) -> (map: [String: Setting], isAlone: Bool) {
    if case .map(let map) = entry, map["fusion"] != nil || map["name"] != nil || map.count > 1 { return (map, false) }
    return (["fusion": entry], true)
  }

  /// - Parameters:
  ///   - map: what the row says.
  ///   - fusionAt: where the fusion stands within the row's place.
  func row(
    _ map: [String: Setting], _ coordinates: [Coordinate] = [], at place: String, fusionAt: String = ".fusion"
  ) throws -> Specification.Row {
    let written = try Written(map, at: place)
    let fusionPlace = place + fusionAt
    try require(
      written.fusion != .null || fusionAt.isEmpty, "\(place).fusion: missing. A row names its fusion.")
    try require(
      map["name"] == nil || !written.name.isEmpty,
      "\(place).name: found an empty text; expected what the row is called. Leave it out for the fusion's name.")
    try require(
      map["modalities"] != .list([]),
      "\(place).modalities: found an empty list; expected one modality or more. Leave it out for all.")
    let fusion = try PartChoice(written: written.fusion, at: fusionPlace)
    let known = file.encoders.keys.sorted()
    for modality in written.modalities where file.encoders[modality] == nil && written.encoders[modality] == nil {
      throw SetupError(
        "\(place).modalities: \"\(modality)\" has no encoder. Encoders: \(known.joined(separator: ", "))."
          + suggestion(for: modality, among: known))
    }
    for (index, modality) in written.modalities.enumerated() where written.modalities[..<index].contains(modality) {
      throw SetupError("\(place).modalities[\(index)]: \"\(modality)\" is listed twice.")
    }
    try require(
      !file.encoders.isEmpty || !written.encoders.isEmpty,
      "encoders: missing. Give each modality its encoder, such as encoders: {words: gru}.")
    var given = fusion.paths(at: "fusion")
    if !written.modalities.isEmpty { given.insert("modalities") }
    let encoders = try encoders(written, at: place, &given)
    let frozen = try frozen(written.frozen, among: encoders.keys.sorted(), at: place, &given)
    let train = merged(written.train, over: file.train)
    given.formUnion(keyPaths(.map(train), at: "train"))
    let trainPlace = written.train.isEmpty ? "train" : "\(place).train"
    let options = try TrainingOptions(train, at: trainPlace)
    try options.validate(metrics: metrics, at: trainPlace)
    return Specification.Row(
      name: written.name.isEmpty ? fusion.name : written.name, place: place, coordinates: coordinates,
      data: try data(written.data, at: place, &given),
      modalities: written.modalities.isEmpty ? nil : written.modalities, encoders: encoders, frozen: frozen,
      noise: try noise(written.noise, at: place, &given), pooling: try pooling(written.pooling, at: place, &given),
      fusion: try parts.resolve(fusion, "fusion", in: catalogue.fusions, at: fusionPlace),
      head: try part(written.head, file.head, "head", catalogue.heads, at: place, &given),
      loss: try part(written.loss, file.loss, "loss", catalogue.losses, at: place, &given), train: options,
      given: given,
      noisePlace: written.noise.isEmpty ? "noise" : "\(place).noise", written: map)
  }

  private func data(_ own: Setting, at place: String, _ given: inout Set<String>) throws -> PartChoice {
    let base = try PartChoice(written: file.data, at: "data")
    let path = own == .null ? "data" : "\(place).data"
    let choice = own == .null ? base : try PartChoice(written: own, at: path).overlaid(on: base)
    given.formUnion(choice.paths(at: "data"))
    return try parts.resolve(choice, "data set", in: catalogue.datasets, at: path)
  }

  private func encoders(
    _ written: Written, at place: String, _ given: inout Set<String>
  ) throws -> [String: PartChoice] {
    var result: [String: PartChoice] = [:]
    for modality in Set(file.encoders.keys).union(written.encoders.keys).sorted() {
      let base = try file.encoders[modality].map { try PartChoice(written: $0, at: "encoders.\(modality)") }
      let path = written.encoders[modality] == nil ? "encoders.\(modality)" : "\(place).encoders.\(modality)"
      let own = try written.encoders[modality].map { try PartChoice(written: $0, at: path).overlaid(on: base) }
      guard let choice = own ?? base else { continue }
      result[modality] = try parts.resolve(choice, "encoder", in: catalogue.encoders, at: path)
      given.formUnion(choice.paths(at: "encoders.\(modality)"))
    }
    return result
  }

  /// What a row says takes the place of what all rows share.
  private func frozen(
    _ own: Setting, among known: [String], at place: String, _ given: inout Set<String>
  ) throws -> [String: String] {
    let path = own == .null ? "frozen" : "\(place).frozen"
    let frozen = try FrozenParameters.read(own == .null ? file.frozen : own, at: path)
    for modality in frozen.keys.sorted() {
      try require(
        known.contains(modality),
        "\(path): \"\(modality)\" has no encoder. Encoders: \(known.joined(separator: ", "))."
          + suggestion(for: modality, among: known))
      given.insert("frozen.\(modality).file")
    }
    return frozen
  }

  private func noise(
    _ own: [String: Setting], at place: String, _ given: inout Set<String>
  ) throws -> [String: InputNoise] {
    let all = merged(own, over: file.noise)
    given.formUnion(all.isEmpty ? [] : keyPaths(.map(all), at: "noise"))
    var result: [String: InputNoise] = [:]
    for (modality, settings) in all.sorted(by: { $0.key < $1.key }) {
      let path = (own[modality] == nil ? "noise" : "\(place).noise") + ".\(modality)"
      guard case .map(let settings) = settings else {
        throw SetupError(
          "\(path): found \(settings) (\(settings.kind)); expected a map of settings, such as {gaussian: 0.3}.")
      }
      result[modality] = try InputNoise(settings, at: path)
    }
    return result
  }

  private func pooling(_ written: Setting, at place: String, _ given: inout Set<String>) throws -> Adapter.Pooling {
    guard written != .null else {
      if file.pooling != .mean { given.insert("pooling") }
      return file.pooling
    }
    given.insert("pooling")
    struct Choice: PartOptions { var pooling = Adapter.Pooling.mean }
    return try Choice(["pooling": written], at: place).pooling
  }

  private func part<E>(
    _ own: Setting, _ shared: Setting, _ kind: String, _ shelf: [String: Catalogue.Entry<E>], at place: String,
    _ given: inout Set<String>
  ) throws -> PartChoice? {
    let base = shared == .null ? nil : try PartChoice(written: shared, at: kind)
    let path = own == .null ? kind : "\(place).\(kind)"
    let choice = own == .null ? base : try PartChoice(written: own, at: path).overlaid(on: base)
    given.formUnion(choice?.paths(at: kind) ?? [])
    return try choice.map { try parts.resolve($0, kind, in: shelf, at: path) }
  }
}
