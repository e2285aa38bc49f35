import BraidNN
#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The parts an executable knows, by the names used in experiment files. A value, never global.
public struct Catalogue: Sendable {
  /// One part as the catalogue keeps it.
  public struct Entry<Make: Sendable>: Sendable {
    /// What the part is.
    public let about: About
    /// Every setting with its default.
    public let defaults: [String: Setting]
    /// Further facts for `describe`, such as what a fusion accepts.
    public let facts: [String: String]
    /// Checks settings against the options and returns them with every default: throws `SetupError` at the key path.
    public let resolve: @Sendable (_ settings: [String: Setting], _ path: String) throws -> [String: Setting]
    /// Makes the part.
    public let make: Make
  }
  /// Makes an encoder from settings, their key path, what it reads, and where its parameters are registered.
  public typealias MakeEncoder = @Sendable ([String: Setting], String, InputSpecification, Scope) throws -> any Encoder
  /// Makes a fusion from settings, their key path, its modalities, and where its parameters are registered.
  public typealias MakeFusion = @Sendable ([String: Setting], String, [Modality], Scope) throws -> any Fusion
  /// Makes a head from settings, their key path, what the fusion gives, the target, and its scope.
  public typealias MakeHead =
    @Sendable ([String: Setting], String, Modality, TargetSpecification, Scope) throws -> any Head
  /// Makes a loss from settings, their key path, the target, and its scope.
  public typealias MakeLoss = @Sendable ([String: Setting], String, TargetSpecification, Scope) throws -> any Loss
  /// Makes a metric from settings, their key path and the target.
  public typealias MakeMetric = @Sendable ([String: Setting], String, TargetSpecification) throws -> any Metric
  /// Opens a data set from settings and their key path.
  public typealias MakeDataset = @Sendable ([String: Setting], String) throws -> any Dataset

  /// How a data set is prepared: see `PreparableDataset`.
  public struct Preparation: Sendable {
    /// Where it is prepared by default.
    public let folder: String
    /// Of what is downloaded.
    public let licences: String
    /// Whether a folder holds it already.
    public let isPrepared: @Sendable (URL) -> Bool
    /// Settings, key path for messages, folder, log.
    public let prepare: @Sendable ([String: Setting], String, URL, (String) -> Void) throws -> Void
  }

  /// The encoders, by name.
  public private(set) var encoders: [String: Entry<MakeEncoder>] = [:]
  /// The fusions, by name.
  public private(set) var fusions: [String: Entry<MakeFusion>] = [:]
  /// The heads, by name.
  public private(set) var heads: [String: Entry<MakeHead>] = [:]
  /// The losses, by name.
  public private(set) var losses: [String: Entry<MakeLoss>] = [:]
  /// The metrics, by name.
  public private(set) var metrics: [String: Entry<MakeMetric>] = [:]
  /// The data sets, by name.
  public private(set) var datasets: [String: Entry<MakeDataset>] = [:]
  /// The data sets that `braid data prepare` can make, with the settings of the preparation; also in `datasets`.
  public private(set) var preparations: [String: Entry<Preparation>] = [:]
  /// Which kinds of features each fusion takes.
  public private(set) var accepts: [String: Accepts] = [:]
  /// Whether more is better, by metric.
  public private(set) var higherIsBetter: [String: Bool] = [:]

  /// An empty catalogue. `Catalogue.standard` (module StandardParts) has every shipped part.
  public init() {}

  private static func entry<P: Part, Make>(_ part: P.Type, facts: [String: String] = [:], _ make: Make) -> Entry<Make> {
    Entry(
      about: P.about, defaults: P.Options.defaults, facts: facts,
      resolve: { try P.Options($0, at: $1).settings() }, make: make)
  }

  private static func put<E>(_ entry: Entry<E>, _ kind: String, _ shelf: inout [String: Entry<E>]) {
    guard shelf[entry.about.name] == nil else {
      fatalError("catalogue: two \(kind) parts are called \"\(entry.about.name)\"; rename one")
    }
    shelf[entry.about.name] = entry
  }

  // Adding stops on a taken name: which parts an executable has is code, not a person's file.
  /// Adds a part under its own name. Stops on a name that is taken.
  public mutating func add<P: Encoder>(_ part: P.Type) {
    Self.put(Self.entry(part, { try P(P.Options($0, at: $1), reading: $2, in: $3) }), "encoder", &encoders)
  }
  /// Adds a part under its own name. Stops on a name that is taken.
  public mutating func add<P: Fusion>(_ part: P.Type) {
    let facts = ["level": P.level.rawValue, "accepts": P.accepts.rawValue]
    Self.put(Self.entry(part, facts: facts, { try P(P.Options($0, at: $1), joining: $2, in: $3) }), "fusion", &fusions)
    accepts[P.about.name] = P.accepts
  }
  /// Adds a part under its own name. Stops on a name that is taken.
  public mutating func add<P: Head>(_ part: P.Type) {
    Self.put(Self.entry(part, { try P(P.Options($0, at: $1), reading: $2, predicting: $3, in: $4) }), "head", &heads)
  }
  /// Adds a part under its own name. Stops on a name that is taken.
  public mutating func add<P: Loss>(_ part: P.Type) {
    Self.put(Self.entry(part, { try P(P.Options($0, at: $1), for: $2, in: $3) }), "loss", &losses)
  }
  /// Adds a part under its own name. Stops on a name that is taken.
  public mutating func add<P: Metric>(_ part: P.Type) {
    Self.put(Self.entry(part, { try P(P.Options($0, at: $1), for: $2) }), "metric", &metrics)
    higherIsBetter[P.about.name] = P.higherIsBetter
  }
  /// Adds a part under its own name. Stops on a name that is taken.
  public mutating func add<P: Dataset>(_ part: P.Type) {
    Self.put(Self.entry(part, { try P(P.Options($0, at: $1)) }), "data set", &datasets)
  }

  /// Adds a part under its own name. Stops on a name that is taken.
  public mutating func add<P: PreparableDataset>(_ part: P.Type) {
    Self.put(Self.entry(part, { try P(P.Options($0, at: $1)) }), "data set", &datasets)
    let preparation = Preparation(
      folder: P.preparedFolder, licences: P.licences, isPrepared: { P.isPrepared($0) },
      prepare: { try P.prepare(P.Preparation($0, at: $1), into: $2, log: $3) })
    let entry = Entry(
      about: P.about, defaults: P.Preparation.defaults, facts: ["folder": P.preparedFolder],
      resolve: { try P.Preparation($0, at: $1).settings() }, make: preparation)
    Self.put(entry, "preparation", &preparations)
  }

  /// This catalogue with one more fusion: `.standard.adding(MyFusion.self)`.
  public func adding<P: Fusion>(_ part: P.Type) -> Catalogue {
    var result = self
    result.add(part)
    return result
  }
  /// This catalogue with one more part. Stops on a name that is taken.
  public func adding<P: Encoder>(_ part: P.Type) -> Catalogue {
    var result = self
    result.add(part)
    return result
  }
  /// This catalogue with one more part. Stops on a name that is taken.
  public func adding<P: Dataset>(_ part: P.Type) -> Catalogue {
    var result = self
    result.add(part)
    return result
  }
  /// This catalogue with one more part. Stops on a name that is taken.
  public func adding<P: PreparableDataset>(_ part: P.Type) -> Catalogue {
    var result = self
    result.add(part)
    return result
  }

  /// The part called `name`, or a `SetupError` that lists the known ones and the nearest.
  public static func find<E>(_ name: String, _ kind: String, in shelf: [String: Entry<E>], at path: String) throws
    -> Entry<E>
  {
    if let entry = shelf[name] { return entry }
    let known = shelf.keys.sorted()
    throw SetupError(
      "\(path): no \(kind) is called \"\(name)\". Known: \(known.joined(separator: ", "))."
        + suggestion(for: name, among: known))
  }
}
