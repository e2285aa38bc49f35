import BraidCore
import BraidData
import BraidNN
import BraidTensor

/// An encoder whose parameters stay as they are, so that what it gives is computed once.
///
/// Its parameters lie in a store of their own: no optimiser, average or weight decay reaches them.
public struct FrozenEncoder {
  /// What is frozen.
  public let encoder: any Encoder
  /// Its parameters and buffers, and nothing else.
  public let store: ParameterStore
  /// What the features depend on beside parameters and data: the part's name, version and settings.
  public let part: String

  /// An encoder whose parameters stay as they are.
  public init(_ encoder: any Encoder, in store: ParameterStore, part: String) {
    (self.encoder, self.store, self.part) = (encoder, store, part)
  }

  /// Its modality.
  public var name: String { encoder.output.name }

  /// SHA-256 over names, shapes and values of its parameters and buffers.
  public var digest: String {
    FrozenEncoder.digest(of: store.parameters.map { ($0.path, $0.value) } + store.buffers.map { ($0.path, $0.value) })
  }

  /// SHA-256 over names, shapes and 32-bit values, in the order of the names.
  public static func digest(of tensors: [(path: String, value: Tensor)]) -> String {
    var hash = SHA256()
    hash.update("braid parameters 1\n")
    for (path, value) in tensors.sorted(by: { $0.path < $1.path }) {
      hash.update("\(path.utf8.count) \(path) \(value.shape)\n")
      hash.update(UnsafeRawBufferPointer(start: value.pointer, count: value.count * MemoryLayout<Float>.size))
    }
    return hash.hex()
  }
}

/// What stands in a frozen encoder's place in the model: it passes on the features a batch brings.
public struct StoredFeatures: Encoder {
  public typealias Options = NoOptions
  public static let about = About("stored-features", "Features that were computed before")
  public let output: Modality

  public init(_ output: Modality) { self.output = output }

  /// Throws `SetupError` for anything but vectors and sequences.
  public init(_ options: NoOptions, reading input: InputSpecification, in scope: Scope) throws {
    switch input.kind {
    case .vector(let width): output = Modality(input.name, .vector, width: width)
    case .sequence(let width): output = Modality(input.name, .sequence, width: width)
    case .tokens, .image: throw SetupError("stored features for \"\(input.name)\": \(input.summary) are not features.")
    }
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    guard let values = input.values, values.shape.rank == (output.kind == .vector ? 2 : 3) else {
      stop("stored features", "the batch's \"\(output.name)\" is no \(output.kind.rawValue) of features")
    }
    return Features(values, steps: input.steps, presence: input.presence, grid: input.grid)
  }
}
