import BraidTensor
import BraidTesting
import Testing

@Suite struct LayerNormTests {
  private func results(_ fixture: Fixture) throws -> [(name: String, tensor: Tensor?)] {
    let tape = Tape()
    let x = tape.watch(try fixture.tensor("input.x"))
    let residual = try fixture.optional("input.residual").map { tape.watch($0) }
    let gain = try fixture.optional("parameter.gain").map { tape.watch($0) }
    let bias = try fixture.optional("parameter.bias").map { tape.watch($0) }
    let y = layerNorm(x, gain, bias, adding: residual)
    let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [("output", y), ("gradient.input.x", gradients[x])]
    if let residual { found.append(("gradient.input.residual", gradients[residual])) }
    if let gain { found.append(("gradient.parameter.gain", gradients[gain])) }
    if let bias { found.append(("gradient.parameter.bias", gradients[bias])) }
    return found
  }

  @Test(arguments: [
    "plain", "bare", "gain-only", "bias-only", "residual", "residual-bare", "wide", "far-from-zero", "large",
  ])
  func `output and all gradients are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("normalization/layer-\(name)")
    #expect(try fixture.violations(results(fixture)) == [])
  }

  @Test func `the comparison sees another epsilon and a forgotten residual`() throws {  // negative controls
    let fixture = try Fixture("normalization/layer-residual")
    let x = try fixture.tensor("input.x")
    let residual = try fixture.tensor("input.residual")
    let gain = try fixture.tensor("parameter.gain")
    let bias = try fixture.tensor("parameter.bias")
    #expect(try fixture.violations([("output", layerNorm(x, gain, bias))]).count == 1)
    #expect(try fixture.violations([("output", layerNorm(x, gain, bias, epsilon: 1e-4, adding: residual))]).count == 1)
    #expect(try fixture.violations([("output", layerNorm(x, gain, bias, adding: residual))]) == [])
  }

  @Test func `a row has mean 0 and variance 1, worked by hand`() throws {
    // 1, 3: mean 2, variance 1; 1 / √(1 + 10⁻⁵) = 0.999995
    try expectClose(layerNorm(Tensor([1, 3], [1, 2]), nil, nil), [-0.999995, 0.999995])
    // gain 2, 10, bias 5, 7
    try expectClose(layerNorm(Tensor([1, 3], [1, 2]), Tensor([2, 10]), Tensor([5, 7])), [3.00001, 16.99995])
  }

  @Test(arguments: [0, 0.1, 1e4, -1e4, 12345.678, 3e-30] as [Float])
  func `a constant row normalises to exactly 0`(_ value: Float) {
    for width in [1, 7, 300] {
      let tape = Tape()
      let x = tape.watch(Tensor(repeating: value, Shape(3, width)))
      let y = layerNorm(x, nil, Tensor(repeating: 0.5, Shape(width)))
      #expect(y.elements == Array(repeating: 0.5, count: 3 * width))
      #expect(y.gradients()[x]?.isFinite == true)
    }
  }

  @Test func `a row of one feature is its bias, and nothing depends on it`() {
    let tape = Tape()
    let x = tape.watch(Tensor([0.3, -7, 1e4], [3, 1]))
    let gain = tape.watch(Tensor([2]))
    let bias = tape.watch(Tensor([5]))
    let y = layerNorm(x, gain, bias)
    #expect(y.elements == [5, 5, 5])
    let gradients = y.gradients(upstream: Tensor([1, 2, 4], [3, 1]))
    #expect(gradients[x]?.elements == [0, 0, 0])
    #expect(gradients[gain]?.elements == [0])
    #expect(gradients[bias]?.elements == [7])
  }

  @Test func `only wanted gradients are computed, and shares of one tensor add up`() throws {
    let x = Tensor([1, 2, 4, 8], [2, 2])
    let upstream = Tensor([1, 0, 0, 3], [2, 2])
    let tape = Tape()
    let gain = tape.watch(Tensor([2, 3]))
    let only = layerNorm(x, gain, nil).gradients(upstream: upstream)
    // h = −1, 1 in both rows (variance ¼ and 4 against 10⁻⁵): Σ g h = −1, 3
    try expectClose(try #require(only[gain]), [-1, 3], 5e-5)
    // x as its own residual: s = 2 x, so dx = 2 ds
    let twice = Tape()
    let once = Tape()
    let (a, b) = (twice.watch(x), once.watch(Tensor([2, 4, 8, 16], [2, 2])))
    let both = try #require(layerNorm(a, nil, nil, adding: a).gradients(upstream: upstream)[a])
    let single = try #require(layerNorm(b, nil, nil).gradients(upstream: upstream)[b])
    try expectClose(both, single.elements.map { 2 * Double($0) })
    // only the residual is recorded
    let late = Tape()
    let residual = late.watch(x)
    let gradients = layerNorm(x, nil, nil, adding: residual).gradients(upstream: upstream)
    try expectClose(try #require(gradients[residual]), single.elements.map(Double.init))
  }

  /// Widths of every vector the processor may have, and of none, and those whose rows stay in registers; rows enough for three blocks of sums.
  @Test(arguments: [5, 12, 24, 32, 48, 64, 128], [false, true])
  func `every width and many rows give what the equations say in double precision`(_ width: Int, _ isAdded: Bool) throws
  {
    var stream = RandomStream(seed: 5, .sampling)
    let rows = 150, upstream = stream.normal([rows, width])
    let tape = Tape()
    let (x, gain, bias) = (
      tape.watch(stream.normal([rows, width])), tape.watch(stream.normal([width])), tape.watch(stream.normal([width]))
    )
    let residual = isAdded ? stream.normal([rows, width]) : nil
    let output = layerNorm(x, gain, bias, adding: residual)
    let gradients = output.gradients(upstream: upstream)
    var (y, gx) = ([Double](), [Double]())
    var (gainSums, biasSums) = ([Double](repeating: 0, count: width), [Double](repeating: 0, count: width))
    for row in 0..<rows {
      let at = row * width..<(row + 1) * width
      let s = at.map { Double(x.elements[$0]) + Double(residual?.elements[$0] ?? 0) }
      let g = at.map { Double(upstream.elements[$0]) }
      let mean = s.reduce(0, +) / Double(width)
      let variance = s.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(width)
      let scale = 1 / (variance + Double(Float(1e-5))).squareRoot()
      let h = s.map { ($0 - mean) * scale }, v = zip(g, gain.elements).map { $0 * Double($1) }
      let a = v.reduce(0, +) / Double(width), b = zip(v, h).reduce(0) { $0 + $1.0 * $1.1 } / Double(width)
      for c in 0..<width {
        y.append(h[c] * Double(gain.elements[c]) + Double(bias.elements[c]))
        gx.append((v[c] - a - h[c] * b) * scale)
        gainSums[c] += g[c] * h[c]
        biasSums[c] += g[c]
      }
    }
    try expectClose(output, y, 1e-5)
    try expectClose(try #require(gradients[x]), gx, 1e-5)
    try expectClose(try #require(gradients[gain]), gainSums, 1e-5)
    try expectClose(try #require(gradients[bias]), biasSums, 1e-5)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 4, .sampling)
    let inputs: [(name: String, tensor: Tensor)] = [
      ("x", stream.normal([3, 5])), ("residual", stream.normal([3, 5])), ("gain", stream.normal([5])),
      ("bias", stream.normal([5])),
    ]
    let check = checkGradients(inputs: inputs) { t, _ in layerNorm(t[0], t[2], t[3], adding: t[1]) }
    #expect(check.violations == [])
    #expect(check.count == 40)
  }

  @Test func `shapes that do not fit stop with every shape`() async {
    let gain = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = layerNorm(.zeros([2, 3]), .ones([4]), nil)
    }
    #expect(gain.message.contains("layerNorm: gain of shape [4] for input [2, 3]; expected [3]"))
    let residual = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = layerNorm(.zeros([2, 3]), nil, nil, adding: .zeros([3]))
    }
    #expect(residual.message.contains("layerNorm: residual of shape [3] for input [2, 3]; expected equal shapes"))
  }
}

@Suite struct BatchNormTests {
  private func results(_ fixture: Fixture, isTraining: Bool) throws -> [(name: String, tensor: Tensor?)] {
    let tape = Tape()
    let x = tape.watch(try fixture.tensor("input.x"))
    let gain = try fixture.optional("parameter.gain").map { tape.watch($0) }
    let bias = try fixture.optional("parameter.bias").map { tape.watch($0) }
    var found: [(String, Tensor?)] = []
    let y: Tensor
    if isTraining {
      let result = batchNorm(x, gain, bias)
      y = result.output
      found = [("extra.mean", result.mean), ("extra.variance", result.variance)]
      #expect(!result.mean.isRecorded && !result.variance.isRecorded)
    } else {
      y = batchNorm(
        x, gain, bias, mean: try fixture.tensor("input.mean"), variance: try fixture.tensor("input.variance"))
    }
    let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
    found += [("output", y), ("gradient.input.x", gradients[x])]
    if let gain { found.append(("gradient.parameter.gain", gradients[gain])) }
    if let bias { found.append(("gradient.parameter.bias", gradients[bias])) }
    return found
  }

  @Test(arguments: ["vectors", "images", "sequences", "bare", "pair"])
  func `training: output, statistics and all gradients are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("normalization/batch-\(name)")
    #expect(try fixture.violations(results(fixture, isTraining: true)) == [])
  }

  @Test(arguments: ["evaluation", "evaluation-vector"])
  func `evaluation: output and all gradients are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("normalization/batch-\(name)")
    #expect(try fixture.violations(results(fixture, isTraining: false)) == [])
  }

  @Test func `the comparison sees the other form`() throws {  // negative control
    let fixture = try Fixture("normalization/batch-evaluation")
    let x = try fixture.tensor("input.x")
    let y = batchNorm(x, try fixture.tensor("parameter.gain"), try fixture.tensor("parameter.bias")).output
    #expect(try fixture.violations([("output", y)]).count == 1)
  }

  @Test func `a constant channel normalises to exactly 0, however far from it`() {
    let y = batchNorm(Tensor([1e4, 0.1, 1e4, 0.1, 1e4, 0.1], [3, 2]), nil, nil)
    #expect(y.output.elements == [0, 0, 0, 0, 0, 0])
    #expect(y.variance.elements == [0, 0])
    let planes = batchNorm(Tensor(repeating: 12345.678, [2, 3, 5, 7]), nil, nil)
    #expect(planes.output.elements == Array(repeating: 0, count: 210))
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 4, .sampling)
    let inputs: [(name: String, tensor: Tensor)] = [
      ("x", stream.normal([2, 3, 2, 2])), ("gain", stream.normal([3])), ("bias", stream.normal([3])),
    ]
    let check = checkGradients(inputs: inputs) { tensors, _ in batchNorm(tensors[0], tensors[1], tensors[2]).output }
    #expect(check.violations == [])
    #expect(check.count == 30)
  }

  @Test func `one element a channel has no variance, and stops`() async {
    let one = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = batchNorm(.zeros([1, 4]), nil, nil)
    }
    #expect(
      one.message.contains(
        "batchNorm: input of shape [1, 4] has 1 element a channel; training statistics need at least 2"))
    let mean = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = batchNorm(.zeros([3, 4]), nil, nil, mean: .zeros([3]), variance: .ones([4]))
    }
    #expect(
      mean.message.contains(
        "batchNorm: mean of shape [3] and variance [4] for the 4 channels of [3, 4]; expected [4] twice"))
  }
}
