import BraidCore
import BraidNN
import BraidTensor
import Foundation

/// A file that keeps a run's state at the end of epochs, so that a run that was stopped goes on from there to the same
/// bits.
///
/// It holds parameters, buffers, the optimiser's memory, the average over steps, the best epoch so far, every epoch's
/// record and the position, with what they belong to and a checksum. It is written beside and renamed: at any moment
/// there is a whole one or none.
public struct TrainingCheckpoint: Sendable {
  /// Where it lies.
  public let path: String
  /// What decides the run's numbers beside seed, options, data and the shapes of the model, such as the parts' settings
  /// and the build: a file of another identity is refused.
  public let identity: String
  /// The time that passes at least between two writings: what a stopped run does again. Short epochs would otherwise cost
  /// less than keeping their states.
  public let interval: Duration
  /// Whether training is to end. Where it says so, training ends with `TrainingStopped` as soon as nothing is lost by it:
  /// before the next step where the file holds all epochs done, else after the epoch, which is written first.
  public let isStopping: @Sendable () -> Bool

  /// - Parameters:
  ///   - interval: zero: after every epoch.
  ///   - isStopping: asked before every step and after every epoch; never by default.
  public init(
    _ path: String, identity: String = "", every interval: Duration = .zero,
    isStopping: @escaping @Sendable () -> Bool = { false }
  ) {
    (self.path, self.identity, self.interval, self.isStopping) = (path, identity, interval, isStopping)
  }

  /// Removes the file, if there is one.
  public func remove() { try? FileManager.default.removeItem(atPath: path) }
}

/// A checkpoint that cannot be believed: damaged, or of another run. Names the file and the reason.
public struct TrainingCheckpointError: Error, CustomStringConvertible, Equatable {
  public let description: String
  init(_ path: String, _ reason: String) {
    let reason = reason.hasSuffix(".") ? String(reason.dropLast()) : reason
    description = "\(path): the checkpoint \(reason). Remove it to start from the beginning."
  }
}

/// Training was told to end, and its checkpoint holds every epoch it had done.
public struct TrainingStopped: Error, CustomStringConvertible, Equatable {
  /// Epochs done.
  public let epochs: Int
  public var description: String {
    "training was told to stop after \(epochs) epoch\(epochs == 1 ? "" : "s"); the next goes on from there"
  }
}

/// The file of one run's checkpoint: what it must have been written by, and its contents.
struct CheckpointFile {
  let path: String
  private let interval: Duration
  private let isStopping: @Sendable () -> Bool
  private var written = ContinuousClock.now
  /// The epochs done that the file holds; with none done there is nothing to hold.
  private var epoch = 0
  /// In the order in which differences are named.
  private let owner: [(key: String, value: String)]

  init(
    _ checkpoint: TrainingCheckpoint, of store: ParameterStore, _ options: TrainingOptions, metrics: [String],
    seed: UInt64,
    data: any Dataset
  ) throws {
    (path, interval, isStopping) = (checkpoint.path, checkpoint.interval, checkpoint.isStopping)
    let shapes = store.parameters.map { "\($0.path) \($0.shape)" } + store.buffers.map { "\($0.path) \($0.shape)" }
    owner = [
      ("format", "1"), ("seed", "\(seed)"), ("options", "\(Setting.map(try options.settings()))"),
      ("metrics", metrics.joined(separator: ", ")), ("data", data.digest), ("model", shapes.joined(separator: ", ")),
      ("identity", checkpoint.identity),
    ]
  }

  /// Writes the state after an epoch, if the last writing (or the beginning) is long enough ago or training is to end.
  /// - Throws: `SafetensorsError` when the file cannot be written; the one before stays.
  mutating func writeIfDue(_ state: TrainingState, _ store: ParameterStore) throws {
    guard ContinuousClock.now - written >= interval || isStopping() else { return }
    try write(state, store)
    (written, epoch) = (.now, state.epoch)
  }

  /// - Throws: `TrainingStopped` where training is to end and the file holds all of it but the epoch that is under way.
  func stopIfAsked(after epochs: Int) throws {
    if epochs == epoch, isStopping() { throw TrainingStopped(epochs: epochs) }
  }

  /// Writes the state after an epoch.
  /// - Throws: `SafetensorsError` when the file cannot be written; the one before stays.
  func write(_ state: TrainingState, _ store: ParameterStore) throws {
    let tensors = state.saved(with: store)
    var metadata = Dictionary(uniqueKeysWithValues: owner.map { ($0.key, $0.value) })
    var sum = Checksum(metadata)
    for (name, value) in tensors.sorted(by: { $0.name < $1.name }) {
      switch value {
      case .float32(let tensor): sum.add(name, tensor)
      case .float64(let numbers, _): sum.add(name, numbers)
      case .int32, .int64: break  // the state has none
      }
    }
    metadata[Checksum.key] = "\(sum.value)"
    // it is read only when the process was stopped: no epoch waits for the disk
    let partial = "\(path).\(ProcessInfo.processInfo.processIdentifier).partial"
    do { try writeWithoutWaiting(Safetensors.encoded(tensors, metadata: metadata), to: partial) } catch {
      try? FileManager.default.removeItem(atPath: partial)
      throw SafetensorsError("\(path): cannot be written (\(fileReason(error))).")
    }
    guard rename(partial, path) == 0 else {
      let reason = String(cString: strerror(errno))
      try? FileManager.default.removeItem(atPath: partial)
      throw SafetensorsError("\(path): cannot be written (\(reason)).")
    }
  }

  /// Reads the state, if there is a file. Nothing changes unless all of it is whole and of this run.
  /// - Returns: whether there was one.
  /// - Throws: `TrainingCheckpointError` for a file that is damaged or of another run.
  mutating func restore(_ state: inout TrainingState, _ store: ParameterStore) throws -> Bool {
    guard FileManager.default.fileExists(atPath: path) else { return false }
    let file: Safetensors
    do { file = try Safetensors(contentsOf: path) } catch {
      throw TrainingCheckpointError(path, "is damaged: \(error)")
    }
    for (key, value) in owner {
      guard let found = file.metadata[key] else { throw TrainingCheckpointError(path, "is not a training checkpoint") }
      guard found == value else {
        throw TrainingCheckpointError(path, "is of another run: \(key) \(excerpt(found, unlike: value))")
      }
    }
    do {
      var metadata = file.metadata
      let expected = metadata.removeValue(forKey: Checksum.key)
      var sum = Checksum(metadata)
      for name in file.names.sorted() {
        switch try file.elementType(name) {
        case .float64: sum.add(name, try file.doubles(name))
        default: sum.add(name, try file.tensor(name))
        }
      }
      guard expected == "\(sum.value)" else { throw SafetensorsError("the checksum does not fit") }
      try state.restore(from: file, to: store)
    } catch {
      throw TrainingCheckpointError(path, "is damaged: \(error)")
    }
    epoch = state.epoch
    return true
  }

  /// Two texts where they begin to differ: `"…3…" there, "…4…" here`.
  private func excerpt(_ there: String, unlike here: String) -> String {
    let common = zip(there, here).prefix { $0 == $1 }.count
    func part(_ text: String) -> String {
      let start = max(common - 20, 0)
      let shown = text.dropFirst(start).prefix(60)
      return "\"\(start > 0 ? "…" : "")\(shown)\(start + shown.count < text.count ? "…" : "")\""
    }
    return "\(part(there)) there, \(part(here)) here"
  }
}

/// A sum over names and bits that changes with any one of them: FNV-1a's step on 64-bit words, every one of which is a
/// bijection of the state, so a single changed word is always seen. Against accidents, not against forgery.
private struct Checksum {
  static let key = "checksum"
  private(set) var value: UInt64 = 0xcbf2_9ce4_8422_2325

  init(_ metadata: [String: String]) {
    for (key, text) in metadata.sorted(by: { $0.key < $1.key }) {
      add(key)
      add(text)
    }
  }

  @inline(__always) private mutating func add(_ word: UInt64) {
    value = (value ^ word) &* 0x0000_0100_0000_01b3
    value ^= value >> 32
  }
  private mutating func add(_ text: String) {
    for byte in text.utf8 { add(UInt64(byte)) }
    add(UInt64(text.utf8.count))
  }
  mutating func add(_ name: String, _ tensor: Tensor) {
    add(name)
    for index in 0..<tensor.count { add(UInt64(tensor.pointer[index].bitPattern)) }
  }
  mutating func add(_ name: String, _ numbers: [Double]) {
    add(name)
    for number in numbers { add(number.bitPattern) }
  }
}
