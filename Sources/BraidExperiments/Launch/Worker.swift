import BraidCore
import BraidNN
import BraidTensor
import BraidTraining
import Foundation

/// One cell in a process of its own: loads the data, trains, writes the run folder.
///
/// `braid worker FOLDER CELL` calls it; the runner starts one such process a cell. By hand, or as one task of a
/// cluster's job, it does the same.
public enum Worker {
  /// In the environment when a runner waits for this worker on the other end of its standard input and output.
  static let supervisedVariable = "BRAID_SUPERVISED"
  /// In the environment: the seconds that pass at least between two checkpoints of a cell; 1 when absent, 0 for every epoch.
  static let checkpointVariable = "BRAID_CHECKPOINT_SECONDS"

  /// Runs a planned cell and returns the exit status: 0 done, 1 nothing could be run, 2 the run failed (and its folder
  /// says why).
  /// - Parameters:
  ///   - experiment: the folder with `cells.jsonl`.
  ///   - cell: the cell's id.
  ///   - isStoppable: whether Ctrl-C and SIGTERM end the training in order: what is being written is finished, a checkpoint
  ///     holds the epochs done, and the process ends as the signal ends one. They are the process's, so only a program whose
  ///     whole purpose is this cell should ask for it.
  ///   - observe: called after every epoch, when it has been written.
  public static func run(
    experiment: String, cell id: String, catalogue: Catalogue, isStoppable: Bool = false,
    observe: (EpochRecord) -> Void = { _ in }
  ) -> Int32 {
    if ProcessInfo.processInfo.environment[supervisedVariable] != nil { exitWithRunner() }
    do {
      let (cell, shared) = try ExperimentFolder(experiment).assignment(id)
      if case .done = RunFolder.state(of: cell, in: experiment) {
        checkpoint(of: cell, in: experiment).remove()
        return 0
      }
      let writer = try RunWriter(cell, in: experiment)
      do {
        try Threads.with(cell.configuration.threads) {
          try train(cell, shared, writer, catalogue, isStoppable: isStoppable, observe)
        }
        return 0
      } catch let error as TrainingStopped {
        writer.abandon()
        complain("\(error)")
        if let number = StopSignals.received { StopSignals.obey(number) }
        return 1
      } catch {
        complain("\(error)")
        // where not even that can be written, what was said above reaches the runner
        if (try? recordFailure("\(error)", fault(of: error), of: cell, writer)) == nil { writer.abandon() }
        return 2
      }
    } catch {
      complain("\(error)")
      return 1
    }
  }

  private static func train(
    _ cell: Plan.Cell, _ shared: ExperimentFolder.Shared, _ start: RunWriter, _ catalogue: Catalogue,
    isStoppable: Bool, _ observe: (EpochRecord) -> Void
  ) throws {
    let clock = ContinuousClock.now
    var writer = start
    let configuration = cell.configuration
    var provenance = Provenance(seed: cell.seed, threads: configuration.threads, dataDigest: cell.dataDigest)
    try writer.write(JSONFile.encoder(pretty: true).encode(configuration), as: RunFolder.configurationFile)
    let data = try configuration.dataset(in: catalogue).seen
    guard data.digest == cell.dataDigest else {
      throw SetupError(
        "the data changed since the plan was made: digest \(data.digest.prefix(12)), "
          + "planned \(cell.dataDigest.prefix(12)). "
          + "Run the experiment in another folder.")
    }
    let composition = try built(configuration, for: data, catalogue)
    try composition.loadFrozen(configuration)
    let measured = configuration.splits ?? [.validation, .test]
    let served = try composition.served(
      data, splits: Split.allCases.filter { $0 != .test || measured.contains(.test) }, build: provenance.build)
    let checkpoint = checkpoint(
      of: cell, in: writer.experiment, provenance, every: try checkpointInterval(),
      isStopping: { isStoppable && StopSignals.received != nil })
    // before this there is nothing to lose: a signal ends the process then as it ends any
    if isStoppable { StopSignals.listen() }
    func training() throws -> TrainingResult {
      try BraidTraining.train(
        composition.model, composition.loss, on: served, metrics: composition.metrics, options: composition.options,
        seed: cell.seed, measuring: measured, checkpoint: checkpoint,
        observe: { record in
          let line = try JSONFile.encoder().encode(record)
          try writer.append(line, to: RunFolder.epochsFile)
          report(line)
          observe(record)
        })
    }
    let trained: TrainingResult
    do { trained = try training() } catch let error as TrainingCheckpointError {
      // refused before anything has changed: the cell is trained from the beginning, as if there were none
      complain("\(error) \(cell.folder) is started anew.")
      checkpoint.remove()
      trained = try training()
    }

    var result = RunResult(.done, cell)
    for split in [Split.validation, .test] {
      guard let evaluation = trained.evaluations[split] else { continue }
      let name = RunFolder.predictionsFile(split)
      try writer.write(Data(PredictionFile(evaluation, identifiers: data.identifiers(split)).text.utf8), as: name)
      let constant = evaluation.answered(by: shared.constantAnswer)
      result.metrics[split.rawValue] = trained.metrics[split]
      result.baseline[split.rawValue] = Dictionary(
        composition.metrics.map { ($0.name, $0.metric(constant)) }, uniquingKeysWith: { $1 })
    }
    try composition.save(
      to: "\(writer.partial)/\(RunFolder.parametersFile)",
      metadata: ["cell": cell.id, "row": cell.row, "seed": "\(cell.seed)"])
    if !shared.samples.isEmpty {
      let answers = try composition.answers(to: shared.samples, in: served)
      try writer.write(JSONFile.encoder().encode(answers), as: RunFolder.samplesFile)
    }
    provenance.finished = timestamp(Date())
    try writer.write(JSONFile.encoder(pretty: true).encode(provenance), as: RunFolder.provenanceFile)
    (result.bestEpoch, result.epochs) = (trained.bestEpoch, trained.epochs.count)
    (result.parameters, result.flopsPerSample) = (trained.parameters, trained.flopsPerSample)
    (result.secondsPerEpoch, result.seconds) = (trained.secondsPerEpoch, (ContinuousClock.now - clock).inSeconds)
    try writer.publish(result)
    checkpoint.remove()
  }

  /// The cell's parts. Nothing is read for them, so what goes wrong is the settings' fault.
  private static func built(
    _ configuration: CellConfiguration, for data: any Dataset, _ catalogue: Catalogue
  ) throws -> Composition {
    do {
      let metrics = configuration.metrics.map(\.name)
      try configuration.train.validate(metrics: metrics, at: "train")
      return try Composition(configuration, for: data, catalogue: catalogue, isLoading: false)
    } catch { throw BuildingFailure(description: "\(error)") }
  }

  /// Parts that could not be built.
  private struct BuildingFailure: Error, CustomStringConvertible { let description: String }

  /// Whose fault an error is: everything but building parts and a loss that is not finite has to do with files.
  private static func fault(of error: any Error) -> RunResult.Fault {
    error is TrainingFailure || error is BuildingFailure ? .own : .surroundings
  }

  /// Where an unfinished cell's training is kept, beside the run folders under a name that starts with a dot. A worker
  /// that was stopped left it, whatever stopped it; the next one goes on from there if cell, build, numeric library and
  /// threads are the same.
  static func checkpoint(
    of cell: Plan.Cell, in experiment: String, _ provenance: Provenance? = nil, every interval: Duration = .zero,
    isStopping: @escaping @Sendable () -> Bool = { false }
  ) -> TrainingCheckpoint {
    let name = cell.folder.split(separator: "/").last ?? ""
    return TrainingCheckpoint(
      "\(experiment)/cells/.\(name).checkpoint", identity: "cell \(cell.id), build \(provenance?.build ?? "")",
      every: interval, isStopping: isStopping)
  }

  private static func checkpointInterval() throws -> Duration {
    guard let text = ProcessInfo.processInfo.environment[checkpointVariable] else { return .seconds(1) }
    guard let seconds = Double(text), seconds >= 0, seconds.isFinite else {
      throw SetupError("\(checkpointVariable): found \"\(text)\"; expected seconds, 0 or more.")
    }
    return .seconds(seconds)
  }

  /// A folder that says what was to be run and why it was not finished.
  static func recordFailure(_ error: String, _ fault: RunResult.Fault, of cell: Plan.Cell, _ start: RunWriter) throws {
    var writer = start
    var provenance = Provenance(seed: cell.seed, threads: cell.configuration.threads, dataDigest: cell.dataDigest)
    provenance.finished = provenance.started
    try writer.write(JSONFile.encoder(pretty: true).encode(provenance), as: RunFolder.provenanceFile)
    try writer.write(JSONFile.encoder(pretty: true).encode(cell.configuration), as: RunFolder.configurationFile)
    try writer.publish(RunResult(.failed, cell, error: error, fault: fault))
  }

  /// Ends this process when the runner is gone: nobody waits for the result, and the next runner starts the cell anew.
  private static func exitWithRunner() {
    Thread.detachNewThread {
      var byte: UInt8 = 0
      while true {
        let count = read(STDIN_FILENO, &byte, 1)
        if count == 0 || (count < 0 && errno != EINTR) { _exit(3) }
      }
    }
  }

  /// One line to the runner, if there is one.
  private static func report(_ line: Data) {
    guard ProcessInfo.processInfo.environment[supervisedVariable] != nil else { return }
    try? FileHandle.standardOutput.write(contentsOf: line + Data("\n".utf8))
  }

  private static func complain(_ text: String) {
    try? FileHandle.standardError.write(contentsOf: Data((text + "\n").utf8))
  }
}

extension Duration {
  var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) * 1e-18 }
}
