import BraidTensor
#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A part of a data set. Training sees `train`, tuning and early stopping `validation`, and the end of a run `test`, once.
public enum Split: String, Sendable, CaseIterable, Codable { case train, validation, test }

/// Samples with several modalities and a target, in three splits.
///
/// Everything fitted on data (vocabularies, means and deviations) is fitted on the training split only. The splits are the
/// same for every seed of a sweep unless the file says otherwise.
public protocol Dataset: Part, Sendable {
  /// Reads what is needed to serve batches. Throws `SetupError` naming file and line of a bad sample.
  init(_ options: Options) throws
  /// The modalities, in the data set's order.
  var inputs: [InputSpecification] { get }
  var target: TargetSpecification { get }
  /// SHA-256 over everything that decides the samples: two runs with the same digest saw the same data.
  var digest: String { get }
  func count(_ split: Split) -> Int
  /// A name for every sample of a split: what prediction files and reports call it.
  func identifiers(_ split: Split) -> [String]
  /// The samples with these numbers within the split, padded to the longest sequence among them.
  func batch(_ split: Split, _ samples: [Int]) throws -> Batch
  /// The same with these modalities, and perhaps others: a data set may spare itself those nobody asks for.
  func batch(_ split: Split, _ samples: [Int], of modalities: [String]) throws -> Batch
  /// What a person would recognise a sample by, for reports: an image file, a text. Empty when there is nothing to show.
  func preview(_ split: Split, _ sample: Int) -> [Preview]
}

extension Dataset {
  /// The samples with only the named modalities read; by default all are.
  public func batch(_ split: Split, _ samples: [Int], of modalities: [String]) throws -> Batch {
    try batch(split, samples)
  }
  /// Nothing by default.
  public func preview(_ split: Split, _ sample: Int) -> [Preview] { [] }
}

/// A data set that can be made on the spot: `braid data prepare NAME`.
public protocol PreparableDataset: Dataset {
  /// Settings of the preparation, such as where the sources are.
  associatedtype Preparation: PartOptions = NoOptions
  /// Where it is prepared when nothing else is said; also the default of the data set's own folder setting.
  static var preparedFolder: String { get }
  /// What it is made from and under which licences, shown before it is prepared.
  static var licences: String { get }
  /// Whether `folder` holds a finished preparation.
  static func isPrepared(_ folder: URL) -> Bool
  /// Makes the data set in `folder`, whole or not at all: an interrupted preparation leaves nothing half-written there.
  /// - Parameter log: told of each step, one line each.
  /// - Throws: `SetupError` naming what is missing and how to get it, or what in a source file is wrong.
  static func prepare(_ options: Preparation, into folder: URL, log: (String) -> Void) throws
}

/// A data set that can prepare samples it was not made from: `braid predict RUN --input FILE`.
public protocol SampleReading: Dataset {
  /// A data set whose test split is the samples of `file`, prepared with what was fitted on this one's training split
  /// (vocabularies, means and deviations); its other splits are empty. Samples need no target: where the file has none, the
  /// first class, no label, or 0 stands in.
  /// - Throws: `SetupError` naming file and line of a sample that cannot be read.
  func reading(_ file: URL) throws -> any Dataset
}

/// One modality of one sample as a person sees it.
public enum Preview: Sendable {
  /// Encoded picture (PNG or JPEG bytes) and its modality.
  case image(modality: String, bytes: [UInt8])
  /// Words in the order of the modality's steps.
  case words(modality: String, [String])
}
