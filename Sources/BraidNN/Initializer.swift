import BraidTensor

/// How a parameter gets its first value. Fans are those of `[inputs, outputs]` matrices; for convolutions
/// `[outputs, inputs, height, width]` they are multiplied by the window.
public enum Initializer: Sendable {
  /// All 0: biases.
  case zeros
  /// All 1: gains.
  case ones
  /// All the same number.
  case constant(Float)
  /// Uniform in ±bound.
  case uniform(Float)
  /// Normal with mean 0 and this standard deviation.
  case normal(deviation: Float)
  /// Uniform in ±√(6 / (fan in + fan out)) (Glorot & Bengio 2010, eq. 16).
  case glorotUniform
  /// Uniform in ±√(6 / fan in) (He et al. 2015, eq. 10): for ReLU.
  case heUniform
  /// Uniform in ±1/√(fan in): the default of PyTorch's linear and convolution layers.
  case fanInUniform
  /// `blocks` matrices side by side, as the gates of recurrent layers are stored: Glorot bounds of one block.
  case glorotUniformBlocks(Int)

  /// Inputs and outputs a weight of this shape connects.
  static func fans(_ shape: Shape) -> (input: Float, output: Float) {
    switch shape.rank {
    case 0: (1, 1)
    case 1: (Float(shape[0]), Float(shape[0]))
    case 2: (Float(shape[0]), Float(shape[1]))
    default:
      (Float(shape.count(1..<shape.rank)), Float(shape[0] * shape.count(2..<shape.rank)))
    }
  }

  /// Writes every element of a value.
  func write(_ value: Tensor, _ stream: inout RandomStream) {
    let (input, output) = Initializer.fans(value.shape)
    func uniform(_ bound: Float) { stream.writeUniform(to: value, from: -bound, to: bound) }
    func constant(_ number: Float) { value.pointer.update(repeating: number, count: value.count) }
    switch self {
    case .zeros: constant(0)
    case .ones: constant(1)
    case .constant(let number): constant(number)
    case .uniform(let bound): uniform(bound)
    case .normal(let deviation): stream.writeNormal(to: value, deviation: deviation)
    case .glorotUniform: uniform((6 / (input + output)).squareRoot())
    case .heUniform: uniform((6 / input).squareRoot())
    case .fanInUniform: uniform(1 / input.squareRoot())
    case .glorotUniformBlocks(let blocks): uniform((6 / (input + output / Float(blocks))).squareRoot())
    }
  }
}
