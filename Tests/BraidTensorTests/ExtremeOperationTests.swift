import BraidNN
import BraidTensor
import BraidTesting
import Foundation
import Testing

/// Public operations that no subject is made of, and why.
private let without = [
  "applying": "every function it applies has a subject", "argmax": "places, which have no derivative: ArgmaxTests",
  "argmin": "places, which have no derivative: ArgmaxTests", "oneHotMaximum": "choices: OneHotTests",
  "oneHotSample": "choices: OneHotTests",
]

@Suite struct `Every operation at the ends of its range` {
  /// Whether a NaN comes of it, in the result or the derivative, and a sentence that says where.
  private static func find(_ subject: Subject, _ filling: Filling, upstream: Float = 1) -> String? {
    let tape = Tape()
    let x = tape.watch(filling.tensor(subject.isPositive)), others = subject.others().map { tape.watch($0) }
    let y = subject.compute(x, others)
    if y.elements.contains(where: \.isNaN) { return "\(subject.name) of \(filling): \(y)" }
    guard y.isRecorded else { return nil }
    let gradients = y.gradients(upstream: Tensor(repeating: upstream, y.shape))
    if let missing = others.firstIndex(where: { gradients[$0] == nil }) {
      return "operand \(missing) of \(subject.name) has no derivative"
    }
    let slopes = ([x] + others).compactMap { gradients[$0] }
    let wrong = slopes.first { $0.elements.contains(where: \.isNaN) }
    return wrong.map { "a derivative of \(subject.name) at \(filling): \($0)" }
  }

  @Test(arguments: extremeSubjects.indices)
  func `gives numbers, and derivatives, where mathematics does`(_ index: Int) {
    let subject = extremeSubjects[index]
    for filling in Filling.allCases where !subject.undefined.contains(filling) {
      #expect(Self.find(subject, filling) == nil)
      if filling.isFinite { #expect(Self.find(subject, filling, upstream: 0) == nil) }
    }
  }

  @Test(arguments: extremeSubjects.indices)
  func `is left out only where it has none, with the reason`(_ index: Int) {
    let subject = extremeSubjects[index]
    #expect(subject.undefined.isEmpty == subject.reason.isEmpty)
    for filling in subject.undefined { #expect(Self.find(subject, filling) != nil, "\(subject.name): \(filling)") }
  }

  /// As on the side of a `select` that is not taken. PyTorch and JAX multiply: 0 · ∞.
  @Test(arguments: functions.indices)
  func `a result that does not matter has derivatives of 0, however steep`(_ index: Int) throws {
    let subject = functions[index]
    for filling in Filling.allCases {
      let tape = Tape()
      let x = tape.watch(filling.tensor(subject.isPositive))
      let y = subject.compute(x, subject.others())
      let slopes = try #require(y.gradients(upstream: Tensor.zeros(y.shape))[x])
      #expect(slopes.elements.allSatisfy { $0 == 0 }, "\(subject.name) of \(filling): \(slopes)")
    }
  }

  /// An operation that is added without a subject fails here.
  @Test func `has a subject, or a reason to have none`() throws {
    let root = URL(fileURLWithPath: try Fixture.folder(above: #filePath)).deletingLastPathComponent()
      .deletingLastPathComponent()
    let tests = root.appendingPathComponent("Tests/BraidTensorTests/ExtremeSubjects.swift")
    let subjects = try String(contentsOf: tests, encoding: .utf8)
    let folder = root.appendingPathComponent("Sources/BraidTensor/Operations").resolvingSymlinksInPath()
    var names: Set<String> = []
    for file in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil) {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /public (?:static )?func (\w+)[(<]/) where match.1 != "callAsFunction" {
        names.insert(String(match.1))
      }
    }
    #expect(names.count > 90)
    names.formUnion(["FourierTransform", "BernoulliDistribution", "CategoricalDistribution"])
    names.formUnion(["GumbelDistribution", "NormalDistribution", "gumbelSoftmax"])
    let missing = names.filter { !subjects.contains("\($0)(") }
    #expect(missing.sorted() == without.keys.sorted())
  }

  @Test func `equal numbers have no spread, however large`() throws {
    for value: Float in [1e4, -1e4, 3e18, 1e30, -1e-30] {
      let tape = Tape()
      let x = tape.watch(Tensor(repeating: value, [2, 5]))
      let y = x.variance(1) + x.standardDeviation(1)
      #expect(y.elements == [0, 0])
      #expect(y.gradients()[x]?.elements == Array(repeating: 0, count: 10))
    }
    for value: Float in [1e4, -1e4, 1e-30] {
      let x = Tensor(repeating: value, [2, 4])
      #expect(layerNorm(x, nil, nil).elements == Array(repeating: 0, count: 8))
      #expect(batchNorm(x, nil, nil).output.elements == Array(repeating: 0, count: 8))
      #expect(groupNorm(x, groups: 2, nil, nil).elements == Array(repeating: 0, count: 8))
    }
  }

  @Test func `products on the way to 0, or from it, are no infinities`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1e4, 1e4, -1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 1e4, 0, 1e-30, 1e-30], [1, 13]))
    let y = x.product(1)
    #expect(y.elements == [0])
    let slopes = y.gradients()[x]?.elements ?? []
    #expect(slopes.enumerated().allSatisfy { $0.offset == 10 || $0.element == 0 })
    #expect(abs(slopes[10] / -1e-20 - 1) < 1e-6)
  }

  @Test func `lengths neither overflow nor vanish`() throws {
    try expectClose(Tensor([3e30, 4e30]).norm(0), [5e30], 1e-6)
    try expectClose(Tensor([3e-30, 4e-30]).norm(0), [5e-30], 1e-6)
    let tape = Tape()
    let x = tape.watch(Tensor([3e-30, 4e-30, 0, 0], [2, 2]))
    try expectClose(try #require(x.norm(1).gradients()[x]), [0.6, 0.8, 0, 0], 1e-6)
  }
}
