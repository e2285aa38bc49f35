import BraidCore
import BraidNN
import BraidTraining

extension Composition {
  /// The data set as the model reads it: with the features of its frozen encoders, computed now or found in the current
  /// `ContentStore`. The data set itself where nothing is frozen.
  /// - Parameters:
  ///   - splits: those that are read.
  ///   - build: what decides bits beside parts and data; asked for only where something is frozen.
  /// - Throws: what making a batch throws.
  public func served(
    _ data: any Dataset, splits: [Split] = Split.allCases, build: @autoclosure () -> String
  ) throws -> any Dataset {
    if frozen.isEmpty { return data }
    return try FrozenDataset(data, frozen, of: modalities, splits: splits, build: build())
  }

  /// The same for some training samples, for a trial before the encoders have seen everything; nothing is kept.
  func sampled(_ data: any Dataset, training samples: [Int]) throws -> any Dataset {
    if frozen.isEmpty { return data }
    return try FrozenDataset(data, frozen, of: modalities, training: samples)
  }

  /// Gives frozen encoders the values of their files.
  /// - Throws: `SetupError` naming a file that is missing, has changed since the plan was made, or does not fit.
  func loadFrozen(_ configuration: CellConfiguration, place: String = "compare") throws {
    for encoder in frozen { try configuration.frozen?[encoder.name]?.load(into: encoder, at: "\(place).frozen") }
  }

  private var modalities: [String] { model.modalities.map(\.name) }

  /// Writes all parameters, those of frozen encoders as well, so that a run needs no other file.
  /// - Throws: `SafetensorsError` naming the file when it cannot be written.
  func save(to path: String, metadata: [String: String]) throws {
    try model.store.save(to: path, metadata: metadata, with: frozen.map(\.store))
  }

  /// Reads back what `save` wrote.
  /// - Throws: `SafetensorsError` naming the file and every parameter that is missing, unknown or of another shape.
  func load(from path: String) throws { try model.store.load(from: path, with: frozen.map(\.store)) }
}
