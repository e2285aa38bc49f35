import BraidTensor
import BraidTesting
import Testing

/// Distance of a number from the exact one, in units of the last place of the exact one.
private func ulps(_ found: Float, _ exact: Double) -> Double {
  let unit = max(Double(Float(exact).ulp), Double(Float.leastNonzeroMagnitude))
  return abs(Double(found) - exact) / unit
}

private func worst(_ numbers: [Float], _ found: Tensor, _ exact: (Double) -> Double) -> Double {
  zip(numbers, found.elements).map { ulps($1, exact(Double($0))) }.max() ?? .infinity
}

/// exp, tanh and the rest from Swift's standard operations only: power series after halving.
private func exp(_ x: Double) -> Double {
  if x < 0 { return 1 / exp(-x) }
  let halvings = 12
  let r = x / Double(1 << halvings)
  var term = 1.0, sum = 0.0  // e^r − 1, kept apart from 1 so that squaring loses nothing
  for k in 1...12 {
    term *= r / Double(k)
    sum += term
  }
  for _ in 0..<halvings { sum = sum * (sum + 2) }
  return sum + 1
}
private func sigmoid(_ x: Double) -> Double { x < 0 ? exp(x) / (1 + exp(x)) : 1 / (1 + exp(-x)) }
private func tanh(_ x: Double) -> Double {
  if abs(x) < 0.1 {  // x − x³/3 + 2x⁵/15 − 17x⁷/315 + 62x⁹/2835
    let s = x * x
    return x * (1 + s * (-1 / 3 + s * (2 / 15 + s * (-17 / 315 + s * 62 / 2835))))
  }
  return abs(x) > 20 ? (x < 0 ? -1 : 1) : 1 - 2 / (exp(2 * x) + 1)
}

@Suite struct `Element-wise functions at the ends of their range` {
  let dense: [Float] = (0..<40_001).map { Float($0 - 20_000) * 5e-3 }  // −100 … 100
  let small: [Float] = (0..<2_000).flatMap { index in
    let x = Float(sign: .plus, exponent: -(index / 20), significand: 1 + Float(index % 20) / 20)
    return [x, -x]
  }  // down to 1e-30

  @Test func `exp is within 2 units of the last place, from the subnormals to the largest`() {
    let numbers = dense.filter { $0 < 88.7 && $0 > -87 } + small
    #expect(worst(numbers, Tensor(numbers).exp(), exp) < 2)
    let subnormal = dense.filter { $0 <= -87 }
    #expect(worst(subnormal, Tensor(subnormal).exp(), exp) < 2)
  }

  @Test func `sigmoid and tanh are within 4 units of the last place`() {
    let numbers = dense.filter { abs($0) < 87 } + small
    #expect(worst(numbers, Tensor(numbers).sigmoid(), sigmoid) < 4)
    #expect(worst(numbers, Tensor(numbers).tanh(), tanh) < 4)
    // negative control: the neighbouring function is not within them
    #expect(worst(numbers, Tensor(numbers).sigmoid(), tanh) > 4)
  }

  @Test func `sigmoid goes to 0 where its exponential leaves the range of numbers`() {
    let y = Tensor(dense.filter { $0 < -87 }).sigmoid().elements
    #expect(y.allSatisfy { $0 >= 0 && $0 < 2e-38 } && zip(y, y.dropFirst()).allSatisfy { $0 <= $1 })
  }

  @Test func `infinities, huge numbers and NaN`() {
    let x = Tensor([.infinity, -.infinity, 1e4, -1e4, 3e38, -3e38, 0, -0.0])
    #expect(x.exp().elements == [.infinity, 0, .infinity, 0, .infinity, 0, 1, 1])
    #expect(x.sigmoid().elements == [1, 0, 1, 0, 1, 0, 0.5, 0.5])
    #expect(x.tanh().elements == [1, -1, 1, -1, 1, -1, 0, 0])
    #expect(Array(x.softplus().elements[2...5]) == [1e4, 0, 3e38, 0])
    #expect(x.relu().elements == [.infinity, 0, 1e4, 0, 3e38, 0, 0, 0])
    #expect(x.silu().elements == [.infinity, 0, 1e4, 0, 3e38, 0, 0, 0])
    #expect(x.quickGelu().elements == [.infinity, 0, 1e4, 0, 3e38, 0, 0, 0])
    #expect(x.elu().elements == [.infinity, -1, 1e4, -1, 3e38, -1, 0, 0])
    #expect(x.leakyRelu(slope: 0.5).elements == [.infinity, -.infinity, 1e4, -5e3, 3e38, -1.5e38, 0, 0])
    // nothing cancels near 0
    #expect(abs(Tensor([-1e-6]).elu().scalar / -1e-6 - 1) < 1e-6)
    let nan = Tensor([.nan])
    for y in [nan.exp(), maximum(nan, 0 * nan)] + Activation.allCases.map({ $0(nan) }) {
      #expect(y.scalar.isNaN)
    }
    #expect(maximum(nan, Tensor([1])).scalar.isNaN && maximum(Tensor([1]), nan).scalar.isNaN)
  }

  @Test func `derivatives where the function has a kink or a pole`() {
    func slope(_ x: Float, _ f: (Tensor) -> Tensor) -> Float? {
      let tape = Tape()
      let leaf = tape.watch(Tensor([x]))
      return f(leaf).gradients()[leaf]?.scalar
    }
    #expect(slope(0) { $0.signedSquareRoot() } == 0)
    #expect(slope(0) { $0.squareRoot() } == 0)
    #expect(slope(0) { $0.relu() } == 0)
    #expect(slope(0) { $0.absolute() } == 0)
    #expect(slope(0) { $0.leakyRelu(slope: 0.25) } == 0.25)
    #expect(slope(-.infinity) { $0.silu() } == 0 && slope(.infinity) { $0.silu() } == 1)
    #expect(slope(-.infinity) { $0.elu() } == 0 && slope(.infinity) { $0.quickGelu() } == 1)
    #expect(slope(-4) { $0.signedSquareRoot() } == 0.25)
    #expect(slope(1e-30) { $0.signedSquareRoot() }.map { abs($0 / 5e14 - 1) < 1e-6 } == true)
    for x: Float in [-1e4, 1e4, -1e-30, 1e-30] {
      for activation in Activation.allCases { #expect(slope(x) { activation($0) }?.isFinite == true) }
    }
  }
}

@Suite struct `Softmax and losses at the ends of their range` {
  private func gradient(_ x: Tensor, _ f: (Tensor) -> Tensor) -> [Float]? {
    let tape = Tape()
    let leaf = tape.watch(x)
    return f(leaf).gradients()[leaf]?.elements
  }

  @Test func `huge differences give ones and zeros`() {
    let x = Tensor([1e4, -1e4, 0, -.infinity, 0, 0], [2, 3])
    #expect(x.softmax().elements == [1, 0, 0, 0, 0.5, 0.5])
    #expect(gradient(x) { $0.softmax() } == [0, 0, 0, 0, 0, 0])
    let logarithms = x.logSoftmax().elements
    #expect(Array(logarithms[0...3]) == [0, -2e4, -1e4, -.infinity])
    #expect(abs(logarithms[4] + 0.693_147_2) < 1e-6)
    #expect(gradient(x) { $0.logSoftmax() }?.allSatisfy(\.isFinite) == true)
  }

  @Test(arguments: [1, 2, 15, 16, 17, 31, 32, 33, 47, 48, 49, 64, 65, 100])
  func `a row's largest number counts wherever it stands`(_ columns: Int) throws {
    // row r has 1000 at column r and 0 elsewhere: e¹⁰⁰⁰ of one that was passed over would be infinite
    let places = 0..<columns, classes = places.map { Int32($0) }
    let identity = Tensor(places.flatMap { row in places.map { $0 == row ? 1 : 0 } }, Shape(columns, columns))
    let x = identity * 1000
    try expectClose(x.softmax(), identity.elements.map(Double.init), 0)
    try expectClose(x.logSoftmax(), (x - 1000).elements.map(Double.init), 0)
    #expect(crossEntropy(x, classes).scalar == 0)
    #expect(gradient(x) { crossEntropy($0, classes) }?.allSatisfy { $0 == 0 } == true)
    #expect(pairedCrossEntropy(x).scalar == 0)
    guard columns > 1 else { return }
    // a step aside, so that every row's own number is 1000 below its largest
    let aside = x.gathered(places.map { Int32(($0 + 1) % columns) })
    #expect(pairedCrossEntropy(aside).scalar == 1000)
  }

  @Test func `what a mask excludes is 0 whatever it holds`() throws {
    let x = Tensor([.nan, 1, .infinity, 1], [1, 4]), mask = Tensor([0, 1, 0, 1], [1, 4])
    #expect(x.softmax(mask: mask).elements == [0, 0.5, 0, 0.5])
    #expect(gradient(x) { $0.softmax(mask: mask) } == [0, 0, 0, 0])
    let logarithms = x.logSoftmax(mask: mask).elements
    #expect(logarithms[0] == -.infinity && logarithms[2] == -.infinity && abs(logarithms[1] + 0.693_147_2) < 1e-6)
    let fitted = try #require(gradient(x) { $0.logSoftmax(mask: mask).slice(1, 1..<2) })
    try expectClose(Tensor(fitted), [0, 0.5, 0, -0.5])
  }

  @Test func `a row with nothing kept is 0, and so is its gradient`() {
    let x = Tensor([1, 2, 3, 4], [2, 2]), none = Tensor.zeros([2, 1])
    #expect(x.softmax(mask: none).elements == [0, 0, 0, 0])
    #expect(gradient(x) { $0.softmax(mask: none) } == [0, 0, 0, 0])
    #expect(x.logSoftmax(mask: none).elements == Array(repeating: -.infinity, count: 4))
    #expect(gradient(x) { $0.logSoftmax(mask: none) } == [0, 0, 0, 0])
    #expect(x.softmax(mask: .ones([2, 1])).elements == x.softmax().elements)
  }

  @Test func `absent values never leak through a mask of rows`() {
    let x = Tensor([.nan, .infinity, 1, 2], [2, 2])
    #expect(x.scaledRows(Tensor([0, 2])).elements == [0, 0, 2, 4])
    let sequences = Tensor([1, .nan], [1, 2, 1]), steps = Tensor([1, 0], [1, 2])
    #expect(sequences.meanOverSteps(steps).elements == [1])
    #expect(sequences.maximumOverSteps(steps).elements == [1])
    #expect(sequences.lastStep(steps).elements == [1])
    let ones = Tensor.ones([2, 2, 1]), some = Tensor([1, 0, 0, 0], [2, 2])
    let summaries: [(Tensor) -> Tensor] = [
      { $0.meanOverSteps(some) }, { $0.maximumOverSteps(some) }, { $0.lastStep(some) },
    ]
    for summary in summaries {
      let tape = Tape()
      let x = tape.watch(ones)
      let slopes = summary(x).gradients(upstream: Tensor([.infinity, .nan], [2, 1]))[x]
      #expect(slopes?.elements == [.infinity, 0, 0, 0])
    }
  }

  @Test func `cross-entropy of huge logits is finite, and of no rows 0`() {
    let x = Tensor([1e4, -1e4, -1e4, 1e4], [2, 2])
    #expect(crossEntropy(x, [0, 0]).scalar == 1e4)
    #expect(gradient(x) { crossEntropy($0, [0, 0]) } == [0, 0, -0.5, 0.5])
    #expect(crossEntropy(.zeros([0, 3]), []).scalar == 0)
    #expect(crossEntropy(x, [0, 0], weights: Tensor([0, 1])).scalar == 0)
    #expect(gradient(x) { crossEntropy($0, [0, 0], weights: Tensor([0, 1])) } == [0, 0, 0, 0])
    #expect(crossEntropy(x, [-1, -1], ignored: -1).scalar == 0)
    #expect(gradient(x) { crossEntropy($0, [-1, -1], ignored: -1) } == [0, 0, 0, 0])
    #expect(gradient(x) { crossEntropy($0, [-1, 0], ignored: -1) } == [0, 0, -1, 1])
    // two infinite logits share alike, and a row that is left out adds nothing, smoothed or not
    let infinite = Tensor([.infinity, .infinity, 5, 1], [2, 2])
    #expect(abs(crossEntropy(infinite, [0, -1], smoothing: 0.1, ignored: -1).scalar - 0.6931472) < 1e-6)
  }

  @Test func `paired cross-entropy of huge scores is finite, and of nothing 0`() {
    // a row's own score is 2e4 below its other one, a column's as well
    let x = Tensor([-1e4, 1e4, 1e4, -1e4], [2, 2])
    #expect(pairedCrossEntropy(x).scalar == 2e4)
    #expect(gradient(x) { pairedCrossEntropy($0) } == [-0.5, 0.5, 0.5, -0.5])
    #expect(pairedCrossEntropy(-x, scale: 0.5).scalar == 0)
    #expect(pairedCrossEntropy(.zeros([0, 0])).scalar == 0)
  }

  @Test func `binary cross-entropy of huge logits is finite, and of nothing 0`() {
    let x = Tensor([1e4, -1e4, 1e4, -1e4]), t = Tensor([1, 0, 0, 1])
    #expect(binaryCrossEntropy(x, t).scalar == 5e3)
    #expect(gradient(x) { binaryCrossEntropy($0, t) } == [0, 0, 0.25, -0.25])
    #expect(binaryCrossEntropy(.zeros([0]), .zeros([0])).scalar == 0)
  }

  @Test func `of a row with +∞ nothing else is left, and several share alike`() {
    let x = Tensor([1, .infinity, -.infinity, 2, .infinity, .infinity], [2, 3])
    #expect(x.softmax().elements == [0, 1, 0, 0, 0.5, 0.5])
    #expect(gradient(x) { $0.softmax() } == [0, 0, 0, 0, 0, 0])
    let half = -Float(0.693_147_2)
    #expect(x.logSoftmax().elements == [-.infinity, 0, -.infinity, -.infinity, half, half])
    #expect(Tensor([1, .infinity, .nan]).softmax().elements.allSatisfy { $0.isNaN })
    #expect(Tensor([1, .infinity, .nan]).logSoftmax().elements.allSatisfy { $0.isNaN })
  }

  @Test func `cross-entropy takes the limit of infinite logits`() {
    let sure = Tensor([1, .infinity, 0, 4, 4, -.infinity], [2, 3])
    #expect(abs(crossEntropy(sure, [1, 0]).scalar - 0.346_573_6) < 1e-7)
    #expect(gradient(sure) { crossEntropy($0, [1, 0]) } == [0, 0, 0, -0.25, 0.25, 0])
    #expect(crossEntropy(sure, [0, 0]).scalar == .infinity)
    #expect(gradient(sure) { crossEntropy($0, [0, 0]) } == [-0.5, 0.5, 0, -0.25, 0.25, 0])
    #expect(crossEntropy(sure, [1, 2]).scalar == .infinity)  // a class that has no chance
    #expect(crossEntropy(sure, [1, 0], smoothing: 0.1).scalar == .infinity)
    #expect(crossEntropy(sure, [0, 0], weights: Tensor([0, 1, 1])).scalar == 0)  // a class that does not count
    let none = Tensor(repeating: -.infinity, [1, 3])
    #expect(crossEntropy(none, [0]).scalar == .infinity)
    #expect(gradient(none) { crossEntropy($0, [0]) } == [-1, 0, 0])
    #expect(crossEntropy(Tensor([.nan, 1], [1, 2]), [1]).scalar.isNaN)
    #expect(crossEntropy(Tensor([.nan, .infinity], [1, 2]), [1]).scalar.isNaN)
  }

  @Test func `binary cross-entropy takes the limit of infinite logits`() {
    let x = Tensor([.infinity, -.infinity])
    #expect(binaryCrossEntropy(x, Tensor([1, 0])).scalar == 0)
    #expect(gradient(x) { binaryCrossEntropy($0, Tensor([1, 0])) } == [0, 0])
    for labels: [Float] in [[0, 0], [1, 1], [0.5, 0]] {
      #expect(binaryCrossEntropy(x, Tensor(labels)).scalar == .infinity)
    }
    #expect(gradient(x) { binaryCrossEntropy($0, Tensor([0, 1])) } == [0.5, -0.5])
    #expect(binaryCrossEntropy(Tensor([.nan, .infinity]), Tensor([1, 1])).scalar.isNaN)
  }

  @Test func `paired cross-entropy takes the limit of infinite scores`() {
    let sure = Tensor([.infinity, 1, 2, .infinity], [2, 2])
    #expect(pairedCrossEntropy(sure, scale: 3).scalar == 0)
    #expect(gradient(sure) { pairedCrossEntropy($0, scale: 3) } == [0, 0, 0, 0])
    let excluded = Tensor([1, -.infinity, -.infinity, 2], [2, 2])
    #expect(pairedCrossEntropy(excluded, scale: 3).scalar == 0)
    #expect(gradient(excluded) { pairedCrossEntropy($0, scale: 3) } == [0, 0, 0, 0])
    let wrong = Tensor([1, .infinity, 2, 3], [2, 2])
    #expect(pairedCrossEntropy(wrong).scalar == .infinity)
    #expect(gradient(wrong) { pairedCrossEntropy($0) }?.allSatisfy(\.isFinite) == true)
    #expect(pairedCrossEntropy(Tensor(repeating: -.infinity, [1, 1])).scalar == .infinity)
    #expect(pairedCrossEntropy(Tensor([.nan, .infinity, 2, 3], [2, 2])).scalar.isNaN)
  }

  /// In plain loops (two keys) and in tiles (ninety), of one sequence and of two that look at each other.
  @Test(arguments: [2, 90]) func `attention takes the limit of infinite scores`(_ keys: Int) {
    let wide = Tensor.ones([1, keys, 64])
    let values = Tensor((0..<keys * 64).map { Float($0 / 64) }, [1, keys, 64])
    let rest = wide.slice(1, 0..<keys - 1)
    func row(_ first: Float) -> Tensor { Tensor([first] + Array(repeating: 1, count: 63), [1, 1, 64]) }
    let least = concatenate([row(-.infinity), rest], axis: 1), most = concatenate([rest, row(.infinity)], axis: 1)
    let last = Float(keys - 1)
    #expect(attention(wide, most, values, heads: 1).output.elements.allSatisfy { $0 == last })
    let both = concatenate([row(.infinity), most.slice(1, 1..<keys)], axis: 1)
    #expect(attention(wide, both, values, heads: 1).output.elements.allSatisfy { $0 == last / 2 })
    let seen = attention(wide, least, values, heads: 1, wantsWeights: true).weights?.elements ?? []
    #expect(seen.enumerated().allSatisfy { $0.element.isFinite && ($0.offset % keys != 0 || $0.element == 0) })
    let mutual = mutualAttention(both, wide, wantsWeights: true)
    let ofA = mutual.ofA?.elements ?? []
    #expect(ofA.enumerated().allSatisfy { $0.element == ([0, keys - 1].contains($0.offset % keys) ? 0.5 : 0) })
    #expect(mutual.fromB.elements.allSatisfy { abs($0 - 1) < 1e-6 })
  }

  /// The same ways of computing: what went wrong before is not lost, least of all where every score is NaN.
  @Test(arguments: [2, 90]) func `attention passes NaNs on`(_ keys: Int) {
    let one = Tensor.ones([1, keys, 64])
    let bad = concatenate([Tensor(repeating: .nan, [1, 1, 64]), one.slice(1, 1..<keys)], axis: 1)
    let queries = attention(bad, one, one, heads: 1).output.elements
    #expect(queries.prefix(64).allSatisfy(\.isNaN) && queries.dropFirst(64).allSatisfy { abs($0 - 1) < 1e-6 })
    #expect(attention(one, bad, one, heads: 1).output.elements.allSatisfy { $0.isNaN })
    #expect(attention(one, one, bad, heads: 1).output.elements.allSatisfy { $0.isNaN })
    #expect(mutualAttention(bad, one).fromA.elements.allSatisfy { $0.isNaN })
    // but not from where a mask forbids to look
    let mask = Tensor([0] + Array(repeating: 1, count: keys - 1), [1, keys])
    #expect(attention(one, bad, one, heads: 1, keyMask: mask).output.elements.allSatisfy { abs($0 - 1) < 1e-6 })
  }

  @Test func `sums of many numbers keep their digits`() {
    let x = Tensor(repeating: 0.1, [1 << 20])
    #expect(abs(Double(x.sum().scalar) / (Double(Float(0.1)) * Double(1 << 20)) - 1) < 1e-6)
    #expect(abs(x.mean().scalar - 0.1) < 1e-7)
  }

  /// Down columns, where a float that all rows are added to would keep three digits.
  @Test func `sums of many rows keep their digits, and so do derivatives that are such sums`() throws {
    let (rows, columns) = (1 << 17, 3)
    func expectSums(_ found: Tensor?, of value: Float = 0.1, _ what: Comment) throws {
      let found = try #require(found)
      #expect(found.elements.allSatisfy { abs(Double($0) / (Double(value) * Double(rows)) - 1) < 1.5e-6 }, what)
    }
    let x = Tensor(repeating: 0.1, [rows, columns]), ones = Tensor.ones([columns])
    try expectSums(x.sum(0), "sum")
    try expectSums(Float(rows) * x.reshaped(1, rows, columns).meanOverSteps(Tensor.ones([1, rows])), "steps")
    try expectClose(batchNorm(x + Tensor([0, 1, 2]), nil, nil).mean, [0.1, 1.1, 2.1], 1e-6)
    // 0.1 up and down by turns, beside each other or one after the other
    let signs = Tensor((0..<rows).map { $0 % 2 == 0 ? 0.1 : -0.1 }, [rows, 1])
    for swinging in [signs, signs.reshaped(1, 1, rows)] {
      #expect(abs(batchNorm(swinging, nil, nil).variance.scalar / 0.01 - 1) < 1e-6)
      #expect(abs(groupNorm(swinging.reshaped(1, rows), groups: 1, nil, nil).elements[0] - 0.9995004) < 1e-6)
    }
    func expectSums(
      _ what: Comment, over start: Tensor, of value: Float = 0.1, upstream: Tensor, _ compute: (Tensor) -> Tensor
    ) throws {
      let tape = Tape()
      let operand = tape.watch(start)
      try expectSums(compute(operand).gradients(upstream: upstream)[operand], of: value, what)
    }
    let number = Tensor([1]), wide = Tensor(repeating: 0.1, [rows, 300])
    try expectSums("+", over: ones, upstream: x) { x + $0 }
    try expectSums("*", over: ones, upstream: .ones(x.shape)) { x * $0 }
    try expectSums("/", over: ones, of: 0.01, upstream: -x) { x / $0 }
    try expectSums("times a number", over: number, of: 0.3, upstream: .ones(x.shape)) { x * $0 }
    try expectSums("broadcast", over: ones, upstream: x) { $0.broadcast(to: [rows, columns]) }
    try expectSums("repeated", over: number, of: 0.3, upstream: x) { $0.broadcast(to: [rows, columns]) }
    for activation in [Activation.none, .tanh] {
      try expectSums("bias of linear, \(activation)", over: .zeros([300]), upstream: wide) {
        linear(.zeros([rows, 1]), .zeros([1, 300]), $0, activation: activation)
      }
    }
    try expectSums("bias of layer norm", over: ones, upstream: x) { layerNorm(x, ones, $0) }
    try expectSums("bias of group norm", over: ones, upstream: x) { groupNorm(x, groups: 1, ones, $0) }
    try expectSums("bias of batch norm", over: ones, upstream: x) { batchNorm(x, ones, $0).output }
    for shape: Shape in [[rows, columns, 1, 1], [1, columns, rows], [rows / 64, columns, 64]] {
      let pictures = x.reshaped(shape)
      try expectSums("bias of batch norm", over: ones, upstream: pictures) { batchNorm(pictures, ones, $0).output }
      try expectSums("bias of group norm", over: ones, upstream: pictures) { groupNorm(pictures, groups: 1, ones, $0) }
    }
    for (batch, length) in [(1, rows), (rows, 1)] {
      let line = Tensor(repeating: 0.1, [batch, columns, length]), weight = Tensor.ones([columns, columns, 1])
      try expectSums("bias of a convolution", over: ones, upstream: line) { conv1d(line, weight, $0) }
      try expectSums("rectified", over: ones, upstream: line) { conv1d(line, weight, $0, activation: .relu) }
      try expectSums("transposed", over: ones, upstream: line) { convTranspose1d(line, weight, $0) }
    }
  }
}
