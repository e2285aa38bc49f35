import BraidTensor
import BraidTesting
import Testing

@Suite struct AdaptivePoolingTests {
  /// Over one axis or two as the fixture's size has them.
  private func results(_ fixture: Fixture, isMaximum: Bool) throws -> [(name: String, tensor: Tensor?)] {
    let size = try fixture.integers("input.size").map(Int.init)
    let x = Tape().watch(try fixture.tensor("input.x"))
    let y =
      switch (isMaximum, size.count) {
      case (true, 1): adaptiveMaxPool1d(x, to: size[0])
      case (false, 1): adaptiveAveragePool1d(x, to: size[0])
      case (true, _): adaptiveMaxPool2d(x, to: (size[0], size[1]))
      case (false, _): adaptiveAveragePool2d(x, to: (size[0], size[1]))
      }
    return [("output", y), ("gradient.input.x", y.gradients(upstream: try fixture.tensor("upstream"))[x])]
  }

  @Test(arguments: ["even", "uneven", "larger", "same", "global", "line", "line-global"])
  func `means of bins and their gradient are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("convolution/adaptive-average-\(name)", of: "adaptive average pooling")
    #expect(try fixture.violations(results(fixture, isMaximum: false)) == [])
  }

  @Test(arguments: ["even", "uneven", "larger", "same", "global", "line", "line-global", "ties"])
  func `maxima of bins and their gradient are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("convolution/adaptive-max-\(name)", of: "adaptive maximum pooling")
    #expect(try fixture.violations(results(fixture, isMaximum: true)) == [])
  }

  @Test func `the comparison sees the other pooling, and bins of equal width`() throws {  // negative controls
    let fixture = try Fixture("convolution/adaptive-max-uneven", of: "adaptive maximum pooling")
    #expect(try fixture.violations(results(fixture, isMaximum: false)).count == 2)
    // 13 elements in 5 bins
    let line = try Fixture("convolution/adaptive-average-line", of: "adaptive average pooling")
    let equal = averagePool1d(try line.tensor("input.x"), window: 3, stride: 2).slice(2, 0..<5)
    #expect(try line.violations([("output", equal)]).count == 1)
  }

  @Test func `bins share the element their border falls in, worked by hand`() throws {
    // 5 elements in 3 bins: 0 ..< 2, 1 ..< 4, 3 ..< 5
    let x = Tensor([1, 2, 4, 8, 16], [1, 1, 5])
    try expectClose(adaptiveAveragePool1d(x, to: 3), [1.5, 14 / 3, 12])
    #expect(adaptiveMaxPool1d(x, to: 3).elements == [2, 8, 16])
    // more bins than elements repeat them
    #expect(adaptiveMaxPool1d(Tensor([1, 2], [1, 1, 2]), to: 4).elements == [1, 1, 2, 2])
  }

  @Test func `where the size divides, they are the ordinary poolings`() {
    var stream = RandomStream(seed: 1, .sampling)
    let x = stream.normal([2, 3, 6, 8])
    #expect(adaptiveMaxPool2d(x, to: (3, 2)).elements == maxPool2d(x, window: (2, 4)).elements)
    #expect(adaptiveAveragePool2d(x, to: (6, 8)).elements == x.elements)
  }

  @Test func `global pooling is one bin a channel, without the axes`() throws {
    for kind in ["global", "line-global"] {
      for isMaximum in [false, true] {
        let fixture = try Fixture(
          "convolution/adaptive-\(isMaximum ? "max" : "average")-\(kind)", of: "global pooling")
        let x = Tape().watch(try fixture.tensor("input.x"))
        let y = isMaximum ? globalMaxPool(x) : globalAveragePool(x)
        #expect(y.shape == Shape(x.shape[0], x.shape[1]))
        let golden = try fixture.shape("output")
        let upstream = try fixture.tensor("upstream").reshaped(y.shape)
        let gradient = y.gradients(upstream: upstream)[x]
        #expect(
          try fixture.violations([("output", y.detached.reshaped(golden)), ("gradient.input.x", gradient)]) == [])
      }
    }
  }

  @Test func `gradients are added to what is there`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 5, 3, 4], [1, 1, 4]))
    // means of 0 ..< 2 and 2 ..< 4: ½ each; the largest: 1 at the second
    let y = adaptiveAveragePool1d(x, to: 2).sum() + globalMaxPool(x).sum()
    #expect(y.gradients()[x]?.elements == [0.5, 1.5, 0.5, 0.5])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 2, .sampling)
    let x: [(name: String, tensor: Tensor)] = [("x", stream.normal([2, 2, 5, 7], deviation: 3))]
    let pools: [(Tensor) -> Tensor] = [
      { adaptiveAveragePool2d($0, to: (3, 4)) }, { adaptiveMaxPool2d($0, to: (2, 3)) }, { globalAveragePool($0) },
      { globalMaxPool($0) },
    ]
    for pool in pools {
      let check = checkGradients(inputs: x, step: 1e-3) { x, _ in pool(x[0]) }
      #expect(check.violations == [])
      #expect(check.count > 30)
    }
  }

  @Test func `NaN, infinities, huge and tiny values are results`() throws {
    let x = Tensor([1, .nan, 3, 4, -.infinity, -.infinity], [1, 3, 2])
    let largest = globalMaxPool(x).elements
    #expect(largest[0].isNaN && largest[1] == 4 && largest[2] == -.infinity)
    #expect(globalAveragePool(Tensor([1e4, -1e4, 1e-30, 1e-30], [1, 2, 2])).elements == [0, 1e-30])
    // a mean of many numbers keeps its digits
    let plane = Tensor(repeating: 0.1, [1, 1, 512, 512])
    try expectClose(globalAveragePool(plane), [Double(Float(0.1))], 1e-6)
  }

  @Test func `an empty batch gives an empty result`() {
    #expect(adaptiveAveragePool2d(.zeros([0, 3, 4, 4]), to: (2, 2)).shape == [0, 3, 2, 2])
    #expect(globalMaxPool(.zeros([0, 3, 4])).shape == [0, 3])
  }

  @Test func `sizes that do not fit stop with every shape`() async {
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = adaptiveAveragePool2d(.zeros([2, 3, 4]), to: (1, 1))
    }
    #expect(
      rank.message.contains(
        "adaptiveAveragePool2d: input of shape [2, 3, 4]; expected [batch, channels, height, width]"))
    let both = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = globalMaxPool(.zeros([2, 3]))
    }
    #expect(
      both.message.contains(
        "globalMaxPool: input of shape [2, 3]; expected [batch, channels, length] or [batch, channels, height, width]"))
    let empty = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = adaptiveMaxPool1d(.zeros([2, 3, 0]), to: 2)
    }
    #expect(
      empty.message.contains(
        "adaptiveMaxPool1d: input of shape [2, 3, 0] has nothing to pool; expected at least 1 in each axis behind the "
          + "channels"))
    let size = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = adaptiveMaxPool2d(.zeros([2, 3, 4, 4]), to: (0, 2))
    }
    #expect(
      size.message.contains(
        "adaptiveMaxPool2d: a result of 0 rows and 2 columns for input [2, 3, 4, 4]; expected at least 1"))
    let columns = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = adaptiveAveragePool1d(.zeros([2, 3, 4]), to: -1)
    }
    #expect(
      columns.message.contains("adaptiveAveragePool1d: a result of -1 columns for input [2, 3, 4]; expected at least 1")
    )
  }
}
