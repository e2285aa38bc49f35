import BraidCore
import Foundation

/// Answers of a model, sample by sample: `predictions-test.csv`.
///
/// Columns: `sample`; for classes and labels `right`, `predicted` and `score.<name>` for each (labels joined by `|`, a
/// label is predicted from a score of 0.5); for numbers `right.<name>` and `predicted.<name>` for each. RFC 4180:
/// fields with commas, quotes or line ends stand in quotes. Numbers are the shortest text that reads back to the same
/// 32 bits.
public struct PredictionFile: Sendable {
  /// Their names, in order.
  public let columns: [String]
  /// Fields in the order of the columns.
  public let rows: [[String]]

  /// The answers of an evaluation.
  public init(_ evaluation: Evaluation, identifiers: [String]) {
    let names = evaluation.target.names, outputs = evaluation.outputs
    let isNumbers = if case .values = evaluation.target { true } else { false }
    columns =
      isNumbers
      ? ["sample"] + names.map { "right.\($0)" } + names.map { "predicted.\($0)" }
      : ["sample", "right", "predicted"] + names.map { "score.\($0)" }
    rows = (0..<evaluation.count).map { sample in
      let scores = evaluation.scores[sample * outputs..<(sample + 1) * outputs].map { "\($0)" }
      if isNumbers {
        return [identifiers[sample]] + evaluation.values[sample * outputs..<(sample + 1) * outputs].map { "\($0)" }
          + scores
      }
      let answer = AnswerText(evaluation, sample)
      return [identifiers[sample], answer.right, answer.predicted] + scores
    }
  }

  /// The same answers without the right ones: for samples whose file need not say them.
  public var withoutRightAnswers: PredictionFile {
    let kept = columns.indices.filter { columns[$0] != "right" && !columns[$0].hasPrefix("right.") }
    return PredictionFile(columns: kept.map { columns[$0] }, rows: rows.map { row in kept.map { row[$0] } })
  }

  private init(columns: [String], rows: [[String]]) { (self.columns, self.rows) = (columns, rows) }

  /// The file's text.
  public var text: String {
    ([columns] + rows).map { $0.map(PredictionFile.quoted).joined(separator: ",") + "\n" }.joined()
  }

  private static func quoted(_ field: String) -> String {
    field.utf8.contains { $0 == 0x2c || $0 == 0x22 || $0 == 0x0a || $0 == 0x0d }
      ? "\"" + field.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : field
  }

  /// Reads a file back. Throws `SetupError` naming the line that does not have as many fields as the first.
  public init(_ text: String, named source: String) throws {
    var records: [[String]] = [[]], field: [UInt8] = [], isQuoted = false, wasQuote = false
    for byte in text.utf8 {
      if isQuoted {
        if byte == 0x22 { (isQuoted, wasQuote) = (false, true) } else { field.append(byte) }
        continue
      }
      switch byte {
      case 0x22:
        if wasQuote { field.append(0x22) }  // a doubled quote within quotes
        isQuoted = true
      case 0x2c, 0x0a:
        records[records.count - 1].append(String(decoding: field, as: UTF8.self))
        field.removeAll()
        if byte == 0x0a { records.append([]) }
      default: field.append(byte)
      }
      wasQuote = false
    }
    guard records.removeLast().isEmpty, field.isEmpty, !isQuoted, let first = records.first else {
      throw SetupError("\(source): is cut short.")
    }
    for (index, record) in records.enumerated() where record.count != first.count {
      throw SetupError("\(source): row \(index + 1) has \(record.count) fields; expected \(first.count).")
    }
    (columns, rows) = (first, Array(records.dropFirst()))
  }

  /// The values of a column; nil when there is none of this name.
  public func column(_ name: String) -> [String]? {
    columns.firstIndex(of: name).map { index in rows.map { $0[index] } }
  }

  /// Right against given classes; nil unless this file is of classes of these names.
  public func confusion(classes: [String]) -> ConfusionMatrix? {
    guard let right = column("right"), let predicted = column("predicted") else { return nil }
    let numbers = Dictionary(classes.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let rows = right.map { numbers[$0] }, answers = predicted.map { numbers[$0] }
    guard !rows.contains(nil), !answers.contains(nil) else { return nil }
    return ConfusionMatrix(classes: classes, right: rows.compactMap { $0 }, answered: answers.compactMap { $0 })
  }
}

/// A right and a given answer in words.
struct AnswerText {
  let right: String
  let predicted: String
  /// Nil for numbers.
  let isRight: Bool?

  init(_ evaluation: Evaluation, _ sample: Int) {
    let names = evaluation.target.names, outputs = evaluation.outputs
    let scores = evaluation.scores[sample * outputs..<(sample + 1) * outputs]
    func values() -> ArraySlice<Float> { evaluation.values[sample * outputs..<(sample + 1) * outputs] }
    func chosen(_ values: ArraySlice<Float>) -> String {
      zip(names, values).filter { $1 >= 0.5 }.map(\.0).joined(separator: "|")
    }
    switch evaluation.target {
    case .classes:
      var best = scores.startIndex
      for index in scores.indices where scores[index] > scores[best] { best = index }
      (right, predicted) = (names[evaluation.classes[sample]], names[best - scores.startIndex])
      isRight = evaluation.classes[sample] == best - scores.startIndex
    case .labels:
      (right, predicted) = (chosen(values()), chosen(scores))
      isRight = right == predicted
    case .values:
      right = values().map { "\($0)" }.joined(separator: "|")
      predicted = scores.map { "\($0)" }.joined(separator: "|")
      isRight = nil
    }
  }
}
