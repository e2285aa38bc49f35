import BraidTensor
import BraidTesting
import Testing

@Suite struct TransposedConvolutionTests {
  /// A fixture's transposed convolution with its gradients, under the fixture's names; over one axis or two.
  private func results(_ fixture: Fixture) throws -> [(name: String, tensor: Tensor?)] {
    let tape = Tape()
    let x = tape.watch(try fixture.tensor("input.x"))
    let weight = tape.watch(try fixture.tensor("parameter.weight"))
    let bias = try fixture.optional("parameter.bias").map { tape.watch($0) }
    func setting(_ name: String) throws -> [Int] { try fixture.integers("input.\(name)").map(Int.init) }
    let (stride, padding, dilation) = (try setting("stride"), try setting("padding"), try setting("dilation"))
    let (outputPadding, groups) = (try setting("output-padding"), try setting("groups")[0])
    let y =
      x.shape.rank == 4
      ? convTranspose2d(
        x, weight, bias, stride: (stride[0], stride[1]), padding: (padding[0], padding[1]),
        outputPadding: (outputPadding[0], outputPadding[1]), dilation: (dilation[0], dilation[1]), groups: groups)
      : convTranspose1d(
        x, weight, bias, stride: stride[0], padding: padding[0], outputPadding: outputPadding[0],
        dilation: dilation[0], groups: groups)
    let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [
      ("output", y), ("gradient.input.x", gradients[x]), ("gradient.parameter.weight", gradients[weight]),
    ]
    if let bias { found.append(("gradient.parameter.bias", gradients[bias])) }
    return found
  }

  @Test(arguments: [
    "plain", "one", "doubling", "output-padding", "dilated", "dilated-output-padding", "grouped", "depthwise",
    "picture", "more-cut-than-window", "line", "line-grouped",
  ])
  func `output and all gradients are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("convolution/transposed-\(name)", of: "transposed convolution")
    #expect(try fixture.violations(results(fixture)) == [])
  }

  @Test func `the comparison sees output padding on the other side`() throws {  // negative control
    let fixture = try Fixture("convolution/transposed-line", of: "transposed convolution")
    let x = try fixture.tensor("input.x")
    let weight = try fixture.tensor("parameter.weight")
    let bias = try fixture.tensor("parameter.bias")
    // two more columns in front instead of behind: cut nothing, then drop the last three
    let y = convTranspose1d(x, weight, bias, stride: 3, padding: 0, outputPadding: 2)
    let shifted = y.slice(2, 0..<(try fixture.shape("output")[2]))
    #expect(try fixture.violations([("output", shifted)]).count == 1)
  }

  @Test func `every pixel writes its window, worked by hand`() {
    // 1, 2 by 1, 10, 100, two apart: 1 10 100 · ·
    //                                · ·  2  20 200, + bias 1000
    let y = convTranspose1d(Tensor([1, 2], [1, 1, 2]), Tensor([1, 10, 100], [1, 1, 3]), Tensor([1000]), stride: 2)
    #expect(y.shape == [1, 1, 5])
    #expect(y.elements == [1001, 1010, 1102, 1020, 1200])
    // cut one on either side, and one more behind
    let cut = convTranspose1d(
      Tensor([1, 2], [1, 1, 2]), Tensor([1, 10, 100], [1, 1, 3]), Tensor([1000]), stride: 2, padding: 1,
      outputPadding: 1)
    #expect(cut.elements == [1010, 1102, 1020, 1200])
  }

  @Test(arguments: [(1, 1, 0, 1), (2, 1, 1, 1), (3, 2, 0, 2), (2, 0, 2, 3)])
  func `it is the transpose of the convolution with the same weight`(
    _ stride: Int, _ padding: Int, _ outputPadding: Int, _ dilation: Int
  ) throws {
    // ⟨conv(y), x⟩ = ⟨y, convTranspose(x)⟩
    var stream = RandomStream(seed: 6, .sampling)
    for groups in [1, 2] {
      let weight = stream.normal(Shape(18, 20 / groups, 3, 2))
      let x = stream.normal([2, 18, 4, 5])
      let y = convTranspose2d(
        x, weight, nil, stride: (stride, 1), padding: (padding, 0), outputPadding: (outputPadding, 0),
        dilation: (dilation, 1), groups: groups)
      let other = stream.normal(y.shape)
      let image = conv2d(
        other, weight, nil, stride: (stride, 1), padding: (padding, 0), dilation: (dilation, 1), groups: groups
      )
      .slice(2, 0..<4)
      func inner(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.elements, b.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let size = inner(y, y).squareRoot() * inner(other, other).squareRoot()
      #expect(abs(inner(y, other) - inner(x, image)) < 1e-6 * size)
    }
  }

  @Test(arguments: [Activation.none, .relu, .tanh]) func `derivatives agree with differences`(_ activation: Activation)
  {
    var stream = RandomStream(seed: 7, .sampling)
    for (outputs, groups) in [(2, 1), (6, 1), (3, 2)] {
      let inputs: [(name: String, tensor: Tensor)] = [
        ("x", stream.normal([2, 4, 3, 4])), ("weight", stream.normal(Shape(4, outputs, 3, 2), deviation: 0.3)),
        ("bias", stream.normal(Shape(outputs * groups))),
      ]
      let check = checkGradients(inputs: inputs, step: 2e-3) { t, _ in
        convTranspose2d(
          t[0], t[1], t[2], stride: (2, 1), padding: (1, 0), outputPadding: (1, 0), dilation: (1, 2), groups: groups,
          activation: activation)
      }
      #expect(check.violations == [])
      #expect(check.count > 80)
    }
  }

  @Test func `gradients are added to what is there, and only wanted ones are computed`() throws {
    var stream = RandomStream(seed: 9, .sampling)
    for outputs in [2, 7] {
      let tape = Tape()
      let x = tape.watch(stream.normal([2, 5, 3, 4]))
      let weight = tape.watch(stream.normal(Shape(5, outputs, 3, 2)))
      let twice = convTranspose2d(x, weight, nil, stride: (2, 1)) + convTranspose2d(x, weight, nil, stride: (2, 1))
      let both = twice.gradients()
      let (other, third) = (Tape(), Tape())
      let (leafX, leafW) = (other.watch(x.detached), third.watch(weight.detached))
      let onlyX = convTranspose2d(leafX, weight.detached, nil, stride: (2, 1)).gradients()
      let onlyW = convTranspose2d(x.detached, leafW, nil, stride: (2, 1)).gradients()
      try expectClose(both[x], twoTimes(onlyX[leafX]), 1e-6)
      try expectClose(both[weight], twoTimes(onlyW[leafW]), 1e-6)
    }
  }

  @Test func `an empty batch gives an empty result and gradients of 0`() {
    let tape = Tape()
    let weight = tape.watch(Tensor.ones([1, 2, 3, 3]))
    let bias = tape.watch(Tensor.ones([2]))
    let y = convTranspose2d(Tensor.zeros([0, 1, 4, 4]), weight, bias)
    #expect(y.shape == [0, 2, 6, 6])
    let gradients = y.gradients()
    #expect(gradients[weight]?.elements == Array(repeating: 0, count: 18))
    #expect(gradients[bias]?.elements == [0, 0])
  }

  @Test func `huge, tiny and infinite values give what mathematics has`() {
    for outputs in [3, 17] {
      for value: Float in [1e4, -1e4, 1e-30, -1e-30, .infinity] {
        let weight = Tensor(repeating: 1, Shape(2, outputs, 2, 2))
        let y = convTranspose2d(Tensor(repeating: value, [1, 2, 3, 9]), weight, nil, stride: (3, 2))
        #expect(y.shape == Shape(1, outputs, 8, 18))
        // rows 0 and 1 of each three are written, the third is not
        #expect(y.elements[0] == 2 * value && y.elements[35] == 2 * value && y.elements[36] == 0)
        #expect(!y.elements.contains { $0.isNaN })
      }
    }
  }

  @Test func `sizes that do not fit stop with every shape`() async {
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = convTranspose2d(.zeros([1, 3, 8, 8]), .zeros([4, 2, 3, 3]), nil)
    }
    #expect(
      channels.message.contains(
        "convTranspose2d: input [1, 3, 8, 8], weight [4, 2, 3, 3]; expected [batch, inputs, height, width] and "
          + "[inputs, outputs / groups, window height, window width] with the same inputs, a multiple of the groups"))
    let groups = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = convTranspose1d(.zeros([1, 3, 8]), .zeros([3, 2, 3]), nil, groups: 2)
    }
    #expect(
      groups.message.contains(
        "convTranspose1d: input [1, 3, 8], weight [3, 2, 3], groups 2; expected [batch, inputs, length] and [inputs, "
          + "outputs / groups, window] with the same inputs, a multiple of the groups"))
    let bias = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = convTranspose2d(.zeros([1, 4, 8, 8]), .zeros([4, 2, 3, 3]), .zeros([2]), groups: 2)
    }
    #expect(bias.message.contains("convTranspose2d: bias of shape [2] for 4 outputs; expected [4]"))
    let output = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = convTranspose2d(.zeros([1, 4, 8, 8]), .zeros([4, 2, 3, 3]), nil, stride: (2, 1), outputPadding: (1, 1))
    }
    #expect(
      output.message.contains(
        "convTranspose2d: output padding [1, 1] with stride [2, 1] and dilation [1, 1]; expected at least 0 and less "
          + "than one of them"))
    let nothing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = convTranspose2d(.zeros([1, 4, 1, 8]), .zeros([4, 2, 2, 3]), nil, padding: (1, 1))
    }
    #expect(
      nothing.message.contains(
        "convTranspose2d: input [1, 4, 1, 8] and a window of [2, 3] with padding [1, 1] leave a result of [0, 8]; use "
          + "less padding or a larger input"))
  }
}

private func expectClose(_ found: Tensor?, _ expected: [Double], _ tolerance: Double) throws {
  try BraidTesting.expectClose(try #require(found), expected, tolerance)
}

private func twoTimes(_ tensor: Tensor?) -> [Double] { (tensor?.elements ?? []).map { 2 * Double($0) } }
