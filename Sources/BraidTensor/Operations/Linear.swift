import CBraidKernels

/// What a fused linear map applies to its result.
public enum Activation: String, Sendable, CaseIterable {
  case none, relu, sigmoid, tanh, gelu
  var function: Int32 {
    switch self {
    case .none: 0
    case .relu: 1
    case .sigmoid: 2
    case .tanh: 3
    case .gelu: 4
    }
  }
}

/// `activation(x W + b)` in one operation: one product, one pass for bias and activation.
///
/// Derivative, with p the argument of the activation: gp = g ∘ f′(p), dW = xᵀ gp, db = Σ_rows gp, dx = gp Wᵀ.
/// - Parameters:
///   - x: `[…, inputs]`; leading axes are rows.
///   - weight: `[inputs, outputs]`.
///   - bias: `[outputs]`, optional.
/// - Returns: `[…, outputs]`.
public func linear(_ x: Tensor, _ weight: Tensor, _ bias: Tensor? = nil, activation: Activation = .none) -> Tensor {
  guard x.shape.rank >= 1, weight.shape.rank == 2, x.shape[-1] == weight.shape[0] else {
    stop(
      "linear",
      "inner sizes differ, \(x.shape) · \(weight.shape); expected [\(x.shape.rank > 0 ? x.shape[-1] : 1), _] on the right"
    )
  }
  let inputs = weight.shape[0], outputs = weight.shape[1]
  let rows = x.shape.count(0..<(x.shape.rank - 1))
  if let bias, bias.shape != Shape(outputs) { stop("linear", "bias of shape \(bias.shape) for \(outputs) outputs") }
  let y = Tensor(uninitialized: x.shape.replacingLast(outputs))  // […, outputs]
  gemm(rows, outputs, inputs, x.pointer, false, weight.pointer, false, y.pointer)
  let before = activation == .gelu ? Tensor(uninitialized: y.shape) : nil
  braid_bias_activation(activation.function, bias?.pointer, y.pointer, before?.pointer, rows, outputs)
  return y.recorded("linear", from: x, weight, bias, flops: 2 * Double(rows * inputs * outputs)) { g, sink in
    let wantsBias = bias.map { sink.wants($0) } ?? false
    // gp: [rows, outputs]; without an activation it is g itself
    let gp = activation == .none ? g : Tensor(uninitialized: y.shape)
    if let bias, wantsBias {
      sink.accumulate(into: bias) { gb, beta in
        braid_bias_activation_gradient(
          activation.function, before?.pointer, y.pointer, g.pointer, activation == .none ? nil : gp.pointer, gb, beta,
          rows, outputs)
      }
    } else if activation != .none {
      braid_bias_activation_gradient(
        activation.function, before?.pointer, y.pointer, g.pointer, gp.pointer, nil, 0, rows, outputs)
    }
    sink.accumulate(into: weight) { gw, beta in
      gemm(inputs, outputs, rows, x.pointer, true, gp.pointer, false, gw, beta: beta)
    }
    sink.accumulate(into: x) { gx, beta in
      gemm(rows, inputs, outputs, gp.pointer, false, weight.pointer, true, gx, beta: beta)
    }
  }
}
