import BraidCore
import BraidTensor
import Foundation

/// One modality of a manifest, decoded row by row into a `SourceColumn`.
struct ManifestModality {
  let name: String
  let options: ModalityOptions
  let manifest: Manifest
  let column: String
  var setting: String { "modalities.\(name)" }

  init(_ name: String, _ options: ModalityOptions, _ manifest: Manifest) throws {
    (self.name, self.options, self.manifest) = (name, options, manifest)
    column = options.column.isEmpty ? name : options.column
    func check(_ holds: Bool, _ key: String, _ found: Any, _ expected: String) throws {
      try require(holds, "modalities.\(name).\(key): found \(found); expected \(expected).")
    }
    try check((1...4096).contains(options.size), "size", options.size, "1 … 4096 pixels")
    try check([1, 3].contains(options.channels), "channels", options.channels, "3 (colour) or 1 (grey)")
    try check(
      options.background.count == 3 && options.background.allSatisfy { (0...255).contains($0) }, "background",
      options.background,
      "red, green and blue in 0 … 255")
    try check(options.maximumLength >= 0, "maximumLength", options.maximumLength, "0 (no limit) or more")
    try check(options.minimumCount >= 1, "minimumCount", options.minimumCount, "1 or more")
    try check(options.maximumWords >= 0, "maximumWords", options.maximumWords, "0 (no limit) or more")
    try check((1000...400_000).contains(options.rate), "rate", options.rate, "1000 … 400000 samples a second")
    try check((0.001...1).contains(options.window), "window", options.window, "0.001 … 1 seconds")
    try check((0.001...1).contains(options.hop), "hop", options.hop, "0.001 … 1 seconds")
    try check((1...512).contains(options.mels), "mels", options.mels, "1 … 512 bands")
    for column in options.columns { try manifest.require(column, for: "modalities.\(name).columns") }
    if options.columns.isEmpty { try manifest.require(column, for: "modalities.\(name).column") }
  }

  /// - Parameter known: what the modality must be where no row says so; nil: a modality that is empty in every row is an error.
  func read(_ files: inout ManifestFiles, as known: InputSpecification? = nil) throws -> SourceColumn {
    let rows = manifest.rows
    let presence =
      options.columns.isEmpty
      ? rows.map { manifest.cell($0, column) != nil }
      : rows.map { row in options.columns.contains { manifest.cell(row, $0) != nil } }
    guard let first = presence.firstIndex(of: true) else {
      if let known { return SourceColumn(name, .absent(known.kind, samples: rows.count), presence: presence) }
      throw SetupError("\(manifest.file): column \"\(column)\" (\(setting)) is empty in every row.")
    }
    let content: SourceColumn.Content
    var paths: [String] = []
    switch try kind(rows[first], &files) {
    case .image: (content, paths) = try images(presence, &files)
    case .text: content = .texts(try rows.map { try manifest.text($0, column) ?? "" })
    case .sequence: content = try sequences(presence) { try steps($0, &files) }
    case .audio: content = try sounds(presence, &files)
    case .vector, .automatic: content = try vectors(presence, &files)
    }
    var result = SourceColumn(name, content, presence: presence)
    result.standardize = options.standardize
    result.minimumCount = options.minimumCount
    result.maximumWords = options.maximumWords
    result.maximumLength = options.maximumLength
    result.files = paths
    return result
  }

  /// The stated kind, or what the first value looks like.
  private func kind(_ row: Manifest.Row, _ files: inout ManifestFiles) throws -> ModalityOptions.Kind {
    guard options.kind == .automatic else { return options.kind }
    guard options.columns.isEmpty else { return .vector }
    switch manifest.cell(row, column)! {
    case .list(let list):
      if case .list = list.first { return .sequence }
      return .vector
    case .integer, .number: return .vector
    case .text(let text):
      let lower = text.lowercased()
      if [".jpg", ".jpeg", ".png"].contains(where: lower.hasSuffix) { return .image }
      if lower.hasSuffix(".wav") { return .audio }
      if ManifestFiles.isArray(text) {
        return try located(row) { try files.array(text).shape.count == 2 ? .sequence : .vector }
      }
      return text.split(whereSeparator: \.isWhitespace).allSatisfy { Double($0) != nil } ? .vector : .text
    case let value: throw manifest.error(row, column, "found \(value.kind); expected a file, text or numbers.")
    }
  }

  /// Puts the manifest's line before errors about a file it names.
  func located<Result>(_ row: Manifest.Row, _ body: () throws -> Result) throws -> Result {
    do { return try body() } catch let error as SetupError {
      if error.description.hasPrefix("\(manifest.file):\(row.line):") { throw error }
      throw manifest.error(row, column, error.description)
    }
  }

  private func vectors(_ presence: [Bool], _ files: inout ManifestFiles) throws -> SourceColumn.Content {
    var (values, width): ([Float], Int?) = ([], nil)
    var waiting = 0  // absent samples before the width is known
    for (place, row) in manifest.rows.enumerated() {
      guard presence[place] else {
        if let width { values += Array(repeating: 0, count: width) } else { waiting += 1 }
        continue
      }
      let start = values.count
      try located(row) { try vector(row, &files, into: &values) }
      let found = values.count - start
      if width == nil {
        guard found > 0 else { throw manifest.error(row, column, "a vector without numbers.") }
        values.insert(contentsOf: repeatElement(0, count: waiting * found), at: 0)
        values.reserveCapacity(manifest.rows.count * found)
      }
      guard found == width ?? found else {
        throw manifest.error(row, column, "found \(found) numbers; expected \(width!), as in the rows before.")
      }
      width = found
    }
    return .vectors(values, width: width!)
  }

  /// Adds a row's vector to those of the rows before.
  private func vector(_ row: Manifest.Row, _ files: inout ManifestFiles, into values: inout [Float]) throws {
    if !options.columns.isEmpty {
      for column in options.columns {
        guard let value = manifest.cell(row, column) else {
          throw manifest.error(row, column, "empty, while other columns of modality \"\(name)\" are not.")
        }
        let start = values.count
        try manifest.read(value, row, column, into: &values)
        let found = values.count - start
        guard found == 1 else { throw manifest.error(row, column, "found \(found) numbers; expected one.") }
      }
      return
    }
    let value = manifest.cell(row, column)!
    if case .text(let text) = value, ManifestFiles.isArray(text) {
      let array = try files.array(text)
      guard array.shape.count <= 1 else {
        throw SetupError("\(text): an array of shape \(array.shape); expected one axis. Name a row with \(text)#0.")
      }
      values += try finite(array.floats, text)
    } else {
      try manifest.read(value, row, column, into: &values)
    }
  }

  /// Steps of one row, `[steps, width]`.
  private func steps(_ row: Manifest.Row, _ files: inout ManifestFiles) throws -> (values: [Float], width: Int) {
    let value = manifest.cell(row, column)!
    if case .text(let text) = value, ManifestFiles.isArray(text) {
      let array = try files.array(text)
      guard array.shape.count == 2 || array.shape.count == 1 else {
        throw SetupError("\(text): an array of shape \(array.shape); expected [steps, width].")
      }
      return (try finite(array.floats, text), array.shape.count == 2 ? array.shape[1] : 1)
    }
    let parts: [Setting]
    switch value {
    case .list(let list): parts = list
    case .text(let text): parts = text.split(separator: ";").map { .text(String($0)) }
    default: parts = [value]
    }
    let rows = try parts.map { try manifest.numbers($0, row, column) }
    let width = rows.first?.count ?? 0
    for (step, numbers) in rows.enumerated() where numbers.count != width {
      throw manifest.error(row, column, "step \(step) has \(numbers.count) numbers; expected \(width), as in step 0.")
    }
    return (rows.flatMap { $0 }, width)
  }

  private func sequences(
    _ presence: [Bool], _ read: (Manifest.Row) throws -> (values: [Float], width: Int)
  ) throws -> SourceColumn.Content {
    var (values, width, lengths): ([Float], Int?, [Int]) = ([], nil, [])
    for (place, row) in manifest.rows.enumerated() {
      guard presence[place] else {
        lengths.append(0)
        continue
      }
      let (found, itsWidth) = try located(row) { try read(row) }
      guard itsWidth > 0, !found.isEmpty else { throw manifest.error(row, column, "a sequence without numbers.") }
      guard itsWidth == width ?? itsWidth else {
        throw manifest.error(row, column, "steps of \(itsWidth) numbers; expected \(width!), as in the rows before.")
      }
      width = itsWidth
      let steps =
        options.maximumLength > 0 ? min(options.maximumLength, found.count / itsWidth) : found.count / itsWidth
      lengths.append(steps)
      values += found.prefix(steps * itsWidth)
    }
    return .sequences(values, width: width!, lengths: lengths)
  }

  private func sounds(_ presence: [Bool], _ files: inout ManifestFiles) throws -> SourceColumn.Content {
    let scale: LogMel.Scale = options.melScale == .htk ? .htk : .slaney
    let mel = LogMel(rate: options.rate, window: options.window, hop: options.hop, mels: options.mels, scale: scale)
    return try sequences(presence) { row in
      let path = try manifest.text(row, column)!
      let sound = try WAV.decode(files.read(path), named: path)
      guard !sound.samples.isEmpty else { throw SetupError("\(path): a sound without samples.") }
      return (
        mel(resampled(sound.mono, from: sound.rate, to: options.rate), limit: options.maximumLength), options.mels
      )
    }
  }

  private func finite(_ values: [Float], _ file: String) throws -> [Float] {
    if let place = values.firstIndex(where: { !$0.isFinite }) {
      throw SetupError("\(file): number \(place) is \(values[place]); expected finite numbers.")
    }
    return values
  }
}

extension Picture {
  /// An array of bytes as a picture: `[H, W]`, `[H, W, 1]`, `[H, W, 3]` or `[H, W, 4]`.
  init(_ array: NumericArray, named file: String) throws {
    let shape = array.shape
    let channels = shape.count == 3 ? shape[2] : 1
    guard case .bytes(let pixels) = array.elements, (2...3).contains(shape.count), [1, 3, 4].contains(channels),
      !pixels.isEmpty
    else {
      throw SetupError(
        "\(file): an array of shape \(shape) is no picture; expected unsigned bytes [H, W], [H, W, 3] or [H, W, 4].")
    }
    self.init(width: shape[1], height: shape[0], channels: channels, pixels: pixels)
  }
}
