import BraidTensor
import BraidTesting
import Testing

@Suite struct GroupNormalizationTests {
  private func results(_ fixture: Fixture, groups: Int? = nil) throws -> [(name: String, tensor: Tensor?)] {
    let tape = Tape()
    let x = tape.watch(try fixture.tensor("input.x"))
    let gain = try fixture.optional("parameter.gain").map { tape.watch($0) }
    let bias = try fixture.optional("parameter.bias").map { tape.watch($0) }
    let y = groupNorm(x, groups: try groups ?? Int(fixture.integers("input.groups")[0]), gain, bias)
    let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [("output", y), ("gradient.input.x", gradients[x])]
    if let gain { found.append(("gradient.parameter.gain", gradients[gain])) }
    if let bias { found.append(("gradient.parameter.bias", gradients[bias])) }
    return found
  }

  @Test(arguments: [
    "images", "vectors", "sequences", "whole", "instance", "instance-bare", "pair", "far-from-zero", "large",
  ])
  func `output and all gradients are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("normalization/group-\(name)")
    #expect(try fixture.violations(results(fixture)) == [])
  }

  @Test func `the comparison sees another number of groups`() throws {  // negative control
    let fixture = try Fixture("normalization/group-images")
    // the gradient of the bias, Σ g, is the same for all
    #expect(try fixture.violations(results(fixture, groups: 2)).count == 3)
  }

  @Test func `a group has mean 0 and variance 1, worked by hand`() throws {
    // groups 1, 3 and 5, 9: means 2 and 7, variances 1 and 4; gain 1, 10, 1, 10
    let y = groupNorm(Tensor([1, 3, 5, 9], [1, 4]), groups: 2, Tensor([1, 10, 1, 10]), nil)
    try expectClose(y, [-0.999995, 9.99995, -0.99999875, 9.9999875])
  }

  @Test func `one group is layer normalisation of the sample`() throws {
    var stream = RandomStream(seed: 1, .sampling)
    let x = stream.normal([3, 4, 5])
    let layer = layerNorm(x.reshaped(3, 20), nil, nil)
    try expectClose(groupNorm(x, groups: 1, nil, nil), layer.elements.map(Double.init), 1e-6)
  }

  @Test func `a sample's result does not depend on the others`() {
    var stream = RandomStream(seed: 2, .sampling)
    let x = stream.normal([3, 4, 5])
    let alone = groupNorm(x.slice(0, 1..<2), groups: 2, nil, nil)
    #expect(groupNorm(x, groups: 2, nil, nil).slice(0, 1..<2).elements == alone.elements)
  }

  @Test(arguments: [0, 0.1, 1e4, -1e4, 12345.678, 3e-30] as [Float])
  func `a constant group normalises to exactly 0`(_ value: Float) {
    for width in [1, 7, 300] {
      let tape = Tape()
      let x = tape.watch(Tensor(repeating: value, Shape(2, 6, width)))
      let y = groupNorm(x, groups: 3, nil, Tensor(repeating: 0.5, [6]))
      #expect(y.elements == Array(repeating: 0.5, count: 12 * width))
      #expect(y.gradients()[x]?.isFinite == true)
    }
  }

  @Test func `only wanted gradients are computed, and shares of one tensor add up`() throws {
    var stream = RandomStream(seed: 3, .sampling)
    let (x, gain, upstream) = (stream.normal([2, 4, 3]), stream.normal([4]), stream.normal([2, 4, 3]))
    let tape = Tape()
    let (leafX, leafGain) = (tape.watch(x), tape.watch(gain))
    let all = groupNorm(leafX, groups: 2, leafGain, nil).gradients(upstream: upstream)
    let other = Tape()
    let onlyGain = other.watch(gain)
    let only = groupNorm(x, groups: 2, onlyGain, nil).gradients(upstream: upstream)
    #expect(only[onlyGain]?.elements == all[leafGain]?.elements)
    let third = Tape()
    let both = third.watch(x)
    let twice = (groupNorm(both, groups: 2, gain, nil) + groupNorm(both, groups: 2, gain, nil))
      .gradients(upstream: upstream)
    let expected = try #require(all[leafX]).elements.map { 2 * Double($0) }
    try expectClose(try #require(twice[both]), expected, 1e-6)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 4, .sampling)
    for shape in [[2, 6, 2, 3], [2, 6]] as [Shape] {
      let inputs: [(name: String, tensor: Tensor)] = [
        ("x", stream.normal(shape)), ("gain", stream.normal([6])), ("bias", stream.normal([6])),
      ]
      let check = checkGradients(inputs: inputs) { t, _ in groupNorm(t[0], groups: 2, t[1], t[2]) }
      #expect(check.violations == [])
      #expect(check.count >= 24)
    }
  }

  @Test func `an empty batch gives an empty result and gradients of 0`() {
    let tape = Tape()
    let gain = tape.watch(Tensor.ones([4]))
    let y = groupNorm(.zeros([0, 4, 3]), groups: 2, gain, nil)
    #expect(y.shape == [0, 4, 3])
    #expect(y.gradients()[gain]?.elements == [0, 0, 0, 0])
  }

  @Test func `shapes that do not fit stop with every shape`() async {
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = groupNorm(.zeros([3]), groups: 1, nil, nil)
    }
    #expect(rank.message.contains("groupNorm: input of shape [3]; expected [batch, channels, …]"))
    let groups = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = groupNorm(.zeros([2, 6, 5]), groups: 4, nil, nil)
    }
    #expect(
      groups.message.contains(
        "groupNorm: 4 groups for the 6 channels of [2, 6, 5]; expected a number that divides the channels"))
    let gain = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = groupNorm(.zeros([2, 6, 5]), groups: 2, .ones([3]), nil)
    }
    #expect(gain.message.contains("groupNorm: gain of shape [3] for input [2, 6, 5]; expected [6]"))
  }
}
