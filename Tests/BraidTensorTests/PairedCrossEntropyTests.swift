import BraidTensor
import BraidTesting
import Testing

@Suite struct PairedCrossEntropyTests {
  @Test(arguments: [1, 2, 7, 19], [0.3, 4]) func `has the derivative that central differences find`(
    _ count: Int, _ scale: Float
  ) {
    var stream = RandomStream(seed: 8, .sampling, path: "paired")
    let check = checkGradients(inputs: [("scores", stream.normal(Shape(count, count)))]) { x, _ in
      pairedCrossEntropy(x[0], scale: scale)
    }
    #expect(check.violations == [])
  }

  @Test func `is the mean of the two cross-entropies, of the rows and of the columns`() {
    var stream = RandomStream(seed: 9, .sampling, path: "paired")
    let scores = stream.normal([11, 11]), own = (0..<11).map { Int32($0) }
    let expected = (crossEntropy(scores * 3, own).scalar + crossEntropy(scores.transposed() * 3, own).scalar) / 2
    #expect(abs(pairedCrossEntropy(scores, scale: 3).scalar - expected) < 2e-6 * expected)
    #expect(pairedCrossEntropy(scores.transposed(), scale: 3).scalar == pairedCrossEntropy(scores, scale: 3).scalar)
  }
}
