import BraidCore
import BraidExperiments
import BraidNN
import BraidTensor
import Foundation
import StandardParts
import Testing

/// Three classes, two vector modalities: `left` tells class 0 from the rest, `right` tells class 2. Only both tell all
/// three.
struct ToyData: Dataset {
  struct Options: PartOptions {
    var samples = 60
    var noise = 0.3
    /// A number added to the digest and the noise, as if the data had changed.
    var edition = 1
    var emptyTest = false
  }
  static let about = About("toy", "Two vectors, three classes")
  let options: Options
  init(_ options: Options) throws { self.options = options }

  let inputs = [InputSpecification("left", .vector(width: 3)), InputSpecification("right", .vector(width: 2))]
  let target = TargetSpecification.classes(["red", "green, dark", "blue"])
  var digest: String { "toy \(options.samples) \(options.noise) \(options.edition)" }
  func count(_ split: Split) -> Int {
    split == .test && options.emptyTest ? 0 : split == .train ? options.samples : options.samples / 2
  }
  func identifiers(_ split: Split) -> [String] { (0..<count(split)).map { "\(split.rawValue)-\($0)" } }
  func batch(_ split: Split, _ samples: [Int]) throws -> Batch {
    var left: [Float] = [], right: [Float] = []
    for sample in samples {
      var stream = RandomStream(seed: UInt64(options.edition), .sampling, path: "\(split.rawValue).\(sample)")
      let label = sample % 3
      left += (0..<3).map { _ in (label == 0 ? 1 : -1) + Float(options.noise) * stream.normal() }
      right += (0..<2).map { _ in (label == 2 ? 1 : -1) + Float(options.noise) * stream.normal() }
    }
    return Batch(
      inputs: [
        "left": Input(values: Tensor(left, Shape(samples.count, 3))),
        "right": Input(values: Tensor(right, Shape(samples.count, 2))),
      ],
      target: .classes(samples.map { Int32($0 % 3) }), samples: samples)
  }
  func preview(_ split: Split, _ sample: Int) -> [Preview] { [.words(modality: "left", ["sample", "\(sample)"])] }
}

/// `[x_1; …; x_M]`, with a made-up gate to look at.
struct JoinFusion: Fusion {
  struct Options: PartOptions { var scale = 1.0 }
  static let about = About("join", "The vectors side by side")
  static let accepts = Accepts.vectors
  let output: Modality
  let weight: Parameter
  let names: [String]
  init(_ options: Options, joining: [Modality], in scope: Scope) throws {
    try require(options.scale > 0, "scale is \(options.scale); expected a positive number")
    output = Modality("fused", .vector, width: joining.map(\.width).reduce(0, +))
    weight = scope.parameter("weight", Shape(output.width), .constant(Float(options.scale)))
    names = joining.map(\.name)
  }
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let joined = concatenate(inputs.map(\.values)) * context[weight]
    guard context.wantsExtras else { return Fused(joined) }
    let gates = names.map { ("gate.\($0)", Tensor(repeating: 0.5, Shape(inputs[0].batch, 2))) }
    return Fused(joined, extras: Dictionary(uniqueKeysWithValues: gates))
  }
}

/// Goes wrong while training, in the way it is told.
struct FaultyFusion: Fusion {
  enum Fault: String, Choice { case none, notANumber, trap, kill, memory, refusedMemory }
  /// In the environment of a process in which nothing goes wrong.
  static let calmVariable = "BRAID_TEST_CALM"
  struct Options: PartOptions {
    var fault = Fault.notANumber
    /// Training steps that go well first.
    var after = 3
  }
  static let about = About("faulty", "Goes wrong")
  static let accepts = Accepts.vectors
  let options: Options
  let inner: JoinFusion
  var output: Modality { inner.output }
  init(_ options: Options, joining: [Modality], in scope: Scope) throws {
    (self.options, inner) = (options, try JoinFusion(.init(), joining: joining, in: scope))
  }
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    var fused = inner(inputs, &context)
    guard context.isTraining, context.step >= UInt64(options.after),
      ProcessInfo.processInfo.environment[FaultyFusion.calmVariable] == nil
    else { return fused }
    switch options.fault {
    case .none: break
    case .notANumber: fused.values = fused.values * Tensor(repeating: .nan, Shape(1))
    case .trap: stop("faulty", "told to stop at step \(context.step)")
    case .kill: kill(getpid(), SIGKILL)
    case .memory:
      let much = (0..<10).map { _ in Tensor(repeating: 1, Shape(15 << 20)) }  // 600 MB
      withExtendedLifetime(much) {}
    case .refusedMemory: _ = Tensor(uninitialized: Shape(1 << 30, 1 << 15))  // more than there are addresses
    }
    return fused
  }
}

/// A part that computes something else since its second version.
struct DatedFusion<Release: DatedRelease>: Fusion {
  typealias Options = NoOptions
  static var about: About { About("dated", "The vectors side by side", version: Release.version) }
  static var accepts: Accepts { .vectors }
  private let inner: JoinFusion
  var output: Modality { inner.output }
  init(_ options: Options, joining: [Modality], in scope: Scope) throws {
    inner = try JoinFusion(.init(), joining: joining, in: scope)
  }
  func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused { inner(inputs, &context) }
}
protocol DatedRelease { static var version: Int { get } }
enum FirstRelease: DatedRelease { static let version = 1 }
enum SecondRelease: DatedRelease { static let version = 2 }

extension Catalogue {
  private static let undated: Catalogue = {
    var catalogue = Catalogue.standard.adding(JoinFusion.self).adding(FaultyFusion.self).adding(CountedEncoder.self)
    catalogue.add(ToyData.self)
    return catalogue
  }()
  static let toy = undated.adding(DatedFusion<FirstRelease>.self)
  /// The same with a newer version of one part.
  static let toyOfNextYear = undated.adding(DatedFusion<SecondRelease>.self)
}

/// An experiment in YAML, some of its lines replaced.
enum Toy {
  static let text = """
    name: toy
    question: Does joining help?
    data: toy
    encoders:
      left: {mlp: {layers: [4]}}
      right: {mlp: {layers: [4]}}
    metrics: [accuracy, macro-f1]
    train: {epochs: 3, batchSize: 8, learningRate: 0.02, monitor: accuracy}
    seeds: [1, 2]
    reference: join
    compare:
      - {name: left only, modalities: [left], fusion: join}
      - join
      - {name: scaled, fusion: {join: {scale: 2}}}
    """

  /// The text with replacements made; each must be found.
  static func text(_ replacements: [(String, String)]) -> String {
    replacements.reduce(text) { text, pair in
      #expect(text.contains(pair.0), "the toy experiment has no \"\(pair.0)\"")
      return text.replacingOccurrences(of: pair.0, with: pair.1)
    }
  }
  static func specification(_ replacements: [(String, String)] = [], overrides: [String] = []) throws -> Specification {
    try Specification(SettingsDocument(text(replacements), named: "toy.yaml").overriding(overrides), catalogue: .toy)
  }
  static func plan(_ replacements: [(String, String)] = [], overrides: [String] = []) throws -> Plan {
    try Plan(specification(replacements, overrides: overrides), catalogue: .toy)
  }
}

/// A folder that goes away with the test.
final class Scratch {
  let path: String
  init() throws {
    path = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// The text of the `SetupError` that `body` throws; fails when there is none.
func message(_ sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) -> String {
  do {
    try body()
    Issue.record("expected an error", sourceLocation: sourceLocation)
    return ""
  } catch { return "\(error)" }
}
