import BraidTensor

/// A tensor a layer keeps between passes that is saved with the parameters but not trained, such as a running mean.
///
/// No gradient flows to it and optimisers never see it. It counts as no parameter.
public final class Buffer {
  /// Dotted path, such as `encoder.image.norm.running-mean`: its name in checkpoints.
  public let path: String
  /// The current value, a constant. `assign` writes into its memory.
  public let value: Tensor
  /// The value's shape.
  public var shape: Shape { value.shape }

  init(path: String, value: Tensor) { (self.path, self.value) = (path, value) }

  /// Replaces every element. Stops when the number of elements differs.
  public func assign(_ tensor: Tensor) {
    guard tensor.count == value.count else {
      stop("assign", "\(path) has shape \(shape); got \(tensor.shape); give it as many elements")
    }
    value.pointer.update(from: tensor.pointer, count: value.count)
  }
}
