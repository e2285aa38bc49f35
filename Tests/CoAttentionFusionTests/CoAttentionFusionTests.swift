import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import CoAttentionFusion
import Testing

@Suite struct CoAttentionFusionTests {
  /// Every way the options can be set that computes something else.
  static let variants: [CoAttentionFusion.Options] = [
    CoAttentionFusion.Options(width: 4, steps: 2), .init(width: 0, steps: 2, update: .residual, contextLayer: false),
    .init(width: 4, steps: 1, update: .residual), .init(width: 4, steps: 2, contextLayer: false, tied: false),
    .init(width: 3, steps: 2, update: .gru), .init(width: 3, steps: 2, update: .mlp, tied: false),
    .init(width: 4, steps: 2, maps: .shared),
  ]

  @Test(arguments: FusionCheck.all, variants)
  func `co-attention keeps what every fusion promises`(_ check: FusionCheck, _ options: CoAttentionFusion.Options)
    throws
  {
    try check(CoAttentionFusion.self, options)
  }

  @Test(arguments: try Fixture.cases("fusions/co-attention"))
  func `outputs, extras and all gradients agree with the equations in PyTorch`(_ name: String) throws {
    #expect(try Fixture(name).violations(of: CoAttentionFusion.self) == [])
  }

  @Test func `no fixture is missing, and other options do not agree with one`() throws {
    #expect(
      try Fixture.cases("fusions/co-attention").map { $0.split(separator: "/").last.map(String.init) } == [
        "bench", "definition", "definition-absent", "gru-absent", "mlp-absent",
        "one-step", "residual-absent", "shared", "shared-absent", "untied-gru",
        "untied-three",
      ])
    #expect(
      try Fixture("fusions/co-attention/bench").violations(of: CoAttentionFusion.self, settings: ["steps": .integer(2)])
        != [])
    #expect(
      try Fixture("fusions/co-attention/shared").violations(
        of: CoAttentionFusion.self, settings: ["maps": .text("separate")]) != [])
  }

  @Test func `every step exports a map for each direction and how far it moved, when asked`() throws {
    let modalities = [Modality("q", .sequence, width: 3), Modality("v", .sequence, width: 3)]
    let fusion = try CoAttentionFusion(.init(width: 4, steps: 2), joining: modalities, in: Scope(seed: 1))
    var stream = RandomStream(seed: 2, .sampling)
    let features = [Features(stream.normal([5, 2, 3])), Features(stream.normal([5, 7, 3]))]
    var unwatched = Context.evaluation()
    var evaluation = Context.evaluation(exportingExtras: true)
    var training = Context.training(seed: 1, step: 0)
    let extras = fusion(features, &evaluation).extras
    #expect(
      extras.keys.sorted() == [
        "attention.q.v.1", "attention.q.v.2", "attention.v.q.1", "attention.v.q.2", "change.1", "change.2",
      ])
    #expect(extras["attention.q.v.2"]?.shape == [5, 2, 7])
    #expect(extras["change.1"]?.shape == [5])
    #expect(fusion(features, &training).extras.isEmpty)
    #expect(fusion(features, &unwatched).extras.isEmpty)
  }

  @Test func `untied steps have weights of their own`() throws {
    let modalities = [Modality("q", .sequence, width: 3), Modality("v", .sequence, width: 3)]
    func count(_ tied: Bool) throws -> Int {
      let scope = Scope(seed: 1)
      _ = try CoAttentionFusion(.init(width: 4, steps: 3, tied: tied), joining: modalities, in: scope)
      return scope.store.count
    }
    // projections 2 (3·4 + 4) = 32; an update of both 2 (4·4 + 4 + 2·4) = 56
    #expect(try count(true) == 32 + 56)
    #expect(try count(false) == 32 + 3 * 56)
  }

  @Test func `one modality alone is refused`() {
    #expect(throws: SetupError("co-attention: joins two or more modalities; got q 3.")) {
      try CoAttentionFusion(.init(), joining: [Modality("q", .sequence, width: 3)], in: Scope(seed: 1))
    }
  }
}
