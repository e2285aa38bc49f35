import ArgumentParser
import BraidNN
import BraidTensor
import CBenchProbe

/// Times the workloads' training steps, or their evaluation passes, and prints one JSON object a line.
@main struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid-bench",
    abstract: "Time the ten workloads: one training step each (forward, loss, backward, Adam), in milliseconds.")

  @Option(help: "Threads of one computation.") var threads = 1
  @Option(help: "Only these workloads, separated by commas.") var only = ""
  @Flag(help: "Time the forward pass in evaluation mode, no graph kept, instead of a training step.") var evaluate =
    false
  @Flag(help: "Say when the first step could begin, and end: what a process costs before it does any good.")
  var ready = false
  @Flag(help: "Say how fast the machine multiplies, and end.") var rate = false
  @Flag(help: "Time a group of steps for every line of the standard input, of one workload.") var turns = false
  @Option(help: "Take this many steps without measuring, and end: for programs that count instructions.") var steps:
    Int?
  @Option(help: "Samples a step of --steps, where those of the workload would take too long to count.") var batch: Int?
  @Flag(help: "Count what a warm step asks of the system's allocator, by any thread, and end.") var allocations = false
  @Flag(help: "Measure what a small operation costs, instead of the workloads.") var small = false
  @Option(help: "Take steps of the workloads in turn for so many minutes, and fail if the memory held grows.")
  var soak: Double?

  func run() throws {
    Threads.set(threads)
    let chosen = only.split(separator: ",").map(String.init)
    if let unknown = chosen.first(where: { name in !workloads.contains { $0.name == name } }) {
      throw ValidationError(
        "no workload is called \"\(unknown)\". Known: \(workloads.map(\.name).joined(separator: ", ")).")
    }
    if small {
      let cost = smallOperationMicroseconds()
      return report(["small_operation_microseconds": cost.time, "allocations": cost.allocations ?? -1])
    }
    if rate { return reportRate(groups: 3, budget: 0.05) }
    let selected = workloads.filter { chosen.isEmpty || chosen.contains($0.name) }
    if let soak {
      let passes = try selected.map { try prepare($0).pass }
      guard holdsMemoryFlat(minutes: soak, passes) else { throw ExitCode.failure }
      return
    }
    if turns {
      guard selected.count == 1 else { throw ValidationError("--turns is of one workload: name it with --only.") }
      return try takeTurns(of: selected[0])
    }
    var rows: [Row] = []
    for workload in selected {
      if let row = try time(workload) { rows.append(row) }
    }
    if ready || steps != nil || allocations { return }
    // the products come last, so that their matrices are in no workload's memory
    reportRate()
    for row in rows { report(row) }
  }

  /// A workload's model and data, ready for the first step.
  private struct Prepared {
    /// One training step, or one evaluation pass.
    let pass: () -> Void
    /// Of the last training step's forward pass.
    let forwardOperations: () -> Double
    let parameters: Int
  }

  private func prepare(_ workload: Workload) throws -> Prepared {
    var stream = RandomStream(seed: 1, .sampling, path: workload.name)
    /// Numbers of mean 0 and variance 1.
    func numbers(_ shape: Shape) -> Tensor {
      stream.uniform(shape, from: -Float(3).squareRoot(), to: Float(3).squareRoot())
    }
    let batch = steps == nil ? Sizes.batch : batch ?? Sizes.batch
    let inputs: [Tensor]
    switch workload.inputs {
    case .vectors: inputs = Sizes.widths.map { numbers(Shape(batch, $0)) }
    case .sequences(let modalities):
      inputs = Sizes.widths.prefix(modalities).map { numbers(Shape(batch, Sizes.time, $0)) }
    case .wide: inputs = Sizes.widths.prefix(2).map { numbers(Shape(256, $0)) }
    case .images: inputs = [numbers(Shape(batch, 1, 28, 28))]
    }
    let labels = (0..<batch).map { _ in Int32(stream.below(UInt64(Sizes.classes))) }
    let scope = Scope(seed: 1)
    let forward = try workload.make(scope)
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
    // as `train` and `evaluate` do
    return Prepared(
      pass: { Denormals.flushed(pass) }, forwardOperations: { forwardOperations },
      parameters: scope.store.count)
  }

  private func reportRate(groups: Int = 7, budget: Double = 0.25) {
    let rates = productRates(threads: threads, groups: groups, budget: budget)
    report([
      "sgemm_gflops": max(rates.own, rates.library), "own_gflops": rates.own, "library_gflops": rates.library,
    ])
  }

  /// A turn for every line that is read; the rest of what is measured when there are no more.
  private func takeTurns(of workload: Workload) throws {
    let prepared = try prepare(workload)
    timedByTurns(prepared.pass)
    let peak = probe_peak_megabytes()
    let operations = evaluate ? 0 : 3 * prepared.forwardOperations() - workload.inputOperations
    report([
      "workload": workload.name, "engine": "braid", "peak_megabytes": peak, "operations": operations,
      "allocations": allocationsPerStep(prepared.pass) ?? -1,
    ])
  }

  /// Times one workload; nil when it was only asked to begin, or to take steps.
  private func time(_ workload: Workload) throws -> Row? {
    let prepared = try prepare(workload)
    if ready {
      print("{\"ready\": \(probe_monotonic_nanoseconds())}")
      return nil
    }
    if let steps {
      for _ in 0..<steps { prepared.pass() }
      return nil
    }
    if allocations {
      report(["workload": workload.name, "threads": threads, "allocations": allocationsPerStep(prepared.pass) ?? -1])
      return nil
    }
    let (median, minimum) = timed(prepared.pass)
    let peak = probe_peak_megabytes()
    // a product costs twice itself on the way back, but nobody wants the gradient of the inputs
    let operations = 3 * prepared.forwardOperations() - workload.inputOperations
    return [
      "workload": workload.name, "engine": "braid", "threads": threads, "milliseconds": median, "minimum": minimum,
      "parameters": prepared.parameters, "peak_megabytes": peak, "gflops": evaluate ? 0 : operations / median / 1e6,
      "allocations": allocationsPerStep(prepared.pass) ?? -1,
    ]
  }
}
