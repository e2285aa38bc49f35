import BraidTensor

/// How often each right class was given each answer.
public struct ConfusionMatrix: Sendable, Codable, Hashable {
  /// Names, in the order of rows and columns.
  public let classes: [String]
  /// `counts[right][answered]`.
  public private(set) var counts: [[Int]]

  /// Stops when the numbers of right and answered classes differ or one is not a class.
  public init(classes: [String], right: [Int], answered: [Int]) {
    guard right.count == answered.count else {
      stop("confusion matrix", "\(right.count) right classes and \(answered.count) answers; expected as many")
    }
    self.classes = classes
    counts = Array(repeating: Array(repeating: 0, count: classes.count), count: classes.count)
    for (row, column) in zip(right, answered) {
      guard classes.indices.contains(row), classes.indices.contains(column) else {
        stop("confusion matrix", "class \(classes.indices.contains(row) ? column : row) of \(classes.count)")
      }
      counts[row][column] += 1
    }
  }

  /// Of an evaluation of classes. Stops for other targets.
  public init(_ evaluation: Evaluation) {
    guard case .classes(let names) = evaluation.target else {
      stop("confusion matrix", "the target is \(evaluation.target.summary); expected classes")
    }
    self.init(classes: names, right: evaluation.classes, answered: evaluation.predictedClasses)
  }

  /// Number of samples.
  public var total: Int { counts.reduce(0) { $0 + $1.reduce(0, +) } }
  /// Answered `k` where `k` was right.
  public func truePositives(_ k: Int) -> Int { counts[k][k] }
  /// Answered `k`, rightly or not.
  public func answered(_ k: Int) -> Int { counts.reduce(0) { $0 + $1[k] } }
  /// Samples of class `k`.
  public func support(_ k: Int) -> Int { counts[k].reduce(0, +) }
}
