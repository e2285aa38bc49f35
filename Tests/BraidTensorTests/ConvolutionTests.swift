import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// A convolution as the definition has it: seven loops in `Double`.
private func convolutionByDefinition(
  _ x: Tensor, _ weight: Tensor, stride: (Int, Int), padding: (Int, Int), dilation: (Int, Int) = (1, 1),
  groups: Int = 1, rows: Int, columns: Int
) -> [Double] {
  let (channels, height, width) = (x.shape[1], x.shape[2], x.shape[3])
  let (outputs, inputs, tall, wide) = (weight.shape[0], weight.shape[1], weight.shape[2], weight.shape[3])
  var y: [Double] = []
  for b in 0..<x.shape[0] {
    for o in 0..<outputs {
      let first = o / (outputs / groups) * inputs  // of the group's channels
      for r in 0..<rows {
        for s in 0..<columns {
          var sum = 0.0
          for c in 0..<inputs {
            for i in 0..<tall {
              for j in 0..<wide {
                let row = r * stride.0 + i * dilation.0 - padding.0
                let column = s * stride.1 + j * dilation.1 - padding.1
                guard row >= 0, row < height, column >= 0, column < width else { continue }
                sum +=
                  Double(weight.pointer[((o * inputs + c) * tall + i) * wide + j])
                  * Double(x.pointer[((b * channels + first + c) * height + row) * width + column])
              }
            }
          }
          y.append(sum)
        }
      }
    }
  }
  return y
}

@Suite struct ConvolutionTests {
  /// A fixture's convolution with its gradients, under the fixture's names; over one axis or two as its input has them.
  private func results(_ fixture: Fixture) throws -> [(name: String, tensor: Tensor?)] {
    let tape = Tape()
    let x = tape.watch(try fixture.tensor("input.x"))
    let weight = tape.watch(try fixture.tensor("parameter.weight"))
    let bias = try fixture.optional("parameter.bias").map { tape.watch($0) }
    func setting(_ name: String) throws -> [Int] { try fixture.integers("input.\(name)").map(Int.init) }
    let (stride, padding, dilation) = (try setting("stride"), try setting("padding"), try setting("dilation"))
    let groups = try setting("groups")[0]
    let isRectified = try fixture.doubles("output").allSatisfy { $0 >= 0 }
    let activation: Activation = isRectified ? .relu : .none
    let y =
      x.shape.rank == 4
      ? conv2d(
        x, weight, bias, stride: (stride[0], stride[1]), padding: (padding[0], padding[1]),
        dilation: (dilation[0], dilation[1]), groups: groups, activation: activation)
      : conv1d(
        x, weight, bias, stride: stride[0], padding: padding[0], dilation: dilation[0], groups: groups,
        activation: activation)
    let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [
      ("output", y), ("gradient.input.x", gradients[x]), ("gradient.parameter.weight", gradients[weight]),
    ]
    if let bias { found.append(("gradient.parameter.bias", gradients[bias])) }
    return found
  }

  @Test(arguments: [
    "plain", "same", "strided", "strided-same", "whole-input", "pointwise", "stride-beyond-window",
    "more-padding-than-window", "relu", "deep", "dilated", "dilated-strided", "dilated-even", "grouped",
    "grouped-strided", "depthwise", "depthwise-multiplied", "depthwise-relu", "groups-of-many-to-one",
    "groups-of-one-to-many", "filtered-five", "filtered-three", "filtered-uneven", "filtered-none-padded", "line",
    "line-one", "line-strided", "line-depthwise", "line-grouped",
  ])
  func `output and all gradients are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("convolution/\(name)", of: "convolution")
    #expect(try fixture.violations(results(fixture)) == [])
  }

  @Test func `the comparison sees a transposed window`() throws {  // negative control
    let fixture = try Fixture("convolution/same", of: "convolution")
    let x = try fixture.tensor("input.x")
    let weight = try fixture.tensor("parameter.weight")
    var swapped = weight.elements
    for window in 0..<15 {
      for i in 0..<3 { for j in 0..<3 { swapped[window * 9 + i * 3 + j] = weight.elements[window * 9 + j * 3 + i] } }
    }
    let y = conv2d(x, Tensor(swapped, weight.shape), try fixture.tensor("parameter.bias"), padding: (1, 1))
    #expect(try fixture.violations([("output", y)]).count == 1)
  }

  @Test func `a window slides over the input, worked by hand`() throws {
    // x = 1 2 3   w = 1 0   y = 1·1 + 5·2 = 11, 2 + 6·2 = 14; 4 + 8·2 = 20, 5 + 9·2 = 23; + bias 100
    //     4 5 6       0 2
    //     7 8 9
    let x = Tensor([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 1, 3, 3])
    let y = conv2d(x, Tensor([1, 0, 0, 2], [1, 1, 2, 2]), Tensor([100]))
    #expect(y.shape == [1, 1, 2, 2])
    #expect(y.elements == [111, 114, 120, 123])
  }

  @Test func `dilation and groups, worked by hand`() throws {
    // x = 1 2 3 4 5, window 1, 10 two apart: 1 + 30, 2 + 40, 3 + 50
    let line = conv1d(Tensor([1, 2, 3, 4, 5], [1, 1, 5]), Tensor([1, 10], [1, 1, 2]), nil, dilation: 2)
    #expect(line.shape == [1, 1, 3])
    #expect(line.elements == [31, 42, 53])
    // two groups of one channel: the first doubled, the second negated; + bias 100, 200
    let groups = conv2d(
      Tensor([1, 2, 3, 4], [1, 2, 1, 2]), Tensor([2, -1], [2, 1, 1, 1]), Tensor([100, 200]), groups: 2)
    #expect(groups.elements == [102, 104, 197, 196])
  }

  @Test(arguments: [
    // batch, channels, height, width, outputs, window, stride, padding, dilation, groups: more pixels or taps than one
    // block, ragged panels
    [1, 1, 29, 31, 2, 3, 3, 1, 1, 1, 1, 1, 1, 1], [2, 3, 40, 41, 17, 5, 4, 1, 1, 2, 0, 1, 1, 1],
    [1, 70, 6, 5, 24, 3, 3, 2, 1, 1, 1, 1, 1, 1], [3, 1, 57, 30, 1, 7, 7, 2, 2, 3, 3, 1, 1, 1],
    [1, 300, 3, 2, 33, 1, 1, 1, 1, 0, 0, 1, 1, 1], [2, 4, 1, 19, 5, 1, 6, 1, 4, 0, 5, 1, 1, 1],
    [1, 66, 31, 30, 34, 3, 3, 1, 1, 2, 2, 2, 2, 2], [2, 14, 33, 17, 35, 3, 2, 2, 3, 4, 1, 3, 2, 7],
    [1, 40, 9, 35, 40, 3, 3, 1, 1, 1, 1, 1, 1, 40], [2, 6, 8, 71, 24, 2, 5, 3, 2, 0, 4, 1, 2, 6],
    [1, 5, 30, 30, 6, 4, 4, 6, 4, 5, 5, 4, 6, 1], [2, 20, 5, 5, 3, 3, 3, 1, 1, 1, 1, 1, 1, 1],
    // by minimal filtering: several parts a sample, several samples a part, many channels, ragged everything
    [1, 16, 61, 47, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1], [2, 17, 43, 37, 35, 5, 5, 1, 1, 2, 2, 1, 1, 1],
    [23, 33, 3, 15, 18, 5, 5, 1, 1, 4, 1, 1, 1, 1], [1, 256, 15, 17, 20, 5, 5, 1, 1, 2, 2, 1, 1, 1],
    [1, 20, 15, 17, 256, 3, 3, 1, 1, 0, 2, 1, 1, 1], [1, 16, 3, 301, 16, 3, 3, 1, 1, 1, 1, 1, 1, 1],
    [5, 16, 8, 7, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1], [1, 16, 1, 64, 16, 5, 5, 1, 1, 4, 4, 1, 1, 1],
  ])
  func `any size agrees with the definition`(_ n: [Int]) throws {
    var stream = RandomStream(seed: 3, .sampling, path: "\(n)")
    let x = stream.normal(Shape(n[0], n[1], n[2], n[3]))
    let weight = stream.normal(Shape(n[4], n[1] / n[13], n[5], n[6]))
    func convolution(_ x: Tensor, _ weight: Tensor) -> Tensor {
      conv2d(
        x, weight, nil, stride: (n[7], n[8]), padding: (n[9], n[10]), dilation: (n[11], n[12]), groups: n[13])
    }
    let y = convolution(x, weight)
    let expected = convolutionByDefinition(
      x, weight, stride: (n[7], n[8]), padding: (n[9], n[10]), dilation: (n[11], n[12]), groups: n[13],
      rows: y.shape[2], columns: y.shape[3])
    try expectClose(y, expected, 4e-6)
    // The convolution is linear in x and in w, so ⟨g, y⟩ = ⟨dx, x⟩ = ⟨dw, w⟩ for every upstream g.
    let tape = Tape()
    let upstream = stream.normal(y.shape)
    let (leafX, leafW) = (tape.watch(x), tape.watch(weight))
    let gradients = convolution(leafX, leafW).gradients(upstream: upstream)
    func inner(_ a: Tensor, _ b: Tensor) -> Double {
      zip(a.elements, b.elements).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let size = inner(y, y).squareRoot() * inner(upstream, upstream).squareRoot()
    #expect(abs(inner(upstream, y) - inner(try #require(gradients[leafX]), x)) < 1e-6 * size)
    #expect(abs(inner(upstream, y) - inner(try #require(gradients[leafW]), weight)) < 1e-6 * size)
  }

  @Test(arguments: [(1, 2), (2, 2), (6, 12)])
  func `a convolution in groups is one convolution a group, side by side`(_ groups: Int, _ outputs: Int) throws {
    var stream = RandomStream(seed: 5, .sampling)
    let x = stream.normal([2, 6, 5, 7])
    let weight = stream.normal(Shape(outputs, 6 / groups, 3, 3))
    let whole = conv2d(x, weight, nil, padding: (1, 1), groups: groups)
    let channels = x.split(1, Array(repeating: 6 / groups, count: groups))
    let weights = weight.split(0, Array(repeating: outputs / groups, count: groups))
    let parts = zip(channels, weights).map { conv2d($0, $1, nil, padding: (1, 1)) }
    try expectClose(whole, concatenate(parts, axis: 1).elements.map(Double.init), 1e-6)
  }

  @Test(arguments: Activation.allCases) func `derivatives agree with differences`(_ activation: Activation) {
    var stream = RandomStream(seed: 7, .sampling)
    let inputs: [(name: String, tensor: Tensor)] = [
      ("x", stream.normal([2, 2, 5, 4])), ("weight", stream.normal([3, 2, 3, 2], deviation: 0.3)),
      ("bias", stream.normal([3])),
    ]
    let check = checkGradients(inputs: inputs, step: 2e-3) { tensors, _ in
      conv2d(tensors[0], tensors[1], tensors[2], stride: (2, 1), padding: (1, 1), activation: activation)
    }
    #expect(check.violations == [])
    #expect(check.count > 60)
  }

  @Test(arguments: [1, 2, 6]) func `derivatives with dilation and groups agree with differences`(_ groups: Int) {
    var stream = RandomStream(seed: 8, .sampling)
    let inputs: [(name: String, tensor: Tensor)] = [
      ("x", stream.normal([2, 6, 7, 5])), ("weight", stream.normal(Shape(12, 6 / groups, 3, 2), deviation: 0.3)),
      ("bias", stream.normal([12])),
    ]
    let check = checkGradients(inputs: inputs) { tensors, _ in
      conv2d(tensors[0], tensors[1], tensors[2], stride: (2, 1), padding: (1, 1), dilation: (2, 3), groups: groups)
    }
    #expect(check.violations == [])
    #expect(check.count > 100)
    let line = checkGradients(inputs: [("x", stream.normal([2, 6, 11])), ("weight", stream.normal([6, 1, 3]))]) {
      x, _ in conv1d(x[0], x[1], nil, stride: 2, padding: 2, dilation: 2, groups: 6)
    }
    #expect(line.violations == [])
  }

  @Test(arguments: [1, 3]) func `gradients are added to what is there`(_ groups: Int) throws {
    var stream = RandomStream(seed: 9, .sampling)
    for (channels, outputs) in [(3, 3), (18, 15)] {
      let tape = Tape()
      let x = tape.watch(stream.normal(Shape(2, channels, 6, 5)))
      let weight = tape.watch(stream.normal(Shape(outputs, channels / groups, 3, 2)))
      let once = conv2d(x, weight, nil, stride: (2, 1), dilation: (1, 2), groups: groups)
      let twice = once + conv2d(x, weight, nil, stride: (2, 1), dilation: (1, 2), groups: groups)
      let both = twice.gradients()
      let other = Tape()
      let (leafX, leafW) = (other.watch(x.detached), other.watch(weight.detached))
      let single = conv2d(leafX, leafW, nil, stride: (2, 1), dilation: (1, 2), groups: groups).gradients()
      for (leaf, alone) in [(x, leafX), (weight, leafW)] {
        let expected = try #require(single[alone]).elements.map { 2 * Double($0) }
        try expectClose(try #require(both[leaf]), expected, 1e-6)
      }
    }
  }

  @Test func `a tensor used twice collects both shares, and one nobody wants gets none`() throws {
    // y = w ⋆ x with w and x both 1 × 1 and the same tensor: y = x², dx = 2 x
    let tape = Tape()
    let x = tape.watch(Tensor([3], [1, 1, 1, 1]))
    #expect(conv2d(x, x, nil).gradients()[x]?.elements == [6])
    let other = Tape()
    let weight = other.watch(Tensor([2], [1, 1, 1, 1]))
    let constant = Tensor([5], [1, 1, 1, 1])
    let gradients = conv2d(constant, weight, nil).gradients()
    #expect(gradients[weight]?.elements == [5])
    #expect(gradients[constant] == nil)
  }

  @Test func `an empty batch gives an empty result and gradients of 0`() throws {
    let tape = Tape()
    let weight = tape.watch(Tensor.ones([2, 1, 3, 3]))
    let bias = tape.watch(Tensor.ones([2]))
    let y = conv2d(Tensor.zeros([0, 1, 4, 4]), weight, bias, activation: .relu)
    #expect(y.shape == [0, 2, 2, 2])
    let gradients = y.gradients()
    #expect(gradients[weight]?.elements == Array(repeating: 0, count: 18))
    #expect(gradients[bias]?.elements == [0, 0])
  }

  @Test func `values of ±10⁴ stay exact and NaN passes through ReLU`() {
    let y = conv2d(
      Tensor([1e4, -1e4, 1e4, .nan], [1, 1, 1, 4]), Tensor([1e4, 1e4], [1, 1, 1, 2]), nil, activation: .relu)
    #expect(y.elements[0] == 0)
    #expect(y.elements[1] == 0)
    #expect(y.elements[2].isNaN)
  }

  @Test(arguments: [1, 6]) func `huge, tiny and infinite values give what mathematics has`(_ groups: Int) {
    // outputs and channels a group both few and many: every kernel
    for outputs in [6, 36] {
      let weight = Tensor(repeating: 1, Shape(outputs, 6 / groups, 3, 3))
      for value: Float in [1e4, -1e4, 1e-30, -1e-30, .infinity] {
        let tape = Tape()
        let x = tape.watch(Tensor(repeating: value, [1, 6, 4, 21]))
        let y = conv2d(x, weight, nil, padding: (1, 1), groups: groups)
        let corner = Float(4 * 6 / groups) * value  // four of the nine pixels lie inside
        #expect(abs(y.elements[0] - corner) <= 1e-5 * abs(corner) || y.elements[0] == corner)
        let g = Tensor(repeating: value, y.shape)
        #expect(y.gradients(upstream: g)[x]?.elements.allSatisfy { $0.isFinite == value.isFinite && !$0.isNaN } == true)
      }
    }
  }

  @Test func `sizes that do not fit stop with every shape`() async {
    let channels = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(.zeros([1, 3, 8, 8]), .zeros([4, 2, 3, 3]), nil)
    }
    #expect(
      channels.message.contains(
        "conv2d: input [1, 3, 8, 8], weight [4, 2, 3, 3]; expected [batch, channels, height, width]"))
    let bias = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(.zeros([1, 2, 8, 8]), .zeros([4, 2, 3, 3]), .zeros([5]))
    }
    #expect(bias.message.contains("conv2d: bias of shape [5] for 4 outputs; expected [4]"))
    let window = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(.zeros([1, 2, 4, 8]), .zeros([4, 2, 7, 3]), nil, padding: (1, 0))
    }
    #expect(
      window.message.contains("conv2d: a window of [7, 3] does not fit input [1, 2, 4, 8] with padding [1, 0]: [6, 8]"))
    let stride = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(.zeros([1, 2, 4, 8]), .zeros([4, 2, 3, 3]), nil, stride: (0, 1))
    }
    #expect(stride.message.contains("conv2d: stride (0, 1) and padding (0, 0); expected at least 1 and at least 0"))
  }

  @Test func `groups, dilation and lengths that do not fit stop with every shape`() async {
    let groups = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(.zeros([1, 6, 8, 8]), .zeros([4, 2, 3, 3]), nil, groups: 3)
    }
    #expect(
      groups.message.contains(
        "conv2d: input [1, 6, 8, 8], weight [4, 2, 3, 3], groups 3; expected [batch, channels, height, width] and "
          + "[outputs, channels / groups, window height, window width], channels and outputs multiples of the groups"))
    let dilation = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(.zeros([1, 2, 8, 8]), .zeros([4, 2, 3, 3]), nil, dilation: (1, 0))
    }
    #expect(dilation.message.contains("conv2d: dilation (1, 0); expected at least 1"))
    let holes = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv2d(.zeros([1, 2, 4, 8]), .zeros([4, 2, 3, 3]), nil, dilation: (2, 3))
    }
    #expect(
      holes.message.contains(
        "conv2d: a window of [3, 3] with dilation [2, 3], which covers [5, 7], does not fit input [1, 2, 4, 8] with "
          + "padding [0, 0]: [4, 8] with its padding; use a smaller window or more padding"))
    let line = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv1d(.zeros([1, 3, 8]), .zeros([4, 2, 3]), nil)
    }
    #expect(
      line.message.contains(
        "conv1d: input [1, 3, 8], weight [4, 2, 3]; expected [batch, channels, length] and [outputs, channels, window] "
          + "with the same channels"))
    let short = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv1d(.zeros([1, 3, 4]), .zeros([4, 3, 7]), nil, padding: 1)
    }
    #expect(
      short.message.contains(
        "conv1d: a window of [7] does not fit input [1, 3, 4] with padding [1]: [6] with its padding"))
    let stride = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = conv1d(.zeros([1, 3, 4]), .zeros([4, 3, 3]), nil, stride: 0)
    }
    #expect(stride.message.contains("conv1d: stride 0 and padding 0; expected at least 1 and at least 0"))
  }
}
