import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import ImageEncoders
import Testing

private func options(_ output: CNNEncoder.Output, channels: [Int] = [3, 4], batchNorm: Bool = false)
  -> CNNEncoder.Options
{
  var options = CNNEncoder.Options()
  (options.output, options.channels, options.batchNorm) = (output, channels, batchNorm)
  return options
}

private func image(_ height: Int, _ width: Int) -> InputSpecification {
  InputSpecification("picture", .image(channels: 2, height: height, width: width))
}

@Suite struct `Image encoders` {
  @Test(arguments: ["grid", "pooled", "norm"])
  func `cnn computes what PyTorch does`(_ name: String) throws {
    var catalogue = Catalogue()
    catalogue.add(CNNEncoder.self)
    let fixture = try Fixture("encoders/cnn-\(name)")
    #expect(try Probe.violations("encoder:cnn", of: catalogue, against: fixture) == [])
    guard name == "pooled" else { return }
    // one more convolution window away it is another network: its parameters do not fit
    #expect(throws: SetupError.self) {
      try Probe.violations("encoder:cnn", of: catalogue, against: fixture, settings: ["kernel": .integer(5)])
    }
  }

  @Test(arguments: EncoderCheck.all) func `cnn keeps its promises`(_ check: EncoderCheck) throws {
    try check(CNNEncoder.self, options(.grid))
    try check(CNNEncoder.self, options(.pooled, channels: [3]))
    try check(CNNEncoder.self, options(.grid, batchNorm: true))
  }

  @Test func `cnn reads the grid row by row`() throws {
    let encoder = try CNNEncoder(options(.grid), reading: image(9, 14), in: Scope(seed: 1))
    #expect(encoder.output == Modality("picture", .sequence, width: 4))
    var context = Context.evaluation()
    var stream = RandomStream(seed: 1, .sampling)
    let picture = stream.normal([1, 2, 9, 14])
    let features = encoder(Input(values: picture), &context)
    #expect(features.values.shape == [1, 6, 4])
    #expect(features.grid?.rows == 2 && features.grid?.columns == 3)
    // a change in the top right corner is seen by region 2, the last of the first row, and not by the first of the
    // second
    picture.pointer[12] += 40
    let changed = encoder(Input(values: picture), &context).values
    let moved = (0..<6).filter { region in
      (0..<4).contains { changed.pointer[region * 4 + $0] != features.values.pointer[region * 4 + $0] }
    }
    #expect(moved == [2])
  }

  @Test func `cnn refuses what is no image, and pictures too small to halve so often`() {
    #expect(throws: SetupError("encoder cnn for \"x\": it reads images, not vector of 4. Use mlp.")) {
      _ = try CNNEncoder(options(.grid), reading: InputSpecification("x", .vector(width: 4)), in: Scope(seed: 1))
    }
    #expect(
      throws: SetupError(
        "encoder cnn for \"x\": it reads images, not tokens of 4 words. Use bag-of-words, embedding, gru or lstm.")
    ) {
      _ = try CNNEncoder(options(.grid), reading: InputSpecification("x", .tokens(vocabulary: 4)), in: Scope(seed: 1))
    }
    #expect(
      throws: SetupError(
        "encoder cnn for \"picture\": 4 blocks halve 9×14 to nothing; give channels as a list of at most 3")
    ) { _ = try CNNEncoder(options(.grid, channels: [2, 2, 2, 2]), reading: image(9, 14), in: Scope(seed: 1)) }
    #expect(
      throws: SetupError(
        "encoder cnn for \"picture\": pictures of 1×9 cannot be halved; give them 2×2 pixels or more, or use another encoder"
      )
    ) { _ = try CNNEncoder(options(.grid, channels: [2]), reading: image(1, 9), in: Scope(seed: 1)) }
    #expect(throws: Never.self) {
      _ = try CNNEncoder(options(.grid, channels: [2]), reading: image(2, 3), in: Scope(seed: 1))
    }
    var even = options(.grid)
    even.kernel = 4
    #expect(throws: SetupError("encoder cnn for \"picture\": kernel is 4; expected an odd number")) {
      _ = try CNNEncoder(even, reading: image(9, 14), in: Scope(seed: 1))
    }
  }
}
