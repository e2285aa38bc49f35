import BraidCore
import BraidTensor
import Foundation

/// One modality as `PreparedData` keeps it: fitted, standardised (pictures by a table when a batch is made), with offsets.
struct PreparedColumn: Sendable {
  enum Storage: Sendable {
    case vectors([Float], width: Int)
    case sequences([Float], width: Int, starts: [Int])
    case tokens([Int32], starts: [Int], texts: [String])
    /// `table` turns channel and byte into a standardised number: `[channels, 256]`.
    case images([UInt8], channels: Int, height: Int, width: Int, table: [Float], files: [String])
  }
  let name: String
  let storage: Storage
  let presence: [Bool]?
  let specification: InputSpecification
  private(set) var vocabulary: Vocabulary?
  private(set) var standardizer: Standardizer?
  private let maximumLength: Int

  /// - Parameter earlier: the same modality fitted before, whose vocabulary or means are taken; nil: fitted on `training`.
  init(_ source: SourceColumn, training: [Int], fittedAs earlier: PreparedColumn? = nil, named data: String) throws {
    name = source.name
    let presence = source.presence?.contains(false) == true ? source.presence : nil
    self.presence = presence
    maximumLength = source.maximumLength
    let fitted = training.filter { presence?[$0] ?? true }
    try require(
      earlier != nil || !fitted.isEmpty, "\(data): no sample of the training split has modality \"\(source.name)\".")
    func finite(_ values: [Float], _ sample: (Int) -> Int) throws {
      for (place, value) in values.enumerated() where !value.isFinite {
        throw SetupError(
          "\(data): modality \"\(source.name)\" of sample \(sample(place)) holds \(value); expected finite numbers.")
      }
    }
    switch source.content {
    case .vectors(var values, let width):
      try finite(values) { $0 / width }
      if source.standardize {
        let fit =
          earlier?.standardizer ?? Standardizer(fitting: values, width: width, rows: fitted.map { $0..<($0 + 1) })
        try require(
          fit.mean.count == width,
          "\(data): modality \"\(name)\": found vectors of \(width) numbers; expected \(fit.mean.count).")
        fit.apply(&values)
        standardizer = fit
      }
      storage = .vectors(values, width: width)
      specification = InputSpecification(name, .vector(width: width))
    case .sequences(var values, let width, let lengths):
      let starts = lengths.reduce(into: [0]) { $0.append($0.last! + $1) }
      try finite(values) { place in (starts.firstIndex { $0 * width > place } ?? 1) - 1 }
      if source.standardize {
        let fit =
          earlier?.standardizer
          ?? Standardizer(fitting: values, width: width, rows: fitted.map { starts[$0]..<starts[$0 + 1] })
        try require(
          fit.mean.count == width,
          "\(data): modality \"\(name)\": found steps of \(width) numbers; expected \(fit.mean.count).")
        fit.apply(&values)
        standardizer = fit
      }
      storage = .sequences(values, width: width, starts: starts)
      specification = InputSpecification(name, .sequence(width: width))
    case .texts(let texts):
      let column =
        try earlier?.vocabulary.map { TextColumn(source, texts, as: $0) }
        ?? TextColumn(source, texts, fittedOn: fitted)
      vocabulary = column.vocabulary
      storage = .tokens(column.ids, starts: column.starts, texts: texts)
      specification = InputSpecification(name, .tokens(vocabulary: column.vocabulary.count))
    case .images(let pixels, let channels, let height, let width):
      let fit: Standardizer
      if let known = earlier?.standardizer {
        fit = known
      } else if source.standardize {
        var histograms = [[Int]](repeating: Array(repeating: 0, count: 256), count: channels)
        for sample in fitted {
          for channel in 0..<channels {
            let start = (sample * channels + channel) * height * width
            histograms[channel].withUnsafeMutableBufferPointer { histogram in
              for place in start..<(start + height * width) { histogram[Int(pixels[place])] += 1 }
            }
          }
        }
        fit = Standardizer(histograms: histograms)
      } else {
        fit = Standardizer(identity: channels)
      }
      standardizer = fit
      let table = (0..<channels).flatMap { c in (0..<256).map { (Float($0) / 255 - fit.mean[c]) / fit.deviation[c] } }
      storage = .images(pixels, channels: channels, height: height, width: width, table: table, files: source.files)
      specification = InputSpecification(name, .image(channels: channels, height: height, width: width))
    }
  }

  /// These samples as a batch's input.
  func input(_ rows: [Int]) -> Input {
    let count = rows.count
    let here = presence.flatMap { presence in
      rows.allSatisfy { presence[$0] } ? nil : Tensor(rows.map { presence[$0] ? 1 : 0 })  // [B]
    }
    switch storage {
    case .vectors(let values, let width):
      let result = Tensor(uninitialized: Shape(count, width))  // [B, d]
      values.withUnsafeBufferPointer { from in
        for (place, row) in rows.enumerated() {
          let to = result.pointer + place * width
          if has(row) {
            to.update(from: from.baseAddress! + row * width, count: width)
          } else {
            to.update(repeating: 0, count: width)
          }
        }
      }
      return Input(values: result, presence: here)
    case .sequences(let values, let width, let starts):
      let lengths = rows.map { has($0) ? starts[$0 + 1] - starts[$0] : 0 }
      let time = max(1, lengths.max() ?? 1)
      let result = Tensor(uninitialized: Shape(count, time, width))  // [B, T, d]
      values.withUnsafeBufferPointer { from in
        for (place, row) in rows.enumerated() {
          let to = result.pointer + place * time * width, filled = lengths[place] * width
          if filled > 0 { to.update(from: from.baseAddress! + starts[row] * width, count: filled) }
          (to + filled).update(repeating: 0, count: time * width - filled)
        }
      }
      return Input(values: result, steps: mask(lengths, time), presence: here)
    case .tokens(let ids, let starts, _):
      let lengths = rows.map { has($0) ? starts[$0 + 1] - starts[$0] : 0 }
      let time = max(1, lengths.max() ?? 1)
      var padded = [Int32](repeating: 0, count: count * time)  // [B, T]
      for (place, row) in rows.enumerated() {
        for step in 0..<lengths[place] { padded[place * time + step] = ids[starts[row] + step] }
      }
      return Input(tokens: Tokens(padded, batch: count, time: time), steps: mask(lengths, time), presence: here)
    case .images(let pixels, let channels, let height, let width, let table, _):
      let result = Tensor(uninitialized: Shape(count, channels, height, width))  // [B, C, H, W]
      let area = height * width
      pixels.withUnsafeBufferPointer { from in
        table.withUnsafeBufferPointer { table in
          for (place, row) in rows.enumerated() {
            let to = result.pointer + place * channels * area
            guard has(row) else {
              to.update(repeating: 0, count: channels * area)
              continue
            }
            for channel in 0..<channels {
              let bytes = from.baseAddress! + (row * channels + channel) * area,
                values = table.baseAddress! + channel * 256
              for k in 0..<area { to[channel * area + k] = values[Int(bytes[k])] }
            }
          }
        }
      }
      return Input(values: result, presence: here)
    }
  }

  private func has(_ row: Int) -> Bool { presence?[row] ?? true }

  /// `[B, T]`: 1 for real steps; nil when every step is.
  private func mask(_ lengths: [Int], _ time: Int) -> Tensor? {
    if lengths.allSatisfy({ $0 == time }) { return nil }
    let result = Tensor.zeros(Shape(lengths.count, time))
    for (place, length) in lengths.enumerated() { (result.pointer + place * time).update(repeating: 1, count: length) }
    return result
  }

  func preview(_ row: Int) -> Preview? {
    guard has(row) else { return nil }
    switch storage {
    case .vectors, .sequences: return nil
    case .tokens(_, _, let texts):
      let words = Tokenizer.words(texts[row])
      return .words(modality: name, maximumLength > 0 ? Array(words.prefix(maximumLength)) : words)
    case .images(let pixels, let channels, let height, let width, _, let files):
      if files.indices.contains(row), !files[row].isEmpty, let data = FileManager.default.contents(atPath: files[row]) {
        return .image(modality: name, bytes: [UInt8](data))
      }
      guard channels == 1 || channels == 3 else { return nil }
      let area = height * width, start = row * channels * area
      let interleaved = (0..<(area * channels)).map { pixels[start + $0 % channels * area + $0 / channels] }
      let picture = Picture(width: width, height: height, channels: channels, pixels: interleaved)
      return (try? PNG.encode(picture)).map { .image(modality: name, bytes: $0) }
    }
  }
}
