import ArgumentParser
import BraidCore
import BraidExperiments
import BraidNN
import BraidTesting
import Foundation

/// `braid probe`.
struct ProbeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "probe",
    abstract: "Run one part on given tensors and write its outputs and gradients.",
    discussion: """
      The file holds input.<modality>, optionally steps.<modality>, presence.<modality>, target.*, parameter.<path> and \
      upstream; the result holds output, extra.<name>, gradient.parameter.<path> and gradient.input.<modality>. \
      `braid describe` lists the parameter paths.
      """)

  @Option(help: "kind:name, such as fusion:gated; kinds are encoder, fusion, head and loss.") var part: String
  @Option(help: "A YAML or JSON file with the part's settings.") var options: String?
  @Option(help: "The safetensors file to read.") var tensors: String
  @Option(help: "The safetensors file to write.") var out: String
  @Option(help: "Order in which modalities are joined, separated by commas; alphabetical when left out.") var order = ""
  @Option(help: "Words an encoder of tokens knows; one more than the largest number when left out.") var vocabulary = 0
  @Option(help: "Outputs of a head when the file has no target.") var outputs = 0
  @Option(help: "Seed of parameters that are not given.") var seed: UInt64 = 1
  @Flag(help: "Training mode: dropout and batch statistics on.") var training = false

  func run() async throws {
    var probe = try Probe(part: part)
    if let options { probe.settings = try SettingsDocument(contentsOf: options).root }
    probe.order = order.split(separator: ",").map(String.init)
    (probe.vocabulary, probe.outputs, probe.seed, probe.isTraining) = (vocabulary, outputs, seed, training)
    let results = try probe.run(BraidCommand.catalogue, Safetensors(contentsOf: tensors))
    try Safetensors.write(
      results, metadata: ["made-by": "braid \(Provenance.currentVersion) probe", "part": part], to: out)
    print("\(out): \(results.count) tensors")
  }
}
