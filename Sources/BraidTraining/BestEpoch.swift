import BraidCore
import BraidNN
import BraidTensor

/// Remembers the epoch with the best validation value, its parameters and its buffers (running statistics).
///
/// A value that is not a number is worse than any; of equal ones the earlier epoch wins.
struct BestEpoch {
  private let monitor: String
  private let higherIsBetter: Bool
  private(set) var value = Double.nan
  /// From 1; 0 before the first epoch.
  private(set) var epoch = 0
  private var parameters: [Tensor] = []
  private var buffers: [Tensor] = []

  init(monitor: String, metrics: [(name: String, metric: any Metric)]) {
    self.monitor = monitor
    higherIsBetter = metrics.first { $0.name == monitor }.map { type(of: $0.metric).higherIsBetter } ?? false
  }

  mutating func consider(_ record: EpochRecord, _ store: ParameterStore) {
    let new = monitor == "loss" ? record.validationLoss : record.metrics[monitor] ?? .nan
    let isBetter = epoch == 0 || (!new.isNaN && (value.isNaN || (higherIsBetter ? new > value : new < value)))
    guard isBetter else { return }
    (value, epoch) = (new, record.epoch)
    parameters = store.parameters.map { $0.value.copy() }
    buffers = store.buffers.map { $0.value.copy() }
  }

  func restore(to store: ParameterStore) {
    for (parameter, value) in zip(store.parameters, parameters) { parameter.assign(value) }
    for (buffer, value) in zip(store.buffers, buffers) { buffer.assign(value) }
  }

  /// Its parameters and buffers by name: `best.<path>`. Empty before the first epoch.
  func state(of store: ParameterStore) -> [(String, Tensor)] {
    let paths = store.parameters.map(\.path) + store.buffers.map(\.path)
    return zip(paths, parameters + buffers).map { ("best.\($0)", $1) }
  }

  /// Takes over what `state` returned, with the epoch and value it belongs to.
  /// - Throws: `SafetensorsError` when a tensor is missing or has another shape.
  mutating func restore(_ state: [String: Tensor], epoch: Int, value: Double, of store: ParameterStore) throws {
    func tensor(_ path: String, _ shape: Shape) throws -> Tensor {
      guard let found = state["best.\(path)"], found.shape == shape else {
        throw SafetensorsError("best.\(path): missing, or of another shape than \(shape)")
      }
      return found
    }
    parameters = try store.parameters.map { try tensor($0.path, $0.shape) }
    buffers = try store.buffers.map { try tensor($0.path, $0.shape) }
    (self.epoch, self.value) = (epoch, value)
  }
}
