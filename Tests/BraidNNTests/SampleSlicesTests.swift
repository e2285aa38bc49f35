import BraidNN
import BraidTensor
import Testing

@Suite struct `Sample slices` {
  /// How often a part is called for a batch, and for which samples.
  private func slices(
    _ batch: Int, floats: Int, weights: Int = 0, threads: Int = 1, in context: Context = .evaluation(),
    _ more: Tensor? = nil
  ) -> (ranges: [Range<Int>], result: [Float]) {
    var context = context
    var ranges: [Range<Int>] = []
    let x = Tensor((0..<batch * 2).map { Float($0) }, [batch, 2])
    var inputs = Few(CollectionOfOne(x))
    if let more { inputs.append(more) }
    let y = Threads.with(threads) {
      context.inSlices(of: inputs, floats: floats, weights: weights) { samples, _ in
        ranges.append(samples)
        return x.slice(0, samples) * 10
      }
    }
    #expect(y.shape == [batch, 2])
    return (ranges, y.elements)
  }

  private let whole = (0..<14).map { Float($0) * 10 }

  @Test func `are nearly equal parts of the batch, in order, and their results stand in that order`() {
    let (ranges, result) = slices(7, floats: 192 << 9)  // two together
    #expect(ranges == [0..<1, 1..<3, 3..<5, 5..<7])
    #expect(result == whole)
  }

  @Test func `grow with the threads, and are of one sample where that alone is more than the cache holds`() {
    #expect(slices(7, floats: 192 << 9, threads: 3).ranges == [0..<3, 3..<7])
    #expect(slices(3, floats: 1 << 40).ranges == [0..<1, 1..<2, 2..<3])
  }

  @Test func `are of so many samples that reading the weights for each costs no more than their values`() {
    #expect(slices(7, floats: 192 << 9, weights: 3 * 192 << 9).ranges == [0..<2, 2..<4, 4..<7])
    #expect(slices(7, floats: 192 << 9, weights: 7 * 192 << 9).ranges == [0..<7])
  }

  @Test func `are not made of a batch that fits, of none, of parts that hold nothing`() {
    #expect(slices(2, floats: 192 << 9).ranges == [0..<2])
    #expect(slices(0, floats: 192 << 9).ranges == [0..<0])
    #expect(slices(7, floats: 0).ranges == [0..<7])
  }

  @Test func `are not made in training, nor where gradients are recorded, here or by another tape`() {
    #expect(slices(7, floats: 192 << 10, in: .training(seed: 1, step: 1)).ranges == [0..<7])
    #expect(slices(7, floats: 192 << 10, in: .evaluation(recording: true)).ranges == [0..<7])
    let tape = Tape()
    let recorded = tape.watch(.ones([7, 2]))
    #expect(slices(7, floats: 192 << 10, recorded).ranges == [0..<7])
    withExtendedLifetime(tape) {}
  }

  /// Sizes of which some twenty samples are worked on together.
  private static let (batch, time, sourceTime, width) = (45, 40, 11, 32)

  /// The same bits where the products are our own kernels', which sum in one order whatever the number of rows.
  private func agree(_ a: [Float], _ b: [Float]) -> Bool {
    #if arch(x86_64)
      return a == b
    #else
      return a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 }
    #endif
  }

  private static func mask(_ shape: Shape, _ seed: UInt64) -> Tensor {
    var stream = RandomStream(seed: seed, .sampling)
    let draws = stream.uniform(shape)
    return Tensor(draws.elements.map { $0 < 0.7 ? 1 : 0 }, shape)
  }

  @Test(arguments: [false, true], ["none", "shared", "own"])
  func `give an encoder layer's results the bits they have in one piece`(_ isPreNorm: Bool, _ masks: String) {
    let (batch, time, width) = (Self.batch, Self.time, Self.width)
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = TransformerEncoderLayer(width, heads: 4, isPreNorm: isPreNorm, in: scope)
    var stream = RandomStream(seed: 2, .sampling)
    let x = stream.normal([batch, time, width])
    let steps = masks == "none" ? nil : Self.mask([batch, time], 3)
    let places = masks == "none" ? nil : Self.mask(masks == "own" ? [batch, time, time] : [time, time], 4)
    func result(_ context: Context) -> [Float] {
      var context = context
      return Threads.with(1) {
        layer(x, steps: steps, attentionMask: places, isCausal: true, &context).elements
      }
    }
    // where gradients are recorded the layer gets all samples at once
    #expect(agree(result(.evaluation()), result(.evaluation(recording: true))))
  }

  @Test(arguments: [false, true], ["none", "shared", "own"])
  func `give a decoder layer's results the bits they have in one piece`(_ isPreNorm: Bool, _ masks: String) {
    let (batch, time, sourceTime, width) = (Self.batch, Self.time, Self.sourceTime, Self.width)
    let scope = Scope(seed: 1)
    defer { withExtendedLifetime(scope) {} }
    let layer = TransformerDecoderLayer(width, heads: 4, sourceWidth: 7, isPreNorm: isPreNorm, in: scope)
    var stream = RandomStream(seed: 2, .sampling)
    let x = stream.normal([batch, time, width]), source = stream.normal([batch, sourceTime, 7])
    let isMasked = masks != "none", isOwn = masks == "own"
    let steps = isMasked ? Self.mask([batch, time], 3) : nil
    let sourceSteps = isMasked ? Self.mask([batch, sourceTime], 4) : nil
    let places = isMasked ? Self.mask(isOwn ? [batch, time, time] : [time, time], 5) : nil
    let sourcePlaces = isMasked ? Self.mask(isOwn ? [batch, time, sourceTime] : [time, sourceTime], 6) : nil
    func result(_ context: Context) -> [Float] {
      var context = context
      return Threads.with(1) {
        layer(
          x, attendingTo: source, steps: steps, sourceSteps: sourceSteps, attentionMask: places,
          sourceMask: sourcePlaces, &context
        ).elements
      }
    }
    #expect(agree(result(.evaluation()), result(.evaluation(recording: true))))
  }

  private static let wrong: [@Sendable (inout Context) -> Tensor] = [
    { layer(&$0, steps: .ones([44, 40])) },
    { layer(&$0, places: .ones([39, 40])) },
    { layer(&$0, places: .ones([44, 40, 40])) },
  ]
  private static let sentences = [
    "attention.key.weight: a key mask of shape [44, 40] for a source of shape [45, 40, 32]; give it [45, 40]",
    "attention.key.weight: an attention mask of shape [39, 40] for an input of shape [45, 40, 32] and a source of shape "
      + "[45, 40, 32]; give it [40, 40] or [45, 40, 40]",
    "attention.key.weight: an attention mask of shape [44, 40, 40] for an input of shape [45, 40, 32] and a source of "
      + "shape [45, 40, 32]; give it [40, 40] or [45, 40, 40]",
  ]
  private static func layer(_ context: inout Context, steps: Tensor? = nil, places: Tensor? = nil) -> Tensor {
    let layer = TransformerEncoderLayer(32, heads: 4, in: Scope(seed: 1))
    return layer(.zeros([45, 40, 32]), steps: steps, attentionMask: places, &context)
  }

  @Test(arguments: 0..<3) func `leave it to attention to say which mask does not fit the whole batch`(
    _ number: Int
  ) async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) { [number] in
      var context = Context.evaluation()
      _ = Self.wrong[number](&context)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(message.contains(Self.sentences[number]), "\(message)")
  }
}
