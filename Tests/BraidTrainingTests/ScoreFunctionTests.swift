import AttentionFusion
import BraidCore
import BraidNN
import BraidTensor
import TaskLosses
import Testing

@testable import BraidTraining

/// Training through choices that have no derivative.
///
/// Two samples, each asking one question of two steps: four ways to choose. Every way is met by trying steps of the random stream,
/// so the expectation over choices is an exact sum and needs no tolerance for chance.
@Suite struct ScoreFunctionTests {
  /// A loss that does not come apart by sample.
  struct Whole: Loss {
    typealias Options = NoOptions
    static let about = About("whole", "The squared mean of the outputs")
    init(_ options: NoOptions, for target: TargetSpecification, in scope: Scope) throws {}
    init() {}
    func callAsFunction(_ pass: Pass, _ context: inout Context) -> Tensor { pass.prediction.output.mean().squared() }
  }

  private let scope = Scope(seed: 5)
  private let fusion: AttentionFusion
  private let features: [Features]
  private let answers = [Int32(0), 1]

  init() throws {
    let modalities = [Modality("q", .vector, width: 3), Modality("v", .sequence, width: 3)]
    fusion = try AttentionFusion(
      .init(form: .questionGuided, width: 0, score: .bilinear, mode: .hard), joining: modalities, in: scope["fusion"])
    var stream = RandomStream(seed: 2, .sampling, path: "features")
    features = [Features(stream.normal([2, 3], deviation: 0.6)), Features(stream.normal([2, 2, 3], deviation: 0.6))]
  }

  private func pass(step: Int) -> (Pass, Context) {
    var context = Context.training(seed: 1, step: step)
    let fused = fusion(features, &context)
    // [2, 2], some function of choice and question
    let output = fused.values.slice(1, 0..<2) * fused.values.slice(1, 3..<5)
    let batch = Batch(inputs: [:], target: .classes(answers), samples: [0, 1])
    return (Pass(batch: batch, modalities: [], encoded: [], fused: fused, prediction: Prediction(output)), context)
  }

  /// A step of the random stream for each of the four ways to choose.
  private func ways() throws -> [Int] {
    var found: [[Float]: Int] = [:]
    for step in 0..<1000 {
      let (pass, _) = pass(step: step)
      found[pass.fused.values.elements] = found[pass.fused.values.elements] ?? step
    }
    try #require(found.count == 4)
    return found.values.sorted()
  }

  private func probability(_ pass: Pass) -> Double {
    Double(pass.fused.logProbability!.sum().exp().scalar)
  }

  /// Σ over the ways of p · gradient, and the same expectation of the loss by central differences.
  private func gradients(_ loss: any Loss, of objective: (Tensor, Pass, any Loss) -> Tensor) throws -> (
    [Double], [Double]
  ) {
    let ways = try ways()
    let weight = scope.store.parameters[0]
    var expected = [Double](repeating: 0, count: weight.count)
    for way in ways {
      var (pass, context) = pass(step: way)
      let value = loss(pass, &context)
      let result = objective(value, pass, loss)
      guard result.isRecorded else { continue }  // the loss alone does not depend on the weight but through the choice
      let gradient = result.gradients()[weight]
      for place in expected.indices { expected[place] += probability(pass) * Double(gradient?.elements[place] ?? 0) }
    }
    func expectedLoss() -> Double {
      ways.reduce(0) { sum, way in
        var (pass, context) = pass(step: way)
        return sum + probability(pass) * Double(loss(pass, &context).scalar)
      }
    }
    let start = weight.value.copy()
    let differences = (0..<weight.count).map { place in
      let h: Float = 0.02
      let sides = [h, -h].map { change in
        let moved = start.copy()
        moved.pointer[place] += change
        weight.assign(moved)
        return expectedLoss()
      }
      weight.assign(start)
      return (sides[0] - sides[1]) / Double(2 * h)
    }
    return (expected, differences)
  }

  private func distance(_ pair: ([Double], [Double])) -> Double {
    let size = pair.1.map(abs).max() ?? 0
    return zip(pair.0, pair.1).map { abs($0 - $1) }.max()! / size
  }

  @Test(arguments: [[], [1, 3]])
  func `the expected gradient is the gradient of the expected loss`(_ weights: [Double]) throws {
    let loss = try CrossEntropyLoss(
      .init(smoothing: 0, weights: weights), for: .classes(["a", "b"]), in: Scope(seed: 1))
    #expect(distance(try gradients(loss, of: objective)) < 2e-3)
  }

  @Test func `also for a loss that does not come apart by sample`() throws {
    #expect(distance(try gradients(Whole(), of: objective)) < 2e-3)
  }

  @Test func `without the term, or with a baseline that sees the sample's own choice, it is not`() throws {
    let loss = try CrossEntropyLoss(.init(), for: .classes(["a", "b"]), in: Scope(seed: 1))
    #expect(distance(try gradients(loss) { value, _, _ in value }) > 0.1)
    let own = try gradients(loss) { value, pass, loss in
      let values = loss.samples(pass)!.values
      let mean = (values[0] + values[1]) / 2
      return value + (Tensor(values.map { Float(($0 - mean) / 2) }) * pass.fused.logProbability!).sum()
    }
    #expect(distance(own) > 0.1)
  }

  @Test func `the baseline makes the gradient vary less from choice to choice`() throws {
    let loss = try CrossEntropyLoss(.init(), for: .classes(["a", "b"]), in: Scope(seed: 1))
    let weight = scope.store.parameters[0]
    func spread(_ objective: (Tensor, Pass, any Loss) -> Tensor) throws -> Double {
      var (mean, square) = ([Double](repeating: 0, count: weight.count), 0.0)
      for way in try ways() {
        var (pass, context) = pass(step: way)
        let value = loss(pass, &context)
        let gradient = objective(value, pass, loss).gradients()[weight]!.elements.map(Double.init)
        let p = probability(pass)
        for place in mean.indices { mean[place] += p * gradient[place] }
        square += p * gradient.reduce(0) { $0 + $1 * $1 }
      }
      return square - mean.reduce(0) { $0 + $1 * $1 }
    }
    let bare = try spread { value, pass, loss in
      value + (Tensor(loss.samples(pass)!.values.map { Float($0 / 2) }) * pass.fused.logProbability!).sum()
    }
    #expect(try spread(objective) < bare)
  }

  @Test func `a fusion that does not choose is trained on its loss alone`() {
    let value = Tensor([1.5], [])
    let batch = Batch(inputs: [:], target: .classes([0]), samples: [0])
    let pass = Pass(
      batch: batch, modalities: [], encoded: [], fused: Fused(.ones([1, 1])), prediction: Prediction(.ones([1, 1])))
    #expect(objective(value, pass, Whole()).pointer == value.pointer)
  }
}
