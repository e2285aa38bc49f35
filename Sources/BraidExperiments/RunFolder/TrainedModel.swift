import BraidCore
import BraidNN
import BraidTensor
import BraidTraining
import Foundation

/// A finished run opened again, to answer samples.
public struct TrainedModel {
  /// Where it comes from.
  public let run: RunFolder
  /// As the run saw it.
  public let data: any Dataset
  private let clean: any Dataset
  /// What was trained.
  public let composition: Composition

  /// Opens a run: its data set is read again, its model built and its parameters loaded.
  /// - Throws: `SetupError` for a run that is missing, damaged or failed, or data that changed since.
  public init(_ path: String, catalogue: Catalogue) throws {
    run = try RunFolder(path)
    (clean, data) = try run.configuration.dataset(in: catalogue)
    guard data.digest == run.provenance.dataDigest else {
      throw SetupError(
        "\(path): the data changed since the run: digest \(data.digest.prefix(12)), then \(run.provenance.dataDigest.prefix(12)). "
          + "What was fitted on it (vocabularies, means) would not be the model's.")
    }
    // the run's own file holds all parameters, those of frozen encoders as well
    composition = try Composition(run.configuration, for: data, catalogue: catalogue, isLoading: false)
    try composition.load(from: "\(path)/\(RunFolder.parametersFile)")
  }

  /// The model's answers to one of its data set's splits.
  public func answers(to split: Split) throws -> PredictionFile {
    try answers(data, split)
  }

  /// With as many threads as the run: they change the last bits.
  private func answers(_ data: any Dataset, _ split: Split) throws -> PredictionFile {
    try Threads.with(run.configuration.threads) {
      let (evaluation, _) = try evaluate(composition.model, composition.loss, on: served(data), split)
      return PredictionFile(evaluation, identifiers: data.identifiers(split))
    }
  }

  private func served(_ data: any Dataset) throws -> any Dataset {
    let (seed, threads) = (run.configuration.seed, run.configuration.threads)
    return try composition.served(
      data, build: Provenance(seed: seed, threads: threads, dataDigest: data.digest).build)
  }

  /// The model's answers to new samples, without noise: that is laid over the run's own data only. The right answers are
  /// left out, since the file need not say them.
  /// - Throws: `SetupError` when the data set cannot read new samples, or a sample cannot be read.
  public func answers(toFile file: URL) throws -> PredictionFile {
    guard let readable = clean as? any SampleReading else {
      throw SetupError(
        "the data set \"\(run.configuration.data.name)\" reads no files of new samples; answer its own splits with --split."
      )
    }
    return try answers(readable.reading(file), .test).withoutRightAnswers
  }
}
