import ArgumentParser
import BraidNN
import BraidTensor

/// Times the workloads' training steps, or their evaluation passes, and prints one JSON object a line.
@main struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid-bench",
    abstract: "Time the ten workloads: one training step each (forward, loss, backward, Adam), in milliseconds.")

  @Option(help: "Threads of one computation.") var threads = 1
  @Option(help: "Only these workloads, separated by commas.") var only = ""
  @Flag(help: "Time the forward pass in evaluation mode, no graph kept, instead of a training step.") var evaluate = false
  @Flag(help: "Take one step and end: what a process costs before it does any good.") var once = false

  @Option(help: "Time reading this folder of JPEG files instead.") var pictures: String?
  @Option(help: "Which part of the folder, such as 1/2.") var share = "0/1"

  func run() throws {
    if let pictures {
      let parts = share.split(separator: "/").compactMap { Int($0) }
      guard parts.count == 2, parts[0] >= 0, parts[0] < parts[1] else {
        throw ValidationError("--share \(share): expected a part of a whole, such as 1/2.")
      }
      return try timePictures(in: pictures, share: parts[0], of: parts[1])
    }
    Threads.set(threads)
    let chosen = only.split(separator: ",").map(String.init)
    if let unknown = chosen.first(where: { name in !workloads.contains { $0.name == name } }) {
      throw ValidationError("no workload is called \"\(unknown)\". Known: \(workloads.map(\.name).joined(separator: ", ")).")
    }
    if !once { report(["sgemm_gflops": productRate()]) }
    for workload in workloads where chosen.isEmpty || chosen.contains(workload.name) { try time(workload) }
  }

  private func time(_ workload: Workload) throws {
    var stream = RandomStream(seed: 1, .sampling, path: workload.name)
    let inputs: [Tensor]
    switch workload.inputs {
    case .vectors: inputs = Sizes.widths.map { stream.normal(Shape(Sizes.batch, $0)) }
    case .sequences: inputs = Sizes.widths.map { stream.normal(Shape(Sizes.batch, Sizes.time, $0)) }
    case .wide: inputs = Sizes.widths.map { stream.normal(Shape(256, $0)) }
    case .images: inputs = [stream.normal(Shape(Sizes.batch, 1, 28, 28))]
    }
    let labels = (0..<Sizes.batch).map { _ in Int32(stream.below(UInt64(Sizes.classes))) }
    let scope = Scope(seed: 1)
    let forward = try workload.make(scope)
    scope.store.flatten()
    var optimizer = Adam()
    var step = 0
    var forwardOperations = 0.0
    func pass() {
      if evaluate {
        var context = Context.evaluation()
        _ = forward(inputs, &context)
      } else {
        var context = Context.training(seed: 1, step: step)
        let output = forward(inputs, &context)
        forwardOperations = context.tape?.floatingPointOperations ?? 0
        let loss = workload.isLoss ? output : crossEntropy(output, labels)
        optimizer.update(scope.store, loss.gradients(), learningRate: 1e-3)
        step += 1
      }
    }
    if once { return pass() }
    let (median, minimum) = timed(pass)
    // a product costs twice itself on the way back, but nobody wants the gradient of the inputs
    let operations = 3 * forwardOperations - workload.inputOperations
    report([
      "workload": workload.name, "engine": "braid", "threads": threads, "milliseconds": median, "minimum": minimum,
      "parameters": scope.store.count, "peak_megabytes": peakMegabytes(),
      "gflops": evaluate ? 0 : operations / median / 1e6,
    ])
  }
}
