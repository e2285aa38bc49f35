import BraidCore
import BraidTensor

/// The answer that ignores every input, fitted on the training split: shares of the classes or labels, or mean values.
func constantAnswer(to data: any Dataset) throws -> [Double] {
  let outputs = data.target.names.count, count = data.count(.train)
  var sums = [Double](repeating: 0, count: outputs)
  for start in stride(from: 0, to: count, by: 256) {
    switch try data.batch(.train, Array(start..<min(start + 256, count))).target {
    case .classes(let numbers): for number in numbers { sums[Int(number)] += 1 }
    case .labels(let tensor), .values(let tensor):
      for (index, value) in tensor.elements.enumerated() { sums[index % outputs] += Double(value) }
    }
  }
  return sums.map { $0 / Double(count) }
}

extension Evaluation {
  /// The same questions, each answered by these numbers.
  func answered(by constant: [Double]) -> Evaluation {
    let answer = constant.map(Float.init)
    return Evaluation(
      target: target, count: count, scores: (0..<count).flatMap { _ in answer }, classes: classes, values: values)
  }
}
