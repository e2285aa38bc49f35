import BraidCore
import BraidNN
import BraidTensor

/// One promise every fusion makes, as a check that can be run on any of them.
///
/// ```swift
/// @Test(arguments: FusionCheck.all) func `my fusion keeps its promises`(_ check: FusionCheck) throws {
///   try check(MyFusion.self)
/// }
/// ```
/// An outsider's own promise is one more value: `FusionCheck("my-check", "…") { subject in [] }`.
public struct FusionCheck: Sendable, CustomStringConvertible {
  /// The fusion's.
  public let name: String
  /// What is promised.
  public let promise: String
  private let body: @Sendable (FusionSubject) throws -> [String]

  /// - Parameter body: returns one sentence for each way the promise is broken.
  public init(_ name: String, _ promise: String, _ body: @escaping @Sendable (FusionSubject) throws -> [String]) {
    (self.name, self.promise, self.body) = (name, promise, body)
  }

  public var description: String { name }

  /// The ways in which a fusion breaks the promise; empty when it is kept.
  public func violations(of subject: FusionSubject) throws -> [String] { try body(subject) }

  /// The same for a fusion's type and options.
  public func violations<F: Fusion>(of fusion: F.Type, _ options: F.Options = F.Options()) throws -> [String] {
    try violations(of: FusionSubject(fusion, options))
  }

  /// Throws `BrokenPromise` unless the fusion keeps the promise with these options.
  public func callAsFunction<F: Fusion>(_ fusion: F.Type, _ options: F.Options = F.Options()) throws {
    let violations = try violations(of: fusion, options)
    guard violations.isEmpty else { throw BrokenPromise("\(F.about.name): \(promise)", violations) }
  }
}

/// A part that does not do what its kind promises.
public struct BrokenPromise: Error, CustomStringConvertible {
  /// What was promised.
  public let promise: String
  /// What was found instead.
  public let violations: [String]
  /// A promise with what was found instead.
  public init(_ promise: String, _ violations: [String]) { (self.promise, self.violations) = (promise, violations) }
  public var description: String {
    "\(promise)" + violations.prefix(8).map { "\n  \($0)" }.joined()
      + (violations.count > 8 ? "\n  and \(violations.count - 8) more" : "")
  }
}

/// A fusion with options, to be built for any modalities.
public struct FusionSubject: Sendable {
  /// What the fusion is.
  public let about: About
  /// Which kinds of features it takes.
  public let accepts: Accepts
  /// Builds the fusion. Throws `SetupError` for modalities it is not defined for.
  public let make: @Sendable (_ modalities: [Modality], _ scope: Scope) throws -> any Fusion
  /// The options as settings, and what reading them back gives; and what an unknown setting gives.
  let settings: @Sendable () throws -> [String: Setting]
  let readBack: @Sendable ([String: Setting]) throws -> [String: Setting]

  /// A fusion with its options.
  public init<F: Fusion>(_ fusion: F.Type, _ options: F.Options = F.Options()) {
    (about, accepts) = (F.about, F.accepts)
    make = { try F(options, joining: $0, in: $1) }
    settings = { try options.settings() }
    readBack = { try F.Options($0, at: "options").settings() }
  }
}

extension FusionCheck {
  /// Every promise.
  public static let all: [FusionCheck] = [
    describesItself, optionsRoundTrip, outputShape, sameSeedSameWeights, reproducible, batchPermutation,
    sampleIndependence,
    fullMasksAreNeutral, maskedContent, extraPadding, nothingPresent, everyParameterLearns, gradients, extremeValues,
    extras,
  ]
}
