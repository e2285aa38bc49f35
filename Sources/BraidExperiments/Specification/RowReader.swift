import BraidCore
import BraidTraining

/// Reads one entry of `compare`: a fusion alone, or a map that also says what else differs in this row.
struct RowReader {
  let file: WrittenExperiment
  let catalogue: Catalogue
  /// Names of what is measured.
  let metrics: [String]
  /// `compare[2]`.
  let place: String

  private struct Written: PartOptions {
    var name = ""
    var fusion = Setting.null
    var modalities: [String] = []
    var encoders: [String: Setting] = [:]
    var pooling = Setting.null
    var head = Setting.null
    var loss = Setting.null
    var train: [String: Setting] = [:]
  }

  func row(_ value: Setting) throws -> Specification.Row {
    var written = Written()
    var fusionPlace = place
    if case .map(let map) = value, map["fusion"] != nil || map["name"] != nil || map.count > 1 {
      written = try Written(map, at: place)
      fusionPlace = "\(place).fusion"
      try require(written.fusion != .null, "\(place).fusion: missing. A row names its fusion.")
      try require(
        map["name"] == nil || !written.name.isEmpty,
        "\(place).name: found an empty text; expected what the row is called. Leave it out for the fusion's name.")
      try require(
        map["modalities"] != .list([]),
        "\(place).modalities: found an empty list; expected one modality or more. Leave it out for all.")
    } else {
      written.fusion = value
    }
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
    let encoders = try encoders(written, &given)
    let train = merged(written.train, over: file.train)
    given.formUnion(keyPaths(.map(train), at: "train"))
    let trainPlace = written.train.isEmpty ? "train" : "\(place).train"
    let options = try TrainingOptions(train, at: trainPlace)
    try options.validate(metrics: metrics, at: trainPlace)
    return Specification.Row(
      name: written.name.isEmpty ? fusion.name : written.name, place: place,
      modalities: written.modalities.isEmpty ? nil : written.modalities, encoders: encoders,
      pooling: try pooling(written.pooling, &given),
      fusion: try fusion.resolved("fusion", in: catalogue.fusions, at: fusionPlace),
      head: try part(written.head, file.head, "head", catalogue.heads, &given),
      loss: try part(written.loss, file.loss, "loss", catalogue.losses, &given), train: options, given: given)
  }

  private func encoders(_ written: Written, _ given: inout Set<String>) throws -> [String: PartChoice] {
    var result: [String: PartChoice] = [:]
    for modality in Set(file.encoders.keys).union(written.encoders.keys).sorted() {
      let base = try file.encoders[modality].map { try PartChoice(written: $0, at: "encoders.\(modality)") }
      let path = written.encoders[modality] == nil ? "encoders.\(modality)" : "\(place).encoders.\(modality)"
      let own = try written.encoders[modality].map { try PartChoice(written: $0, at: path).overlaid(on: base) }
      guard let choice = own ?? base else { continue }
      result[modality] = try choice.resolved("encoder", in: catalogue.encoders, at: path)
      given.formUnion(choice.paths(at: "encoders.\(modality)"))
    }
    return result
  }

  private func pooling(_ written: Setting, _ given: inout Set<String>) throws -> Adapter.Pooling {
    guard written != .null else {
      if file.pooling != .mean { given.insert("pooling") }
      return file.pooling
    }
    given.insert("pooling")
    struct Choice: PartOptions { var pooling = Adapter.Pooling.mean }
    return try Choice(["pooling": written], at: place).pooling
  }

  private func part<E>(
    _ own: Setting, _ shared: Setting, _ kind: String, _ shelf: [String: Catalogue.Entry<E>], _ given: inout Set<String>
  ) throws -> PartChoice? {
    let base = shared == .null ? nil : try PartChoice(written: shared, at: kind)
    let path = own == .null ? kind : "\(place).\(kind)"
    let choice = own == .null ? base : try PartChoice(written: own, at: path).overlaid(on: base)
    given.formUnion(choice?.paths(at: kind) ?? [])
    return try choice?.resolved(kind, in: shelf, at: path)
  }
}
