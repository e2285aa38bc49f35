import BraidTensor

/// How a parameter gets its first value. Fans are those of `[inputs, outputs]` matrices; for convolutions
/// `[outputs, inputs, height, width]` they are multiplied by the window.
public enum Initializer: Sendable {
  case zeros
  case ones
  case constant(Float)
  /// Uniform in ±bound.
  case uniform(Float)
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

  func make(_ shape: Shape, _ stream: inout RandomStream) -> Tensor {
    let (input, output) = Initializer.fans(shape)
    func uniform(_ bound: Float) -> Tensor { stream.uniform(shape, from: -bound, to: bound) }
    switch self {
    case .zeros: return .zeros(shape)
    case .ones: return .ones(shape)
    case .constant(let value): return Tensor(repeating: value, shape)
    case .uniform(let bound): return uniform(bound)
    case .normal(let deviation): return stream.normal(shape, deviation: deviation)
    case .glorotUniform: return uniform((6 / (input + output)).squareRoot())
    case .heUniform: return uniform((6 / input).squareRoot())
    case .fanInUniform: return uniform(1 / input.squareRoot())
    case .glorotUniformBlocks(let blocks): return uniform((6 / (input + output / Float(blocks))).squareRoot())
    }
  }
}
