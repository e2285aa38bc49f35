import BraidTensor

extension Activation {
  /// f(x) for every element. Where x comes from a linear map or a convolution, their own `activation` does it in the
  /// same pass.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    switch self {
    case .none: x
    case .relu: x.relu()
    case .sigmoid: x.sigmoid()
    case .tanh: x.tanh()
    case .gelu: x.gelu()
    }
  }
}
