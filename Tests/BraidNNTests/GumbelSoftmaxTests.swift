import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct `The Gumbel-softmax` {
  @Test(
    arguments: [
      ("warm", 1.5, false), ("cold", 0.25, false), ("hard", 0.5, true), ("one", 1, true), ("none", 0.5, true),
    ] as [(String, Float, Bool)])
  func `agrees with PyTorch in every number and every gradient`(_ name: String, _ temperature: Float, _ isHard: Bool)
    throws
  {
    func disagreement(at temperature: Float) throws -> [String] {
      try BraidNNTests.disagreement("distributions/gumbel-softmax-\(name)") { input, _ in
        gumbelSoftmax(input("logits"), noise: input("noise"), temperature: temperature, isHard: isHard)
      }
    }
    #expect(try disagreement(at: temperature) == [])
    if name != "one" && name != "none" { #expect(try !disagreement(at: 2 * temperature).isEmpty) }
  }

  @Test func `does not lose a NaN in a choice`() {
    let logits = Tensor([.nan, 1, 0, 1], [2, 2])
    for isHard in [false, true] {
      let drawn = gumbelSoftmax(logits, noise: .zeros([2, 2]), temperature: 1, isHard: isHard).elements
      #expect(drawn[0].isNaN && drawn[1].isNaN && drawn[3] > 0.7)
    }
  }

  @Test func `draws its noise from the stream`() {
    let logits = Tensor([0, 1, 2, 3, 4, 5], [2, 3])
    var stream = RandomStream(seed: 3, .sampling)
    var copy = stream
    let drawn = gumbelSoftmax(logits, temperature: 0.5, &stream)
    #expect(drawn.elements == gumbelSoftmax(logits, noise: copy.gumbel([2, 3]), temperature: 0.5).elements)
  }

  @Test func `chooses classes with their probabilities, exactly one a row, and no excluded one`() {
    let count = 30_000
    let logits = stack(Array(repeating: Tensor([-1, 0, 0.5, 2]), count: count), axis: 0)  // [count, 4]
    let mask = Tensor([1, 0, 1, 1])
    var stream = RandomStream(seed: 5, .sampling)
    let drawn = gumbelSoftmax(logits, temperature: 0.3, isHard: true, mask: mask, &stream)
    let expected = logits.softmax(mask: mask).elements
    for k in 0..<4 {
      let share = (0..<count).reduce(0.0) { $0 + Double(drawn.elements[$1 * 4 + k]) } / Double(count)
      #expect(abs(share - Double(expected[k])) < 0.015)  // deviation at most 0.003
    }
    #expect(drawn.sum(1).elements.allSatisfy { $0 == 1 })
    #expect(
      gumbelSoftmax(logits.slice(0, 0..<1), temperature: 1, isHard: true, mask: .zeros([4]), &stream).elements == [
        0, 0, 0, 0,
      ])
  }

  @Test func `stops with a sentence that names shapes and temperature`() async {
    let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = gumbelSoftmax(.zeros([2, 3]), noise: .zeros([3]), temperature: -1)
    }
    let message = String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.contains(
        "gumbelSoftmax: logits of shape [2, 3], noise [3], temperature -1.0; expected [..., K] twice and a temperature above 0"
      ))
  }
}
