import BraidNN
import BraidTensor
import Testing

/// Everything that shares its work among threads and is not in the suite's own file, and whole trainings. All of it sums
/// each element in one order wherever the ranges end, so that the bits are the same at any number of threads.
extension ParallelTests {
  /// The outputs of a computation and the gradients of its leaves.
  private func elements(_ compute: (_ leaf: (Shape) -> Tensor) -> [Tensor]) -> [[Float]] {
    var stream = RandomStream(seed: 5, .sampling)
    let tape = Tape()
    var leaves: [Tensor] = []
    let outputs = compute { shape in
      leaves.append(tape.watch(stream.normal(shape)))
      return leaves[leaves.count - 1]
    }
    let total = outputs.dropFirst().reduce((outputs[0] * stream.normal(outputs[0].shape)).sum()) {
      $0 + ($1 * stream.normal($1.shape)).sum()
    }
    let gradients = total.gradients()
    return (outputs + leaves.compactMap { gradients[$0] }).map(\.elements)
  }

  private func expectSameBits(_ name: String, _ compute: (_ leaf: (Shape) -> Tensor) -> [Tensor]) {
    let one = with(threads: 1, sharing: 1 << 10) { elements(compute) }
    #expect(one.allSatisfy { $0.allSatisfy(\.isFinite) } && one.count >= 3, "\(name)")
    for threads in [2, 3, 3] {  // the last twice: repeated, too
      let found = with(threads: threads, sharing: 1 << 10) { elements(compute) }
      #expect(found == one, "\(name) with \(threads) threads")
    }
  }

  @Test func `attention between few steps and of two sequences has the same bits at any number of threads`() {
    let mask = Tensor((0..<68).map { $0 % 5 == 3 ? 0 : 1 }, [17, 4])
    let kept = Tensor((0..<17 * 2 * 5 * 4).map { $0 % 3 == 0 ? 0 : 1.5 }, [17, 2, 5, 4])
    expectSameBits("attention of few") { leaf in
      let (q, k, v) = (leaf([17, 5, 26]), leaf([17, 4, 26]), leaf([17, 4, 26]))
      return [
        attention(q, k, v, heads: 2, keyMask: mask).output,
        attention(q, k, v, heads: 2, isCausal: true, probabilityMask: kept).output,
      ]
    }
    expectSameBits("attention in tiles") { leaf in
      let (q, k, v) = (leaf([5, 31, 66]), leaf([5, 29, 66]), leaf([5, 29, 66]))
      let seen = attention(q, k, v, heads: 3, isCausal: true, wantsWeights: true)
      return [attention(q, k, v, heads: 3, isCausal: true).output, seen.output]
        + [seen.weights].compactMap { $0?.detached }
    }
    expectSameBits("mutual attention") { leaf in
      let (a, b) = (leaf([7, 33, 19]), leaf([7, 21, 19]))
      let (fromB, fromA, _, _) = mutualAttention(a, b)
      let seen = mutualAttention(a.detached, b.detached, wantsWeights: true)  // by a kernel of its own
      return [fromB, fromA, seen.fromB, seen.fromA] + [seen.ofB, seen.ofA].compactMap { $0 }
    }
  }

  @Test func `spectra of every kind of length have the same bits at any number of threads`() {
    for length in [1024, 1000, 1009] {  // by small factors, and a prime by way of a longer convolution
      let transform = FourierTransform(length: length)
      expectSameBits("spectra of length \(length)") { leaf in
        let (x, y) = (leaf(Shape(37, length)), leaf(Shape(37, length)))
        let (real, imaginary) = transform(x)
        let back = transform.inverse(real, imaginary)
        return [real, imaginary, back, transform.power(x), transform.circularConvolution(x, y)]
      }
    }
  }

  @Test func `products have the same bits at any number of threads`() {
    expectSameBits("batched products") { leaf in
      let (a, b, c) = (leaf([9, 23, 31]), leaf([9, 31, 17]), leaf([9, 17, 31]))
      return [batchedMatmul(a, b), batchedMatmul(a, c, transposeB: true), batchedMatmul(a, a, transposeA: true)]
    }
    expectSameBits("matrix products") { leaf in
      let (a, b) = (leaf([67, 301]), leaf([301, 53]))
      return [matmul(a, b), matmul(b, a, transposeA: true, transposeB: true), einsum("ij,jk->ki", a, b)]
    }
    expectSameBits("low-rank product") { leaf in
      let factors = [leaf([37, 4 * 19]), leaf([37, 4 * 19]), leaf([37, 4 * 19])]
      return [lowRankProduct(factors, leaf([4]))]
    }
    expectSameBits("outer and tensor products") { leaf in
      let (a, b) = (leaf([41, 30]), leaf([41, 20]))
      return [outerProduct(a, b), tensorProductLinear([a, b], leaf([31 * 21, 13]), leaf([13]), activation: .tanh)]
    }
  }

  @Test func `convolutions of every kind have the same bits at any number of threads`() {
    expectSameBits("grouped, dilated, depthwise") { leaf in
      let (x, bias) = (leaf([6, 8, 17, 13]), leaf([12]))
      return [
        conv2d(x, leaf([12, 4, 3, 3]), bias, padding: (1, 1), groups: 2, activation: .relu),
        conv2d(x, leaf([12, 8, 3, 2]), bias, stride: (2, 1), dilation: (2, 3)),
        conv2d(x, leaf([8, 1, 3, 3]), nil, groups: 8),
      ]
    }
    expectSameBits("of a line") { leaf in
      let (x, bias) = (leaf([11, 6, 53]), leaf([9]))
      return [
        conv1d(x, leaf([9, 6, 5]), bias, padding: 2), conv1d(x, leaf([9, 2, 3]), bias, dilation: 2, groups: 3),
      ]
    }
    expectSameBits("transposed") { leaf in
      let (x, line) = (leaf([6, 8, 9, 7]), leaf([9, 6, 31]))
      return [
        convTranspose2d(x, leaf([8, 5, 3, 3]), leaf([5]), stride: (2, 2), padding: (1, 1), outputPadding: (1, 0)),
        convTranspose2d(x, leaf([8, 3, 3, 2]), nil, dilation: (2, 1), groups: 2),
        convTranspose1d(line, leaf([6, 4, 5]), leaf([4]), stride: 3),
      ]
    }
    expectSameBits("pooling and normalisation") { leaf in
      let (x, gain, bias) = (leaf([6, 8, 18, 14]), leaf([8]), leaf([8]))
      return [
        maxPool2d(x, window: (3, 3), stride: (2, 2)), averagePool2d(x, window: (2, 2)), globalAveragePool(x),
        batchNorm(x, gain, bias).output, groupNorm(x, groups: 2, gain, bias),
      ]
    }
  }

  /// Seven steps of a model of convolution, attention, recurrence and dropout: every parameter has the same bits.
  @Test(arguments: ["adam", "momentum"]) func `a model learns the same at any number of threads`(_ name: String) {
    func trained(_ threads: Int) -> [Float] {
      with(threads: threads, sharing: 1 << 10) {
        let scope = Scope(seed: 8)
        let convolution = Conv2d(3, 8, window: (3, 3), padding: (1, 1), activation: .relu, in: scope["picture"])
        let recurrence = LSTM(13, 16, isBidirectional: true, in: scope["words"])
        let layer = TransformerEncoderLayer(32, heads: 4, dropout: 0.1, in: scope["layer"])
        let head = MLP(40, [64, 5], last: Activation.none, dropout: 0.2, in: scope["head"])
        var (adam, momentum) = (Adam(weightDecay: 0.01), SGD(momentum: 0.9))
        for step in 0..<7 {
          var stream = RandomStream(seed: 9, .sampling, step: UInt64(step))
          var context = Context.training(seed: 10, step: step)
          let pictures = stream.normal([12, 3, 10, 11]), words = stream.normal([12, 9, 13])
          let seen = globalAveragePool(maxPool2d(convolution(pictures, &context), window: (2, 2)))
          let read = layer(recurrence(words, &context).states, &context).meanOverSteps(nil)
          let logits = head(concatenate([seen, read]), &context)
          var gradients = crossEntropy(logits, (0..<12).map { Int32($0 % 5) }).gradients()
          gradients.clip(of: scope.store, norm: 1)
          if name == "adam" {
            adam.update(scope.store, gradients, learningRate: 0.01)
          } else {
            momentum.update(scope.store, gradients, learningRate: 0.05)
          }
        }
        return scope.parameters.flatMap { $0.value.elements }
      }
    }
    let one = trained(1)
    #expect(one.allSatisfy { $0.isFinite })
    for threads in [1, 2, 2, 3] { #expect(trained(threads) == one, "\(threads) threads") }
  }
}
