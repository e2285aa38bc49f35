import BraidTensor
import BraidTesting
import Testing

@Suite struct PoolingTests {
  private typealias Pool = (Tensor, (Int, Int), (Int, Int), (Int, Int)) -> Tensor
  private let maximum: Pool = { maxPool2d($0, window: $1, stride: $2, padding: $3) }
  private let average: Pool = { averagePool2d($0, window: $1, stride: $2, padding: $3) }
  private let counting: Pool = { averagePool2d($0, window: $1, stride: $2, padding: $3, countingPadding: true) }
  private let maximumLine: Pool = { maxPool1d($0, window: $1.0, stride: $2.0, padding: $3.0) }
  private let averageLine: Pool = { averagePool1d($0, window: $1.0, stride: $2.0, padding: $3.0) }
  private let countingLine: Pool = {
    averagePool1d($0, window: $1.0, stride: $2.0, padding: $3.0, countingPadding: true)
  }

  private func results(_ fixture: Fixture, _ pool: Pool) throws -> [(name: String, tensor: Tensor?)] {
    func pair(_ name: String) throws -> (Int, Int) {
      let numbers = try fixture.integers("input.\(name)")
      return (Int(numbers[0]), Int(numbers[numbers.count - 1]))
    }
    let x = Tape().watch(try fixture.tensor("input.x"))
    let y = pool(x, try pair("window"), try pair("stride"), try pair("padding"))
    return [("output", y), ("gradient.input.x", y.gradients(upstream: try fixture.tensor("upstream"))[x])]
  }

  @Test(arguments: ["pairs", "odd", "overlapping", "dense", "sparse", "global", "single", "ties", "ties-overlapping"])
  func `maxima and their gradient are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("convolution/max-\(name)", of: "maximum pooling")
    #expect(try fixture.violations(results(fixture, maximum)) == [])
  }

  @Test(arguments: ["pairs", "odd", "overlapping", "dense", "sparse", "global", "single"])
  func `means and their gradient are PyTorch's`(_ name: String) throws {
    let fixture = try Fixture("convolution/average-\(name)", of: "average pooling")
    #expect(try fixture.violations(results(fixture, average)) == [])
  }

  @Test func `means that count padding are PyTorch's`() throws {
    let fixture = try Fixture("convolution/average-counting-padding", of: "average pooling")
    #expect(try fixture.violations(results(fixture, counting)) == [])
    #expect(try fixture.violations(results(fixture, average)).count == 2)  // negative control
    let line = try Fixture("convolution/average-counting-line", of: "average pooling")
    #expect(try line.violations(results(line, countingLine)) == [])
  }

  @Test(arguments: ["line", "line-dense", "line-one"])
  func `over one axis they are PyTorch's too`(_ name: String) throws {
    let largest = try Fixture("convolution/max-\(name)", of: "maximum pooling")
    #expect(try largest.violations(results(largest, maximumLine)) == [])
    let mean = try Fixture("convolution/average-\(name)", of: "average pooling")
    #expect(try mean.violations(results(mean, averageLine)) == [])
  }

  @Test func `the comparison sees the other pooling`() throws {  // negative control
    let fixture = try Fixture("convolution/max-overlapping", of: "maximum pooling")
    #expect(try fixture.violations(results(fixture, average)).count == 2)
  }

  @Test func `at a tie the first in row order gets the whole gradient`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 5, 5, 5], [1, 1, 2, 2]))
    #expect(maxPool2d(x, window: (2, 2)).gradients(upstream: Tensor([7], [1, 1, 1, 1]))[x]?.elements == [0, 7, 0, 0])
  }

  @Test func `padding never wins a maximum and counts as absent in a mean`() {
    let x = Tensor([-1, -2, -3, -4], [1, 1, 2, 2])
    // windows of 2 × 2 from (−1, −1), stride 2: each holds one element
    #expect(maxPool2d(x, window: (2, 2), padding: (1, 1)).elements == [-1, -2, -3, -4])
    #expect(averagePool2d(x, window: (2, 2), padding: (1, 1)).elements == [-1, -2, -3, -4])
    #expect(averagePool2d(x, window: (2, 2), stride: (1, 1), padding: (0, 1)).elements == [-2, -2.5, -3])
    // counted, it is three zeros more in each window
    #expect(
      averagePool2d(x, window: (2, 2), padding: (1, 1), countingPadding: true).elements == [-0.25, -0.5, -0.75, -1])
  }

  @Test func `rows and columns no window reaches get a gradient of 0`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 2, 9, 3, 4, 9, 9, 9, 9], [1, 1, 3, 3]))
    let y = maxPool2d(x, window: (2, 2))
    #expect(y.elements == [4])
    #expect(y.gradients()[x]?.elements == [0, 0, 0, 0, 1, 0, 0, 0, 0])
  }

  @Test func `gradients of two poolings of one tensor add up`() {
    let tape = Tape()
    let x = tape.watch(Tensor([1, 2, 3, 4], [1, 1, 2, 2]))
    let other = tape.watch(Tensor([0, 0, 0, 0], [1, 1, 2, 2]))
    let pooled = maxPool2d(x, window: (2, 2))
    let mean = averagePool2d(x, window: (2, 2))
    // the last operation joins both: f = 10 · max + 4 · mean
    let joined = Tensor([10 * pooled.scalar + 4 * mean.scalar], [1, 1, 1, 1]).recorded(
      "join", from: pooled, mean, other
    ) {
      g, sink in
      sink.add(Tensor([10 * g.scalar], [1, 1, 1, 1]), to: pooled)
      sink.add(Tensor([4 * g.scalar], [1, 1, 1, 1]), to: mean)
    }
    #expect(joined.gradients()[x]?.elements == [1, 1, 1, 11])
  }

  @Test(arguments: 1...20) func `windows of 2 × 2 side by side, rows of any length`(_ columns: Int) throws {
    var stream = RandomStream(seed: 4, .sampling, path: "\(columns)")
    for width in [2 * columns, 2 * columns + 1] {
      // few different numbers, so that windows have ties; one is NaN and one infinite
      let x = stream.normal(Shape(1, 3, 5, width), deviation: 1.5)
      for at in 0..<x.count { x.pointer[at].round() }
      (x.pointer[1], x.pointer[width + 2 * columns - 2]) = (.nan, -.infinity)
      let tape = Tape()
      let leaf = tape.watch(x)
      let y = maxPool2d(leaf, window: (2, 2))
      let g = stream.normal(y.shape)
      let gx = try #require(y.gradients(upstream: g)[leaf])
      let expected = Tensor.zeros(x.shape)
      for at in 0..<y.count {
        let corner = (at / columns / 2 * 5 + at / columns % 2 * 2) * width + at % columns * 2
        let window = [corner, corner + 1, corner + width, corner + width + 1]
        let largest = window.map { x.pointer[$0] }.reduce(-.infinity) { $1 > $0 || $1.isNaN ? $1 : $0 }
        #expect(y.pointer[at] == largest || y.pointer[at].isNaN && largest.isNaN)
        let first = try #require(window.first { !(x.pointer[$0] < largest) })
        expected.pointer[first] = g.pointer[at]
      }
      #expect(gx.elements == expected.elements)
    }
  }

  @Test func `NaN and infinities are results, not lost`() {
    let y = maxPool2d(Tensor([1, .nan, 3, 4, -.infinity, -.infinity], [1, 1, 1, 6]), window: (1, 2))
    #expect(y.elements[0].isNaN)
    #expect(Array(y.elements[1...]) == [4, -.infinity])
    let overlapping = maxPool2d(Tensor([1, .nan, 3, 4], [1, 1, 1, 4]), window: (1, 2), stride: (1, 1))
    #expect(overlapping.elements[0].isNaN && overlapping.elements[1].isNaN)
    #expect(overlapping.elements[2] == 4)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 2, .sampling)
    let x: [(name: String, tensor: Tensor)] = [("x", stream.normal([2, 2, 5, 6], deviation: 3))]
    for pool in [maximum, average, counting] {
      let check = checkGradients(inputs: x, step: 1e-3) { x, _ in pool(x[0], (3, 2), (2, 1), (1, 1)) }
      #expect(check.violations == [])
      #expect(check.count > 30)
    }
  }

  @Test func `sizes that do not fit stop with every shape`() async {
    let large = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = maxPool2d(.zeros([1, 2, 3, 8]), window: (4, 2))
    }
    #expect(
      large.message.contains(
        "maxPool2d: a window of [4, 2] does not fit input [1, 2, 3, 8] with padding [0, 0]: [3, 8]"))
    let padding = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = averagePool2d(.zeros([1, 2, 3, 8]), window: (2, 2), padding: (2, 0))
    }
    #expect(padding.message.contains("averagePool2d: padding [2, 0] for a window of [2, 2], input [1, 2, 3, 8]"))
    let line = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = maxPool1d(.zeros([1, 2, 3]), window: 4)
    }
    #expect(
      line.message.contains(
        "maxPool1d: a window of [4] does not fit input [1, 2, 3] with padding [0]: [3] with its padding"))
    let half = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = averagePool1d(.zeros([1, 2, 3]), window: 2, padding: 2)
    }
    #expect(half.message.contains("averagePool1d: padding [2] for a window of [2], input [1, 2, 3]"))
    let rank = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = maxPool2d(.zeros([3, 8]), window: (2, 2))
    }
    #expect(rank.message.contains("maxPool2d: input of shape [3, 8]; expected [batch, channels, height, width]"))
  }
}
