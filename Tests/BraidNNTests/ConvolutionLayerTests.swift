import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct Conv2dLayerTests {
  @Test func `with weight and bias loaded the output and gradients are PyTorch's`() throws {
    let fixture = try Fixture("convolution/strided", of: "convolution layers")
    let scope = Scope(seed: 1)
    let layer = Conv2d(2, 4, window: (3, 2), stride: (2, 3), padding: (1, 0), in: scope)
    try fixture.load(into: scope.store)
    var context = Context.training(seed: 1, step: 0)
    let y = layer(try fixture.tensor("input.x"), &context)
    let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
    let found: [(String, Tensor?)] = [
      ("output", y), ("gradient.parameter.weight", gradients[layer.weight]),
      ("gradient.parameter.bias", layer.bias.flatMap { gradients[$0] }),
    ]
    #expect(try fixture.violations(found) == [])
    #expect(try fixture.violations([("gradient.parameter.weight", layer.weight.value)]).count == 1)
  }

  @Test func `first weights lie within He's bound`() {
    // fan in 2 · 3 · 2 = 12: ±√(6 / 12)
    let weight = Conv2d(2, 40, window: (3, 2), in: Scope(seed: 1)).weight.value
    let largest = weight.elements.map(abs).max() ?? 0
    #expect(largest <= Float(0.5).squareRoot() && largest > 0.69)
  }
}

/// A layer over the fixture's weight and bias: its output and the gradients of its parameters.
private func results(
  _ fixture: Fixture, _ scope: Scope, _ layer: (Tensor, inout Context) -> Tensor
) throws -> [(name: String, tensor: Tensor?)] {
  try fixture.load(into: scope.store)
  var context = Context.training(seed: 1, step: 0)
  let y = layer(try fixture.tensor("input.x"), &context)
  let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
  return [("output", y)] + scope.parameters.map { ("gradient.parameter.\($0.path)", gradients[$0]) }
}

@Suite struct ConvolutionLayerTests {
  @Test func `Conv2d hands dilation and groups on`() throws {
    let fixture = try Fixture("convolution/grouped-strided", of: "convolution layers")
    let scope = Scope(seed: 1)
    let layer = Conv2d(
      21, 15, window: (3, 2), stride: (2, 1), padding: (1, 0), dilation: (1, 2), groups: 3, activation: .relu,
      in: scope)
    let found = try results(fixture, scope) { layer($0, &$1) }
    #expect(found.count == 3)
    #expect(try fixture.violations(found) == [])
  }

  @Test func `Conv1d is PyTorch's`() throws {
    let fixture = try Fixture("convolution/line-strided", of: "convolution layers")
    let scope = Scope(seed: 1)
    let layer = Conv1d(5, 7, window: 3, stride: 3, padding: 1, dilation: 2, activation: .relu, in: scope)
    #expect(try fixture.violations(results(fixture, scope) { layer($0, &$1) }) == [])
    let depthwise = try Fixture("convolution/line-depthwise", of: "convolution layers")
    let other = Scope(seed: 1)
    let bare = Conv1d(6, 6, window: 5, padding: 4, dilation: 2, groups: 6, bias: false, in: other)
    let found = try results(depthwise, other) { bare($0, &$1) }
    #expect(found.count == 2)
    #expect(try depthwise.violations(found) == [])
  }

  @Test func `ConvTranspose2d is PyTorch's`() throws {
    let fixture = try Fixture("convolution/transposed-output-padding", of: "convolution layers")
    let scope = Scope(seed: 1)
    let layer = ConvTranspose2d(
      5, 7, window: (3, 3), stride: (2, 3), padding: (1, 1), outputPadding: (1, 2), in: scope)
    #expect(try fixture.violations(results(fixture, scope) { layer($0, &$1) }) == [])
    let grouped = try Fixture("convolution/transposed-grouped", of: "convolution layers")
    let other = Scope(seed: 1)
    let bare = ConvTranspose2d(
      10, 12, window: (3, 3), stride: (2, 2), padding: (1, 1), groups: 2, bias: false, in: other)
    #expect(try grouped.violations(results(grouped, other) { bare($0, &$1) }) == [])
    // negative control: without the stride the output has another shape
    let plain = Scope(seed: 1)
    let wrong = ConvTranspose2d(10, 12, window: (3, 3), groups: 2, bias: false, in: plain)
    try grouped.load(into: plain.store)
    var context = Context.evaluation()
    #expect(try grouped.violations([("output", wrong(grouped.tensor("input.x"), &context))]).count == 1)
  }

  @Test func `ConvTranspose1d is PyTorch's`() throws {
    let fixture = try Fixture("convolution/transposed-line-grouped", of: "convolution layers")
    let scope = Scope(seed: 1)
    let layer = ConvTranspose1d(6, 4, window: 4, stride: 2, padding: 2, dilation: 3, groups: 2, in: scope)
    #expect(try fixture.violations(results(fixture, scope) { layer($0, &$1) }) == [])
    let padded = try Fixture("convolution/transposed-line", of: "convolution layers")
    let other = Scope(seed: 1)
    let second = ConvTranspose1d(5, 7, window: 3, stride: 3, padding: 1, outputPadding: 2, in: other)
    #expect(try padded.violations(results(padded, other) { second($0, &$1) }) == [])
  }

  @Test func `first weights lie within He's bound`() {
    // fan in 6 / 3 · 3 = 6: ±1
    let grouped = Conv1d(6, 60, window: 3, groups: 3, in: Scope(seed: 1)).weight.value
    let largest = grouped.elements.map(abs).max() ?? 0
    #expect(grouped.shape == [60, 2, 3] && largest <= 1 && largest > 0.97)
    // of a transposed one outputs / groups · window = 4 · 6 = 24: ±½
    let transposed = ConvTranspose2d(50, 4, window: (3, 2), in: Scope(seed: 1)).weight.value
    let bound = transposed.elements.map(abs).max() ?? 0
    #expect(transposed.shape == [50, 4, 3, 2] && bound <= 0.5 && bound > 0.48)
  }

  @Test func `groups that do not fit stop with the parameter's path`() async {
    let inputs = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = Conv2d(6, 8, window: (3, 3), groups: 4, in: Scope(seed: 1)["blocks.0.convolution"])
    }
    #expect(
      text(inputs).contains(
        "Conv2d: 6 inputs and 8 outputs in 4 groups; expected multiples of the groups. Path: "
          + "blocks.0.convolution.weight"))
    let outputs = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ConvTranspose1d(6, 8, window: 3, groups: 3, in: Scope(seed: 1))
    }
    #expect(
      text(outputs).contains(
        "ConvTranspose1d: 6 inputs and 8 outputs in 3 groups; expected multiples of the groups. Path: weight"))
  }
}

private func text(_ result: ExitTest.Result?) -> String {
  String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
}
