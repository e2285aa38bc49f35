import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// What convolutions by minimal filtering promise beyond their values, which `ConvolutionTests` has.
@Suite struct FilteredConvolutionTests {
  /// Cases that go by minimal filtering, in several parts a sample and several samples a part: x and weight.
  private static let sizes: [(Shape, Shape)] = [
    ([3, 17, 12, 11], [19, 17, 3, 3]), ([3, 17, 12, 11], [19, 17, 5, 5]), ([5, 16, 8, 9], [32, 16, 5, 5]),
    ([5, 32, 8, 8], [16, 32, 3, 3]),
  ]

  /// The same sums one channel at a time, which are too few to be filtered: the definition's own arithmetic.
  private func directly(_ x: Tensor, _ weight: Tensor) -> Tensor {
    let ones = Array(repeating: 1, count: x.shape[1])
    let terms = zip(x.split(1, ones), weight.split(1, ones)).map { conv2d($0, $1, nil, padding: (1, 1)) }
    return terms.dropFirst().reduce(terms[0]) { $0 + $1 }
  }

  /// Values of one kind: a number, which kind of nothing, or which infinity.
  private func kinds(_ tensor: Tensor) -> [String] {
    tensor.elements.map { $0.isNaN ? "NaN" : $0.isInfinite ? "\($0)" : "number" }
  }

  @Test(arguments: sizes.indices, [Float.infinity, -.infinity, .nan, 3e38])
  func `what is not finite reaches what the definition lets it reach, as what it makes of it`(
    _ index: Int, _ value: Float
  ) throws {
    let (shape, window) = Self.sizes[index]
    var stream = RandomStream(seed: 21, .sampling)
    let x = stream.normal(shape), weight = stream.normal(window, deviation: 0.1)
    // one pixel in the second sample, beside one of a tile's edges; others stay finite
    let pixels = shape[2] * shape[3]
    let first = pixels * shape[1] + 3 * shape[3] + 4
    for at in [first, first + 2 * pixels + 1] { x.pointer[at] = value }
    func results(_ convolution: (Tensor, Tensor) -> Tensor) -> [Tensor] {
      let tape = Tape()
      let (leafX, leafW) = (tape.watch(x.detached), tape.watch(weight.detached))
      let y = convolution(leafX, leafW)
      let gradients = y.gradients(upstream: Tensor(repeating: 0.5, y.shape))
      return [y, gradients[leafX]!, gradients[leafW]!]
    }
    let found = results { conv2d($0, $1, nil, padding: (1, 1)) }
    let expected = results(directly)
    for (a, b) in zip(found, expected) { #expect(kinds(a) == kinds(b)) }
    // the samples beside it have the numbers they have alone
    let alone = x.split(0, Array(repeating: 1, count: shape[0]))
    let y = found[0].split(0, Array(repeating: 1, count: shape[0]))
    for (sample, result) in zip(alone, y) {
      #expect(same(conv2d(sample, weight, nil, padding: (1, 1)), result))
    }
    #expect(y[0].isFinite && y[1].isFinite == value.isFinite)
  }

  @Test(arguments: sizes.indices) func `an upstream that is not finite is treated alike`(_ index: Int) {
    let (shape, window) = Self.sizes[index]
    var stream = RandomStream(seed: 22, .sampling)
    let x = stream.normal(shape), weight = stream.normal(window, deviation: 0.1)
    func gradients(_ convolution: (Tensor, Tensor) -> Tensor) -> [Tensor] {
      let tape = Tape()
      let (leafX, leafW) = (tape.watch(x.detached), tape.watch(weight.detached))
      let y = convolution(leafX, leafW)
      let upstream = Tensor(repeating: 0.5, y.shape)
      upstream.pointer[y.count / 2] = .infinity
      let gradients = y.gradients(upstream: upstream)
      return [gradients[leafX]!, gradients[leafW]!]
    }
    let found = gradients { conv2d($0, $1, nil, padding: (1, 1)) }
    for (a, b) in zip(found, gradients(directly)) { #expect(kinds(a) == kinds(b)) }
  }

  @Test(arguments: sizes.indices) func `ReLU does not hide what was not finite`(_ index: Int) {
    // minus infinity where mathematics has plus infinity, or a number, would be 0
    let (shape, window) = Self.sizes[index]
    let x = Tensor(repeating: 2e38, shape)
    for at in 0..<x.count where at % 3 == 0 { x.pointer[at] = -2e38 }
    let weight = Tensor(repeating: 1e-4, window)
    let y = conv2d(x, weight, nil, padding: (1, 1), activation: .relu)
    for (a, b) in zip(y.elements, directly(x, weight).relu().elements) {
      #expect(abs(a - b) <= 2e38 * 1e-5, "\(a) is not \(b)")
    }
  }

  @Test(arguments: sizes.indices) func `a sample's result does not depend on its neighbours`(_ index: Int) {
    let (shape, window) = Self.sizes[index]
    var stream = RandomStream(seed: 23, .sampling)
    let x = stream.normal(shape), weight = stream.normal(window)
    let ones = Array(repeating: 1, count: shape[0])
    let whole = conv2d(x, weight, nil, padding: (2, 1)).split(0, ones)
    for (sample, result) in zip(x.split(0, ones), whole) {
      #expect(same(conv2d(sample, weight, nil, padding: (2, 1)), result))
    }
  }

  private func same(_ a: Tensor, _ b: Tensor) -> Bool {
    zip(a.elements, b.elements).allSatisfy { $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN }
  }

  @Test(arguments: sizes.indices) func `gradients are added to what is there`(_ index: Int) throws {
    let (shape, window) = Self.sizes[index]
    var stream = RandomStream(seed: 24, .sampling)
    let x = stream.normal(shape), weight = stream.normal(window)
    func gradients(times: Int) throws -> [Tensor] {
      let tape = Tape()
      let (leafX, leafW) = (tape.watch(x.detached), tape.watch(weight.detached))
      var y = conv2d(leafX, leafW, nil)
      if times == 2 { y = y + conv2d(leafX, leafW, nil) }
      let found = y.gradients(upstream: Tensor(repeating: 0.5, y.shape))
      return [try #require(found[leafX]), try #require(found[leafW])]
    }
    for (twice, once) in zip(try gradients(times: 2), try gradients(times: 1)) {
      #expect(twice.elements == once.elements.map { 2 * $0 })
    }
  }

  @Test func `the derivative agrees with differences`() {
    var stream = RandomStream(seed: 25, .sampling)
    for window in [3, 5] {
      let inputs: [(name: String, tensor: Tensor)] = [
        ("x", stream.normal([1, 16, 8, 7])), ("weight", stream.normal(Shape(16, 16, window, window), deviation: 0.1)),
        ("bias", stream.normal([16])),
      ]
      let check = checkGradients(inputs: inputs, step: 1e-2) { tensors, _ in
        conv2d(tensors[0], tensors[1], tensors[2], padding: (window / 2, window / 2))
      }
      #expect(check.violations == [])
      #expect(check.count > 60)
    }
  }
}
