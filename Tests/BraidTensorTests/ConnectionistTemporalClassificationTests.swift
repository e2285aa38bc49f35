import BraidTesting
import Foundation
import Testing

@testable import BraidTensor

/// The labels of a case: rows filled up with −1.
private func labels(_ operands: Operands) throws -> [[Int32]] {
  let shape = try operands.fixture.shape("input.labels")
  let all = try operands.integers("labels")
  return (0..<shape[0]).map { row in all[row * shape[1]..<(row + 1) * shape[1]].filter { $0 >= 0 } }
}

private let parity = Parity(
  family: "temporal-classification", title: "temporal-classification",
  operations: [
    "": { try connectionistTemporalClassification($0("x"), labels($0)) },
    "last-blank": { try connectionistTemporalClassification($0("x"), labels($0), blank: 4) },
    "masked": { try connectionistTemporalClassification($0("x"), labels($0), steps: $0.constant("steps")) },
  ])

let temporalClassificationMistakes = [
  Mistake(
    "connectionistTemporalClassification: logits of shape [2, 3]; expected [batch, time, classes] with at least one class"
  ) { _ = connectionistTemporalClassification(zeros(2, 3), []) },
  Mistake(
    "connectionistTemporalClassification: 1 sequences of labels for logits of shape [2, 4, 3]; expected 2, one a sample"
  ) { _ = connectionistTemporalClassification(zeros(2, 4, 3), [[1]]) },
  Mistake(
    "connectionistTemporalClassification: steps of shape [4, 2] for logits of shape [2, 4, 3]; expected [2, 4]"
  ) { _ = connectionistTemporalClassification(zeros(2, 4, 3), [[1], [2]], steps: zeros(4, 2)) },
  Mistake("connectionistTemporalClassification: blank 3; expected one of 0 ..< 3") {
    _ = connectionistTemporalClassification(zeros(1, 4, 3), [[1]], blank: 3)
  },
  Mistake(
    "connectionistTemporalClassification: label 3 at place 1 of sample 1; expected one of 0 ..< 3, but not the blank 0"
  ) { _ = connectionistTemporalClassification(zeros(2, 4, 3), [[1], [2, 3]]) },
  Mistake(
    "connectionistTemporalClassification: label 2 at place 0 of sample 0; expected one of 0 ..< 3, but not the blank 2"
  ) { _ = connectionistTemporalClassification(zeros(1, 4, 3), [[2]], blank: 2) },
]

@Suite struct ConnectionistTemporalClassificationTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 10) }

  @Test(arguments: parity.names) func `agrees with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `the derivative agrees with differences`() {
    var stream = RandomStream(seed: 5, .sampling, path: "labels")
    let check = differences([stream.normal([2, 5, 4])]) {
      let steps = Tensor([1, 1, 1, 1, 1, 1, 0, 1, 1, 0], [2, 5])
      return connectionistTemporalClassification($0[0], [[1, 1], [3]], steps: steps)
    }
    #expect(check.violations == [])
  }

  /// Equation 3 as it is written: every path of 4 steps, what it reads as, and its probability.
  @Test func `is the sum over all paths that read as the labels`() throws {
    var stream = RandomStream(seed: 6, .sampling, path: "labels")
    let logits = stream.normal([1, 4, 3]), p = logits.softmax().elements.map(Double.init)
    for blank in 0..<3 {
      var sums: [[Int32]: Double] = [:]
      for path in 0..<81 {
        let classes = [path / 27, path / 9 % 3, path / 3 % 3, path % 3]
        let drawnTogether = classes.indices.filter { $0 == 0 || classes[$0] != classes[$0 - 1] }.map { classes[$0] }
        let probability = classes.enumerated().reduce(1.0) { $0 * p[$1.offset * 3 + $1.element] }
        sums[drawnTogether.filter { $0 != blank }.map(Int32.init), default: 0] += probability
      }
      #expect(sums.count == 15)  // equal labels need a blank between them: 1 + 2 + 4 + 6 + 2
      for (labels, sum) in sums {
        let cost = connectionistTemporalClassification(logits, [labels], blank: Int32(blank))
        try expectClose(cost, [-log(sum)], 2e-6)
      }
    }
  }

  @Test func `steps that are not real might as well not be there, wherever they stand`() {
    var stream = RandomStream(seed: 7, .sampling, path: "labels")
    let values = stream.normal([1, 6, 4])
    let kept: [Int32] = [0, 2, 3, 5]
    func run(_ x: Tensor, _ steps: Tensor?) -> (cost: [Float], slopes: [Float]) {
      let tape = Tape()
      let x = tape.watch(x)
      let cost = connectionistTemporalClassification(x, [[2, 2]], steps: steps)
      return (cost.elements, cost.gradients()[x]!.elements)
    }
    let short = run(values.reshaped(6, 4).gathered(kept).reshaped(1, 4, 4), nil)
    // what a step that is not real holds does not matter
    let filled = values + Tensor([0, .nan, 0, 0, .infinity, 0], [1, 6, 1])
    for x in [values, filled] {
      let masked = run(x, Tensor([1, 0, 1, 1, 0, 1], [1, 6]))
      #expect(masked.cost == short.cost)
      for (place, step) in kept.map(Int.init).enumerated() {
        #expect(masked.slopes[step * 4..<step * 4 + 4] == short.slopes[place * 4..<place * 4 + 4])
      }
      #expect([1, 4].allSatisfy { masked.slopes[$0 * 4..<$0 * 4 + 4].allSatisfy { $0 == 0 } })
    }
  }

  @Test func `labels for which there are not steps enough cost infinity and give no gradient`() {
    let tape = Tape()
    let x = tape.watch(Tensor.zeros([4, 2, 3]))
    // two equal labels need a blank between them; no real step at all
    let steps = Tensor([1, 1, 1, 1, 0, 0, 0, 0], [4, 2])
    let cost = connectionistTemporalClassification(x, [[1, 2, 1], [1, 1], [1], []], steps: steps)
    #expect(cost.elements == [.infinity, .infinity, .infinity, 0])
    #expect(cost.gradients()[x]?.elements == Array(repeating: 0, count: 24))
    #expect(connectionistTemporalClassification(.zeros([1, 0, 3]), [[]]).elements == [0])
    #expect(connectionistTemporalClassification(.zeros([1, 0, 3]), [[2]]).elements == [.infinity])
    #expect(connectionistTemporalClassification(Tensor(repeating: .nan, [1, 2, 3]), [[2]]).elements[0].isNaN)
  }

  @Test func `thousands of steps lose nothing`() throws {
    // all classes alike at every step: the number of paths is a binomial coefficient, C(T + L, 2 L) of L different labels
    let time = 5000, count = 40
    let labels = (0..<count).map { Int32(1 + $0 % 2) }
    let cost = connectionistTemporalClassification(.zeros(Shape(1, time, 3)), [labels])
    let paths = lgamma(Double(time + count + 1)) - lgamma(Double(2 * count + 1)) - lgamma(Double(time - count + 1))
    try expectClose(cost, [Double(time) * log(3) - paths], 1e-6)
  }

  @Test func `samples do not see each other, and are the same bits at any number of threads`() {
    func results(_ threads: Int) -> [[Float]] {
      Threads.with(threads, sharing: 1 << 10) {
        var stream = RandomStream(seed: 8, .sampling, path: "labels")
        let tape = Tape()
        let x = tape.watch(stream.normal([5, 19, 7]))
        let cost = connectionistTemporalClassification(x, [[1], [2, 2, 3], [], [6, 5, 4], [1, 2, 3, 4, 5]])
        return [cost.elements, cost.gradients(upstream: stream.normal([5]))[x]!.elements]
      }
    }
    let one = results(1)
    for threads in [2, 3] { #expect(results(threads) == one) }
    var stream = RandomStream(seed: 8, .sampling, path: "labels")
    let x = stream.normal([5, 19, 7])
    #expect(connectionistTemporalClassification(x.slice(0, 1..<2), [[2, 2, 3]]).elements == [one[0][1]])
  }
}
