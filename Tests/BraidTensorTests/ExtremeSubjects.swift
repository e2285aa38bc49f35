import BraidNN
import BraidTensor

private let infinities: Set<Filling> = [.infinite, .excluded]
/// Rows of the weights of a product; all above 0, so that infinities of one sign never meet those of the other.
private var weight: Tensor { Tensor([0.5, 2, 1, 0.25, 3, 1], [3, 2]) }
private var pair: Tensor { Tensor([1, 2, 3, -1, -2, -3], [1, 2, 3]) }
private func steps(_ x: Tensor) -> Tensor { x.reshaped(1, 2, 3) }
private func picture(_ x: Tensor) -> Tensor { x.reshaped(1, 1, 2, 3) }
private func ones(_ extents: Int...) -> Tensor { Tensor.ones(Shape(extents)) }

/// What is done to every element by itself.
let functions: [Subject] = [
  Subject("relu") { $0.relu() }, Subject("sigmoid") { $0.sigmoid() }, Subject("tanh") { $0.tanh() },
  Subject("gelu") { $0.gelu() }, Subject("quick gelu") { $0.quickGelu() }, Subject("silu") { $0.silu() },
  Subject("elu") { $0.elu() }, Subject("leaky relu") { $0.leakyRelu(slope: 0.2) },
  Subject("softplus") { $0.softplus() }, Subject("exp") { $0.exp() },
  Subject("squared") { $0.squared() }, Subject("absolute") { $0.absolute() }, Subject("negated") { -$0 },
  Subject("signed square root") { $0.signedSquareRoot() },
  Subject("square root", positive: true) { $0.squareRoot() }, Subject("logarithm", positive: true) { $0.log() },
  Subject("reciprocal") { $0.reciprocal() }, Subject("clamped") { $0.clamped(from: -1, to: 1) },
  Subject("log-gamma", positive: true) { $0.logGamma() },
  Subject("digamma", positive: true) { $0.digamma() },
  Subject("sine", except: infinities, because: "no limit at infinity") { $0.sin() },
  Subject("cosine", except: infinities, because: "no limit at infinity") { $0.cos() },
  Subject("power 0") { pow($0, 0) }, Subject("power 1") { pow($0, 1) }, Subject("power 2") { pow($0, 2) },
  Subject("power 3") { pow($0, 3) }, Subject("power -1") { pow($0, -1) }, Subject("power -2") { pow($0, -2) },
  Subject("power 0.5", positive: true) { pow($0, 0.5) },
  Subject("powers", positive: true) { pow($0, Tensor([0.5, -1, 2])) },
  Subject("times a tensor", except: infinities, because: "0 · ∞") { $0 * Tensor([2, 0, -1]) },
  Subject("minus a tensor") { Tensor([2, 0, -1]) - $0 }, Subject("over a tensor") { $0 / Tensor([2, 0.5, -1]) },
  Subject("a tensor over") { Tensor([2, 1, -1]) / $0 },
  Subject("power of 0") { pow(Tensor.zeros([2, 3]), $0.clamped(from: 0, to: 10)) },
  Subject("power of 2 and ½") { pow(Tensor([2, 0.5, 2]), $0) },
  Subject("divided by 3") { $0 / 3 },
  Subject("divided by 0", except: [.zeros, .mixed, .infinite], because: "0 / 0") { $0 / 0 },
  Subject("times infinity", except: [.zeros, .mixed, .infinite], because: "0 · ∞") { $0 * .infinity },
  Subject("number over") { 2 / $0 },
  Subject("plus row") { $0 + Tensor([1, 2, 3]) }, Subject("maximum") { maximum($0, Tensor([0, 1, 2])) },
  Subject("minimum") { minimum($0, Tensor([0, 1, 2])) },
  Subject("one of two") { select(Tensor([0, 1, 1]), $0, Tensor([1, 2, 3])) },
  Subject("gradient reversed") { $0.gradientReversed(scale: 0.5) },
  Subject("straight through") { straightThrough(.zeros([2, 3]), $0) },
]

private let reductions: [Subject] = [
  Subject("sum") { $0.sum(1) }, Subject("mean") { $0.mean(1) }, Subject("largest") { $0.maximum(1) },
  Subject("smallest") { $0.minimum(1) },
  Subject("product", except: [.infinite], because: "a row holds ∞ and 0: ∞ · 0") { $0.product(1) },
  Subject("mean of all axes") { $0.mean([0, 1]) }, Subject("largest of all axes") { $0.maximum([0, 1]) },
  Subject("sum by segment", except: [.excluded], because: "two of a segment with weights of both signs: ∞ − ∞") {
    $0.segmentSum([1, 1, 0], into: 3, axis: 1, weights: [1, -1, 0.5])
  },
  Subject("selected by comparison") { select($0 .> 0, $0, 0.1 * $0) },
  Subject("cumulative sum") { $0.cumulativeSum(1) }, Subject("cumulative maximum") { $0.cumulativeMaximum(1).values },
  Subject("cumulative product", except: infinities, because: "the slope is ∞ · (1 − 1), or of nothing else, ∞ − ∞") {
    $0.cumulativeProduct(1)
  },
  Subject("norm") { $0.norm(1) }, Subject("norm of all") { $0.norm() },
  Subject("variance", except: infinities, because: "infinities have no spread") { $0.variance(1) },
  Subject("deviation", except: infinities, because: "infinities have no spread") {
    $0.standardDeviation(1, correction: 0)
  },
  Subject("log-sum-exp") { $0.logSumExp(1) }, Subject("sorted") { $0.sorted().values },
  Subject("top two") { $0.topK(2).values },
  Subject("softmax") { $0.softmax() }, Subject("masked softmax") { $0.softmax(mask: Tensor([0, 1, 1])) },
  Subject("log-softmax") { $0.logSoftmax() },
  Subject("masked log-softmax") { $0.logSoftmax(mask: Tensor([0, 1, 1])) },
  Subject("all-masked softmax") { $0.softmax(mask: Tensor([0, 0, 0])) },
  Subject("all-masked log-softmax") { $0.logSoftmax(mask: Tensor([0, 0, 0])) },
  Subject("expectation") { expectation(Tensor([0.5, 0, 0.5, 1, 0, 0], [2, 3]), of: $0) },
  Subject("layer norm", except: infinities, because: "infinities have no spread") {
    layerNorm($0, Tensor([1, 2, 3]), nil)
  },
  Subject("group norm", except: infinities, because: "infinities have no spread") {
    groupNorm(steps($0), groups: 2, Tensor([1, 2]), nil)
  },
  Subject("batch norm", except: infinities, because: "infinities have no spread") {
    batchNorm($0.transposed(), Tensor([1, 2]), nil).output
  },
  Subject("batch norm in evaluation") {
    batchNorm($0, Tensor([1, 2, 3]), nil, mean: Tensor([0, 1, -1]), variance: Tensor([0, 1, 1e-30]))
  },
  Subject("mean over steps") { $0.reshaped(2, 3, 1).meanOverSteps(Tensor([0, 1, 1, 0, 0, 0], [2, 3])) },
  Subject("maximum over steps") { $0.reshaped(2, 3, 1).maximumOverSteps(Tensor([0, 1, 1, 0, 0, 0], [2, 3])) },
  Subject("last step") { $0.reshaped(2, 3, 1).lastStep(Tensor([1, 1, 0, 0, 0, 0], [2, 3])) },
  Subject("scaled rows") { $0.scaledRows(Tensor([0, 1])) },
]

private let places: [Subject] = [
  Subject("concatenated") { concatenate([$0, $0]) }, Subject("stacked") { stack([$0, $0]) },
  Subject("cut, joined, padded") { $0.slice(1, 0..<2).padded(1, before: 1, after: 0) + $0.split(1, [3])[0] },
  Subject("reshaped and turned") { $0.transposed().reshaped(3, 2, 1).permuted(2, 0, 1) },
  Subject("repeated and read along a diagonal") { $0.broadcast(to: [3, 2, 3]).diagonal(0, 2) },
  Subject("framed") { $0.framed(2, hop: 1) }, Subject("rows gathered") { $0.gathered([1, 0, 1]) },
  Subject("gathered along an axis") { $0.gathered(along: 1, Indices([2, 0, 1, 1], [2, 2])) },
  Subject("scattered") { Tensor.ones([2, 3]).scatterAdded(along: 1, Indices([0, 1, 2, 2, 1, 0], [2, 3]), $0) },
  Subject("rows of an embedding") { embedding($0, [1, 0, 1], [3], paddingId: 0) },
  Subject("largest of windows") { maxPool2d(picture($0), window: (2, 2), stride: (1, 1)) },
  Subject("largest of windows of a line") { maxPool1d(steps($0), window: 2, stride: 1, padding: 1) },
  Subject("mean of windows") { averagePool2d(picture($0), window: (2, 2), stride: (1, 1)) },
  Subject("mean of windows of a line") { averagePool1d(steps($0), window: 2, stride: 1, padding: 1) },
  Subject("largest of bins") { adaptiveMaxPool2d(picture($0), to: (1, 2)) },
  Subject("largest of bins of a line") { adaptiveMaxPool1d(steps($0), to: 2) },
  Subject("mean of bins") { adaptiveAveragePool2d(picture($0), to: (1, 2)) },
  Subject("mean of bins of a line") { adaptiveAveragePool1d(steps($0), to: 2) },
  Subject("mean of channels") { globalAveragePool(steps($0)) },
  Subject("largest of channels") { globalMaxPool(steps($0)) },
]

private let products: [Subject] = [
  Subject("linear") { linear($0, Tensor(repeating: 0.5, [3, 2]), nil, activation: .tanh) },
  Subject("matrix product") { matmul($0, weight) }, Subject("matrix product from the right") { matmul(weight, $0) },
  Subject("batched product") { batchedMatmul(steps($0), weight.reshaped(1, 3, 2)) },
  Subject("outer product") { outerProduct($0, Tensor([2, -3, 1, 4], [2, 2])) },
  Subject("einsum") { einsum("bi,io->bo", $0, weight) },
  Subject("tensor product") { tensorProductLinear([$0, ones(2, 1)], ones(8, 2), nil) },
  Subject("low-rank product", except: infinities, because: "a weight is 0, and 0 · ∞") {
    lowRankProduct([$0, $0 * 0.5], Tensor([2, 0, 1]))
  },
  Subject("convolution") { conv2d(picture($0), ones(1, 1, 2, 2), nil) },
  Subject("convolution of a line") { conv1d(steps($0), ones(2, 2, 2), nil) },
  Subject("transposed convolution") { convTranspose2d(picture($0), ones(1, 1, 2, 2), nil) },
  Subject("transposed convolution of a line") { convTranspose1d(steps($0), ones(2, 1, 2), nil) },
  Subject("plain recurrence") { rnn(steps($0), weight, ones(2, 2), Tensor.zeros([2])).states },
  Subject("rectified recurrence") {
    rnn(steps($0), weight, ones(2, 2), Tensor.zeros([2]), activation: .relu).states
  },
  Subject("long short-term memory") { lstm(steps($0), ones(3, 8), ones(2, 8), Tensor.zeros([8])).states },
  Subject("gated recurrence") {
    gru(steps($0), ones(3, 6), ones(2, 6), Tensor.zeros([6]), Tensor.zeros([6])).states
  },
  Subject("spectrum", except: [.excluded], because: "cosines of both signs: ∞ − ∞") {
    let (real, imaginary) = FourierTransform(length: 3)($0)
    return real + imaginary
  },
  Subject("circular convolution", except: infinities, because: "cosines of both signs: ∞ − ∞") {
    FourierTransform(length: 3).circularConvolution($0, Tensor([1, 2, 3, 0, -1, 0], [2, 3]))
  },
  Subject("power spectrum", except: infinities, because: "cosines of both signs: ∞ − ∞") {
    FourierTransform(length: 3).power($0)
  },
  Subject("signal of a spectrum", except: infinities, because: "cosines of both signs: ∞ − ∞") {
    FourierTransform(length: 4).inverse($0, $0)
  },
  Subject("dropout", except: infinities, because: "what is dropped is multiplied by 0") {
    var stream = RandomStream(seed: 2, .dropout)
    return dropout($0, rate: 0.5, &stream)
  },
]

/// `[2, columns]` of the numbers of `[2, 3]`, over and over.
private func wide(_ x: Tensor, _ columns: Int) -> Tensor {
  concatenate(Array(repeating: x, count: columns / 3 + 1)).slice(1, 0..<columns)
}

private let spreadless = "infinities have no spread"
private let saturated = "a slope of 0, where a function is saturated, meets ∞"
private let padded = "the zeros around a picture, and around the gradient on its way back to it, meet a weight of ∞"
private let opposed = "products of infinities with numbers of both signs, or with 0, are added up"

/// What is multiplied: extreme data beside ordinary weights, and extreme weights beside ordinary data, with the derivatives of both.
private let operands: [Subject] = [
  Subject("linear and its weights", with: [weight, Tensor([1, -1])]) { linear($0, $1[0], $1[1]) },
  Subject(
    "rectified linear and its weights", with: [weight, Tensor([1, -1])], except: [.excluded], because: saturated
  ) { linear($0, $1[0], $1[1], activation: .relu) },
  Subject("weights of linear", with: [ones(5, 2)]) { linear($1[0], $0) },
  Subject("matrix product, both", with: [weight]) { matmul($0, $1[0]) },
  Subject("batched product, both", with: [weight.reshaped(1, 3, 2)]) { batchedMatmul(steps($0), $1[0]) },
  Subject("convolution and its weights", with: [ones(1, 1, 2, 2), ones(1)]) { conv2d(picture($0), $1[0], $1[1]) },
  Subject("weights of a convolution", with: [ones(1, 1, 5, 4)], except: infinities, because: padded) {
    conv2d($1[0], picture($0), nil)
  },
  Subject("convolution of a line and its weights", with: [ones(2, 2, 2)]) { conv1d(steps($0), $1[0], nil) },
  Subject("weights of a convolution of a line", with: [ones(1, 2, 7)], except: infinities, because: padded) {
    conv1d($1[0], steps($0), nil)
  },
  Subject("weights of a depthwise convolution", with: [ones(1, 2, 7, 7)], except: infinities, because: padded) {
    conv2d($1[0], concatenate([$0, $0, $0]).reshaped(2, 1, 3, 3), nil, padding: (1, 1), groups: 2)
  },
  Subject("weights of a filtered convolution", with: [ones(2, 16, 13, 13)], except: infinities, because: padded) {
    conv2d($1[0], wide($0, 1152).reshaped(16, 16, 3, 3), nil, padding: (1, 1))
  },
  Subject("transposed convolution and its weights", with: [ones(1, 1, 2, 2)]) {
    convTranspose2d(picture($0), $1[0], nil)
  },
  Subject("weights of a transposed convolution", with: [ones(1, 1, 5, 4)], except: infinities, because: padded) {
    convTranspose2d($1[0], picture($0), nil)
  },
  Subject("weights of a transposed convolution of a line", with: [ones(1, 1, 7)], except: infinities, because: padded) {
    convTranspose1d($1[0], steps($0), nil)
  },
  Subject(
    "plain recurrence and its weights", with: [weight, ones(2, 2), Tensor.zeros([2])], except: infinities,
    because: saturated
  ) { rnn(steps($0), $1[0], $1[1], $1[2]).states },
  Subject(
    "long short-term memory and its weights", with: [ones(3, 8), ones(2, 8), Tensor.zeros([8])], except: infinities,
    because: saturated
  ) { lstm(steps($0), $1[0], $1[1], $1[2]).states },
  Subject(
    "gated recurrence and its weights", with: [ones(3, 6), ones(2, 6), Tensor.zeros([6]), Tensor.zeros([6])],
    except: infinities, because: saturated
  ) { gru(steps($0), $1[0], $1[1], $1[2], $1[3]).states },
  Subject(
    "recurrent weights of a plain recurrence", with: [ones(1, 3, 2), ones(2, 2)], except: infinities, because: saturated
  ) { rnn($1[0], $1[1], $0.slice(1, 0..<2), Tensor.zeros([2])).states },
  Subject(
    "recurrent weights of a long short-term memory", with: [ones(1, 3, 2), ones(2, 8)], except: infinities,
    because: saturated
  ) { lstm($1[0], $1[1], wide($0, 8), Tensor.zeros([8])).states },
  Subject(
    "recurrent weights of a gated recurrence", with: [ones(1, 3, 2), ones(2, 6)], except: infinities, because: saturated
  ) { gru($1[0], $1[1], wide($0, 6), Tensor.zeros([6]), Tensor.zeros([6])).states },
  Subject("tensor product and its weights", with: [ones(2, 1), ones(8, 2)]) {
    tensorProductLinear([$0, $1[0]], $1[1], nil)
  },
  Subject("weights of a tensor product", with: [ones(5, 1)]) { tensorProductLinear([$1[0]], $0, nil) },
  Subject(
    "layer norm, its gain and bias", with: [Tensor([1, 2, 3]), ones(3)], except: infinities, because: spreadless
  ) { layerNorm($0, $1[0], $1[1]) },
  Subject(
    "gain of a layer norm", with: [Tensor([1, 5, 2, -3, 0, 4], [2, 3])], except: infinities,
    because: "its derivative is a difference: ∞ − ∞"
  ) {
    layerNorm($1[0], $0.slice(0, 0..<1).reshaped(3), nil)
  },
  Subject("group norm, its gain and bias", with: [Tensor([1, 2]), ones(2)], except: infinities, because: spreadless) {
    groupNorm(steps($0), groups: 2, $1[0], $1[1])
  },
  Subject("batch norm, its gain and bias", with: [Tensor([1, 2]), ones(2)], except: infinities, because: spreadless) {
    batchNorm($0.transposed(), $1[0], $1[1]).output
  },
  Subject("attention, all three", with: [pair, pair], except: infinities, because: opposed) {
    attention(steps($0), $1[0], $1[1], heads: 1).output
  },
  Subject("attention to keys, all three", with: [ones(1, 2, 3), pair], except: [.excluded], because: opposed) {
    attention($1[0], steps($0), $1[1], heads: 1).output
  },
  Subject("attention to values, all three", with: [pair, ones(1, 2, 3)], except: infinities, because: opposed) {
    attention($1[0], $1[1], steps($0), heads: 1).output
  },
]

/// Matrices: the first element of the filling times a positive definite one.
private func matrix(_ x: Tensor) -> Tensor { x.slice(0, 0..<1).slice(1, 0..<1) * Tensor([2, 1, 1, 3], [2, 2]) }
private let singular: Set<Filling> = [.zeros, .infinite, .excluded]

private let algebra: [Subject] = [
  Subject(trying: "Cholesky factor", except: singular, because: "0 and ∞ are not positive definite") {
    try cholesky(matrix($0))
  },
  Subject(trying: "solution", except: singular, because: "0 and ∞ have no inverse") {
    try solve(matrix($0), ones(2, 2))
  },
  Subject(trying: "solution for a right side", except: infinities, because: "∞ is subtracted from ∞ on the way") {
    try solve(Tensor([2, 1, 1, 3], [2, 2]), $0)
  },
  Subject(trying: "inverse", except: singular, because: "0 and ∞ have no inverse") { try inverse(matrix($0)) },
  Subject(trying: "logarithm of a determinant", except: singular, because: "0 and ∞ have no inverse") {
    try logDeterminant(matrix($0)).logarithm
  },
  Subject(trying: "triangular solution", except: singular, because: "0 and ∞ have no inverse") {
    try triangularSolve(matrix($0), ones(2, 2))
  },
  Subject(trying: "eigenvalues and vectors", except: infinities, because: "∞ has no decomposition") {
    let (values, vectors) = try symmetricEigen(matrix($0))
    return values + vectors
  },
  Subject(trying: "singular values and vectors", except: infinities, because: "∞ has no decomposition") {
    let (u, s, v) = try singularValues(matrix($0))
    return u + s + v
  },
  Subject(trying: "inverse square root of a matrix", except: singular, because: "0 and ∞ have no inverse") {
    try symmetricPower(matrix($0), -0.5)
  },
]

private let objectives: [Subject] = [
  Subject("cross-entropy") { crossEntropy($0, [1, 0]) },
  Subject("cross-entropy of some rows") { crossEntropy($0, [-1, 0], ignored: -1) },
  Subject("cross-entropy of no row") { crossEntropy($0, [-1, -1], ignored: -1) },
  Subject("smoothed cross-entropy") { crossEntropy($0, [1, 0], smoothing: 0.1) },
  Subject("weighted cross-entropy") { crossEntropy($0, [1, 0], smoothing: 0.1, weights: Tensor([0, 1, 0.5])) },
  Subject("binary cross-entropy") { binaryCrossEntropy($0, Tensor([0, 1, 0, 1, 1, 0.5], [2, 3])) },
  Subject("paired cross-entropy") { pairedCrossEntropy($0.slice(1, 0..<2), scale: 14) },
  Subject("paired cross-entropy of other pairs") { pairedCrossEntropy($0.slice(1, 1..<3), scale: 0.5) },
  Subject("connectionist temporal classification") { connectionistTemporalClassification(steps($0), [[1]]) },
  Subject("the same of no labels and one step") {
    connectionistTemporalClassification(steps($0), [[]], steps: Tensor([1, 0], [1, 2]))
  },
  Subject("categorical entropy") { CategoricalDistribution(logits: $0).entropy() },
  Subject("categorical log-probability") { CategoricalDistribution(logits: $0).logProbability(of: [1, 2]) },
  Subject("categorical divergence") {
    CategoricalDistribution(logits: $0).kullbackLeibler(to: CategoricalDistribution(logits: .zeros([2, 3])))
  },
  Subject("divergence from a categorical") {
    CategoricalDistribution(logits: .zeros([2, 3])).kullbackLeibler(to: CategoricalDistribution(logits: $0))
  },
  Subject("Bernoulli entropy") { BernoulliDistribution(logits: $0).entropy() },
  Subject("Bernoulli divergence") {
    BernoulliDistribution(logits: $0).kullbackLeibler(to: BernoulliDistribution(logits: .ones([2, 3])))
  },
  Subject("divergence from a Bernoulli") {
    BernoulliDistribution(logits: .ones([2, 3])).kullbackLeibler(to: BernoulliDistribution(logits: $0))
  },
  Subject("Bernoulli log-probability") {
    BernoulliDistribution(logits: $0).logProbability(of: Tensor([0, 1, 0]))
  },
  Subject("normal log-probability, of log-variances", except: [.excluded], because: "a point has no density") {
    NormalDistribution(mean: .zeros([2, 3]), logVariance: $0).logProbability(of: Tensor([0, 0.5, 0]))
  },
  Subject("normal log-probability, of means") {
    NormalDistribution(mean: $0, logVariance: .zeros([2, 3])).logProbability(of: Tensor([0, 0.5, 0]))
  },
  Subject("normal entropy") { NormalDistribution(mean: .zeros([2, 3]), logVariance: $0).entropy() },
  Subject("normal divergence, of means") {
    let standard = NormalDistribution(mean: .zeros([2, 3]), logVariance: .zeros([2, 3]))
    let other = NormalDistribution(mean: $0, logVariance: .zeros([2, 3]))
    return standard.kullbackLeibler(to: other) + other.kullbackLeiblerToStandard()
  },
  Subject("normal divergence, of log-variances", except: [.infinite], because: "σ² − log σ² is ∞ − ∞") {
    let standard = NormalDistribution(mean: .zeros([2, 3]), logVariance: .zeros([2, 3]))
    let other = NormalDistribution(mean: .zeros([2, 3]), logVariance: $0)
    return other.kullbackLeibler(to: standard) + other.kullbackLeiblerToStandard()
  },
  Subject("divergence from a normal, of log-variances", except: [.excluded], because: "1/σ² + log σ² is ∞ − ∞") {
    let standard = NormalDistribution(mean: .zeros([2, 3]), logVariance: .zeros([2, 3]))
    return standard.kullbackLeibler(to: NormalDistribution(mean: .zeros([2, 3]), logVariance: $0))
  },
  Subject("Gumbel log-probability, of locations") {
    GumbelDistribution(location: $0, scale: .ones([2, 3])).logProbability(of: Tensor([0, 0.5, 0]))
  },
  Subject("Gumbel divergence, of locations") {
    let other = GumbelDistribution(location: $0, scale: .ones([2, 3]))
    let standard = GumbelDistribution(location: .zeros([2, 3]), scale: .ones([2, 3]))
    return other.kullbackLeibler(to: standard) + standard.kullbackLeibler(to: other)
  },
  Subject(
    "Gumbel divergence, of scales", except: [.zeros, .mixed, .infinite, .excluded], because: "a scale of 0, or of ∞",
    positive: true
  ) {
    let other = GumbelDistribution(location: .zeros([2, 3]), scale: $0)
    let standard = GumbelDistribution(location: .zeros([2, 3]), scale: .ones([2, 3]))
    return other.kullbackLeibler(to: standard) + standard.kullbackLeibler(to: other)
  },
  Subject("Gumbel mean and entropy", positive: true) {
    let one = GumbelDistribution(location: .zeros([2, 3]), scale: $0)
    return one.mean + one.entropy()
  },
  Subject("Gumbel-softmax") {
    gumbelSoftmax($0, noise: Tensor([0, 1, 2, 0, 1, 2], [2, 3]), temperature: 0.1)
  },
]

/// Keys enough to be attended to in tiles.
private var tiles: Tensor {
  var stream = RandomStream(seed: 3, .sampling)
  return stream.uniform([1, 90, 64]) + 0.5
}

private let attentions: [Subject] = [
  Subject("attention", except: infinities, because: "derivatives of queries are multiplied by infinite keys") {
    attention(steps($0), steps($0), Tensor([1, 2, 3, 4, 5, 6], [1, 2, 3]), heads: 1).output
  },
  Subject("attention of queries") { attention(steps($0), pair, pair, heads: 1).output },
  Subject("attention to keys") { attention(ones(1, 2, 3), steps($0), pair, heads: 1).output },
  Subject("attention to wider values") {
    attention(Tensor([1, 2], [1, 2, 1]), Tensor([0, 1], [1, 2, 1]), steps($0), heads: 1).output
  },
  Subject("attention to values") { attention(ones(1, 2, 3), ones(1, 2, 3), steps($0), heads: 1).output },
  Subject("attention of queries in tiles") {
    attention(steps($0).padded(2, before: 0, after: 61), tiles, tiles, heads: 1).output
  },
  Subject("attention to keys in tiles") {
    attention(
      ones(1, 90, 64), concatenate([steps($0).padded(2, before: 0, after: 61), tiles.slice(1, 2..<90)], axis: 1), tiles,
      heads: 1
    ).output
  },
  Subject("mutual attention", except: infinities, because: "what is found is multiplied: 0 · ∞") {
    let (fromB, fromA, _, _) = mutualAttention(
      $0.reshaped(2, 1, 3), Tensor([1, 2, 3, 4, 5, 6], [2, 1, 3]), bMask: Tensor([1, 0], [2, 1]))
    return concatenate([fromB, fromA], axis: 1)
  },
  Subject("all-masked attention", except: infinities, because: "what a mask excludes is multiplied by 0") {
    attention(steps($0), steps($0), steps($0), heads: 3, keyMask: .zeros([1, 2])).output
  },
]

let extremeSubjects = functions + reductions + places + products + operands + algebra + objectives + attentions
