import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import Foundation
import StandardParts
import Testing

@Suite("braid probe") struct ProbeTests {
  static let cases: [(String, String)] = [
    ("fusion:gated", "fusions/gated/paper"), ("fusion:gated", "fusions/gated/per-modality-absent"),
    ("fusion:tensor", "fusions/tensor/three-absent"), ("fusion:attention", "fusions/attention/tokens-absent"),
    ("fusion:co-attention", "fusions/co-attention/definition-absent"), ("encoder:mlp", "encoders/mlp-vector"),
    ("encoder:embedding", "encoders/embedding-mean"), ("head:classification", "heads/classification-hidden"),
    ("loss:cross-entropy", "losses/cross-entropy"), ("loss:mse", "losses/mse"),
  ]

  /// Runs the command on a fixture's file; the sentences about what differs from the golden values.
  private func probe(_ part: String, _ name: String, options: String? = nil) async throws -> (
    compared: Int, wrong: [String]
  ) {
    let fixture = try Fixture(name), scratch = try Scratch()
    try Data((options ?? fixture.file.metadata["options"] ?? "{}").utf8).write(
      to: scratch.url.appendingPathComponent("options.json"))
    var line = ["probe", "--part", part, "--tensors", fixture.file.source, "--out", scratch.path("out.safetensors")]
    line += ["--options", scratch.path("options.json")]
    if let words = fixture.file.metadata["vocabulary"] { line += ["--vocabulary", words] }
    try #require(await status(line) == 0)
    let results = try Safetensors(contentsOf: scratch.path("out.safetensors"))
    #expect(results.metadata["part"] == part)
    for name in results.names { #expect(try results.tensor(name).elements.allSatisfy(\.isFinite), "\(name)") }
    let golden = fixture.file.names.filter { name in ["output", "extra.", "gradient."].contains { name.hasPrefix($0) } }
    let wrong = try fixture.violations(golden.map { ($0, results.contains($0) ? try results.tensor($0) : nil) })
    return (golden.count, wrong)
  }

  @Test(arguments: cases)
  func `outputs and gradients are the golden ones`(_ part: String, _ name: String) async throws {
    let (compared, wrong) = try await probe(part, name)
    #expect(wrong == [] && compared >= 2)
  }

  @Test func `with other settings they are not`() async throws {
    #expect(
      try await probe("fusion:gated", "fusions/gated/paper", options: "{\"width\": 6, \"gates\": \"softmax\"}").wrong
        .contains { $0.contains("output") })
  }

  /// The tensors of a fixture, some replaced, some left out, through a probe.
  private func run(
    _ part: String, _ name: String, options: [String: Setting] = [:], order: [String] = [],
    replacing: [String: Safetensors.Value?] = [:]
  ) throws -> [String: Tensor] {
    let fixture = try Fixture(name)
    var tensors: [(name: String, value: Safetensors.Value)] = []
    for name in fixture.file.names where replacing[name] == nil {
      let isWhole = name == "target.classes" || name == "input.text" && part.hasPrefix("encoder")
      let value: Safetensors.Value =
        isWhole ? .int32(try fixture.integers(name), try fixture.shape(name)) : .float32(try fixture.tensor(name))
      tensors.append((name, value))
    }
    for (name, value) in replacing { if let value { tensors.append((name, value)) } }
    let metadata = fixture.file.metadata.filter { $0.key == "modalities" }
    var probe = try Probe(part: part)
    (probe.settings, probe.order) = (options, order)
    let results = try probe.run(.standard, Safetensors(Safetensors.encoded(tensors, metadata: metadata), named: "t"))
    return results.reduce(into: [:]) { if case .float32(let tensor) = $1.value { $0[$1.name] = tensor } }
  }
  private let six: [String: Setting] = ["width": .integer(6)]
  private func zeros(_ dimensions: Int...) -> Safetensors.Value { .float32(.zeros(Shape(dimensions))) }
  private func gated(_ replacing: [String: Safetensors.Value?], order: [String] = []) -> String {
    message { _ = try run("fusion:gated", "fusions/gated/paper", options: six, order: order, replacing: replacing) }
  }

  @Test func `a parameter that is not the part's is refused with those it has and the nearest`() {
    #expect(
      gated(["parameter.gate.text.weigth": zeros(12, 6)])
        == "t: fusion \"gated\" has no parameter \"gate.text.weigth\". It has value.text.weight [4, 6], value.audio.weight [3, 6], "
        + "value.video.weight [5, 6], gate.text.weight [12, 6], gate.audio.weight [12, 6], gate.video.weight [12, 6]. "
        + "Did you mean \"gate.text.weight\"?")
  }

  @Test func `shapes that do not fit are refused with the shape that would`() {
    #expect(
      gated(["parameter.gate.text.weight": zeros(6, 12)])
        == "t: \"parameter.gate.text.weight\" has shape [6, 12]; expected [12, 6].")
    #expect(gated(["upstream": zeros(1)]) == "t: \"upstream\" has shape [1]; the output has [4, 6].")
    #expect(gated(["input.text": zeros(3, 4)]) == "t: modalities of 3 and of 4 samples; expected one batch size.")
    #expect(gated(["input.text": zeros(4)]) == "t: \"input.text\" has shape [4]; expected [B, d] or [B, T, d].")
    #expect(
      gated(["input.text": zeros(4, 2, 4)])
        == "t: \"input.text\" is a sequence; fusion \"gated\" takes vectors ([B, d] for vectors, [B, T, d] for sequences)."
    )
  }

  @Test func `masks hold one number a sample, 0 or 1`() {
    #expect(gated(["presence.text": zeros(3)]) == "t: \"presence.text\" has shape [3]; expected [4].")
    #expect(
      gated(["presence.text": .float32(Tensor([0, 1, 0.5, 1], [4]))])
        == "t: \"presence.text\" holds numbers other than 0 and 1.")
  }

  @Test func `the order names every modality of the file once`() {
    let complaint = "t: the order names text, sound; the file has audio, text, video."
    #expect(gated([:], order: ["text", "sound"]) == complaint)
    #expect(gated([:], order: ["audio", "text", "video"]) == "no error")
  }

  @Test func `a part that is not there is refused with the nearest`() {
    #expect(
      message { _ = try run("fusion:gatd", "fusions/gated/paper") }
        == "--part: no fusion is called \"gatd\". Known: attention, co-attention, concat, gated, tensor. Did you mean \"gated\"?"
    )
    #expect(
      message { _ = try Probe(part: "metric:accuracy") }.hasPrefix(
        "--part: found \"metric:accuracy\"; expected kind:name"))
  }

  @Test func `where nothing is present nothing becomes infinite or undefined`() throws {
    let none = zeros(4)
    let results = try run(
      "fusion:gated", "fusions/gated/per-modality-absent",
      options: ["bias": .bool(true), "per": .text("modality"), "width": .integer(4)],
      replacing: ["presence.text": none, "presence.audio": none, "presence.video": none])
    #expect(results.count > 10)
    for (name, tensor) in results { #expect(!tensor.elements.contains { !$0.isFinite }, "\(name)") }
  }

  @Test func `parameters that are not given are drawn by the seed and returned`() throws {
    let results = try run(
      "fusion:gated", "fusions/gated/paper", options: six, replacing: ["parameter.gate.text.weight": nil])
    #expect(results["parameter.gate.text.weight"]?.shape == [12, 6])
    #expect(results.keys.filter { $0.hasPrefix("parameter.") }.count == 1)
  }

  @Test func `an encoder's input, a head's and a loss's target that cannot be read are refused`() {
    let expected = "expected [B, d], [B, T, d], [B, C, H, W] or whole numbers [B, T]."
    func encoder(_ input: Safetensors.Value) -> String {
      message { _ = try run("encoder:mlp", "encoders/mlp-vector", replacing: ["input.x": input]) }
    }
    #expect(encoder(zeros()) == "t: \"input.x\" has shape []; \(expected)")
    #expect(encoder(zeros(3)) == "t: \"input.x\" has shape [3]; \(expected)")
    #expect(encoder(zeros(1, 1, 1, 1, 1)) == "t: \"input.x\" has shape [1, 1, 1, 1, 1]; \(expected)")
    func loss(_ target: Safetensors.Value?) -> String {
      message { _ = try run("loss:cross-entropy", "losses/cross-entropy", replacing: ["target.classes": target]) }
    }
    #expect(loss(.int32([0, 1], [2])) == "t: a target of 2 samples for \"input.output\" of shape [7, 4]; expected 7.")
    #expect(loss(.int32([0, 1, 2, 3, 4, 0, 0], [7])) == "t: \"target.classes\" holds 4; expected 0 ..< 4.")
    #expect(loss(nil) == "t: no target.classes, target.labels or target.values; give one, or --outputs N.")
    let words = message {
      _ = try run(
        "encoder:embedding", "encoders/embedding-mean",
        replacing: ["input.text": .int32([1, -1], [1, 2]), "steps.text": nil])
    }
    #expect(words == "t: \"input.text\" holds word number -1; expected 0 ..< 2.")
  }
}
