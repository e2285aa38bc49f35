import BraidNN
import BraidTensor
import BraidTesting
import Foundation
import Testing

@Suite struct BatchNormLayerTests {
  private func layer(_ fixture: Fixture) throws -> (BatchNorm, ParameterStore) {
    let scope = Scope(seed: 1)
    let layer = BatchNorm(try fixture.shape("parameter.gain")[0], in: scope["norm"])
    layer.gain.assign(try fixture.tensor("parameter.gain"))
    layer.bias.assign(try fixture.tensor("parameter.bias"))
    layer.runningMean.assign(try fixture.tensor("input.mean"))
    layer.runningVariance.assign(try fixture.tensor("input.variance"))
    return (layer, scope.store)
  }

  private func disagreement(of layer: BatchNorm, with fixture: Fixture, _ context: inout Context) throws -> [String] {
    let parameters = [("parameter.gain", layer.gain), ("parameter.bias", layer.bias)]
    return try BraidNNTests.disagreement(fixture, parameters: parameters, &context) { layer($0["x"]!, &$1) }
  }

  @Test(arguments: ["vectors", "images", "sequences"])
  func `training moves the running statistics as PyTorch does, and has its gradients`(_ name: String) throws {
    let fixture = try Fixture("normalization/batch-\(name)", of: "normalization layers")
    let (layer, store) = try layer(fixture)
    defer { withExtendedLifetime(store) {} }
    var context = Context.training(seed: 1, step: 0)
    let found = try disagreement(of: layer, with: fixture, &context)
    #expect(found == [])
    let moved = [
      ("extra.running-mean", layer.runningMean.value), ("extra.running-variance", layer.runningVariance.value),
    ]
    #expect(try fixture.violations(moved) == [])
    // negative control: the statistics before the pass are others
    #expect(try fixture.violations([("extra.running-mean", fixture.tensor("input.mean"))]).count == 1)
  }

  @Test func `evaluation uses the running statistics and leaves them`() throws {
    let fixture = try Fixture("normalization/batch-evaluation", of: "normalization layers")
    let (layer, store) = try layer(fixture)
    defer { withExtendedLifetime(store) {} }
    var context = Context.evaluation(recording: true)
    let found = try disagreement(of: layer, with: fixture, &context)
    #expect(found == [])
    #expect(layer.runningMean.value.elements == (try fixture.tensor("input.mean")).elements)
  }

  @Test func `running statistics are saved and loaded with the parameters, and are not trained`() throws {
    let fixture = try Fixture("normalization/batch-evaluation", of: "normalization layers")
    let (_, store) = try layer(fixture)
    #expect(store.parameters.map(\.path) == ["norm.gain", "norm.bias"])
    #expect(store.buffers.map(\.path) == ["norm.running-mean", "norm.running-variance"])
    #expect(store.count == 8)
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("batch-norm-\(UUID()).safetensors").path
    defer { try? FileManager.default.removeItem(atPath: file) }
    try store.save(to: file)
    let scope = Scope(seed: 2)
    let other = BatchNorm(4, in: scope["norm"])
    #expect(other.runningVariance.value.elements == [1, 1, 1, 1])
    try scope.store.load(from: file)
    #expect(other.runningVariance.value.elements == (try fixture.tensor("input.variance")).elements)
    #expect(other.gain.value.elements == (try fixture.tensor("parameter.gain")).elements)
    // a model without the buffer refuses the file
    let bare = Scope(seed: 2)
    _ = LayerNorm(4, in: bare["norm"])
    #expect(throws: SafetensorsError.self) { try bare.store.load(from: file) }
  }

  @Test func `a path is a parameter or a buffer, not both`() async {
    await #expect(processExitsWith: .failure) {
      let scope = Scope(seed: 1)
      _ = scope.parameter("mean", [2], .zeros)
      _ = scope.buffer("mean", [2], 0)
    }
  }
}

@Suite struct LayerNormLayerTests {
  @Test(arguments: [("plain", 5), ("residual", 13)])
  func `with gain and bias loaded the output and gradients are PyTorch's`(_ name: String, _ width: Int) throws {
    let fixture = try Fixture("normalization/layer-\(name)", of: "normalization layers")
    let scope = Scope(seed: 1)
    let layer = LayerNorm(width, in: scope)
    #expect(layer.gain.value.elements == Array(repeating: 1, count: width))
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let parameters = [("parameter.gain", layer.gain), ("parameter.bias", layer.bias)]
    let inputs = name == "residual" ? ["x", "residual"] : ["x"]
    let found = try disagreement(fixture, inputs: inputs, parameters: parameters, &context) {
      layer($0["x"]!, adding: $0["residual"], &$1)
    }
    #expect(found == [])
    let x = try fixture.tensor("input.x"), residual = try fixture.optional("input.residual")
    #expect(try fixture.violations([("output", layer(x * x, adding: residual, &context))]).count == 1)
  }
}

@Suite struct GroupNormLayerTests {
  @Test func `with gain and bias loaded the output and gradients are PyTorch's`() throws {
    let fixture = try Fixture("normalization/group-images", of: "normalization layers")
    let scope = Scope(seed: 1)
    let layer = GroupNorm(6, groups: 3, in: scope)
    #expect(layer.gain.value.elements == Array(repeating: 1, count: 6))
    try fixture.load(into: scope.store)
    var context = Context.training(seed: 1, step: 0)
    let parameters = [("parameter.gain", layer.gain), ("parameter.bias", layer.bias)]
    let found = try disagreement(fixture, parameters: parameters, &context) { layer($0["x"]!, &$1) }
    #expect(found == [])
    #expect(try fixture.violations([("gradient.parameter.gain", layer.gain.value)]).count == 1)
  }

  @Test func `groups that do not divide the channels stop with the parameter's path`() async {
    let groups = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = GroupNorm(6, groups: 4, in: Scope(seed: 1)["blocks.0.norm"])
    }
    let message = String(decoding: groups?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.contains(
        "GroupNorm: 6 channels in 4 groups; expected a multiple of the groups. Path: blocks.0.norm.gain"))
  }
}
