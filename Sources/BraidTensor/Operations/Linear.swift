import CBraidKernels

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
  if let bias, bias.shape != Shape(outputs) {
    stop("linear", "bias of shape \(bias.shape) for \(outputs) outputs; expected [\(outputs)]")
  }
  let y = Tensor(uninitialized: x.shape.replacingLast(outputs))  // […, outputs]
  let isPlain = activation == .none || activation == .relu  // what the product does by itself
  gemm(
    rows, outputs, inputs, x.pointer, false, rows: inputs, weight.pointer, false, rows: outputs, y.pointer,
    rows: outputs, bias: isPlain ? bias?.pointer : nil, rectifies: activation == .relu)
  let before = activation.needsArgument ? Tensor(uninitialized: y.shape) : nil
  if !isPlain { biasActivation(activation, bias, y, before, rows, outputs) }
  return y.recorded(
    "linear", from: x, weight, bias, saving: (x, weight, bias, before, y, activation, rows, inputs, outputs),
    flops: 2 * Double(rows * inputs * outputs)
  ) { saved, g, sink in
    let (x, weight, bias, before, y, activation, rows, inputs, outputs) = saved
    // gp: [rows, outputs]; without an activation it is g itself, and takes g's place where nobody else needs that
    let gp = activation == .none || sink.ownsUpstream ? g : Tensor(uninitialized: y.shape)
    let out = activation == .none ? nil : gp
    if let bias, sink.wants(bias) {
      sink.accumulate(into: bias) { gb, beta in
        biasActivationGradient(activation, before, y, g, out, gb, beta, rows, outputs)
      }
    } else if activation != .none {
      biasActivationGradient(activation, before, y, g, out, nil, 0, rows, outputs)
    }
    sink.accumulate(into: weight) { gw, beta in
      gemm(inputs, outputs, rows, x.pointer, true, gp.pointer, false, gw, beta: beta)
    }
    sink.accumulate(into: x) { gx, beta in
      gemm(rows, inputs, outputs, gp.pointer, false, weight.pointer, true, gx, beta: beta)
    }
  }
}

/// y = activation(y + bias) in place; `before` receives the argument where the derivative needs it.
func biasActivation(
  _ activation: Activation, _ bias: Tensor?, _ y: Tensor, _ before: Tensor?, _ rows: Int, _ columns: Int
) {
  let places = (activation, bias?.pointer, y.pointer, before?.pointer, columns)
  Parallel.split(rows, work: rows * columns * 4, with: places) { places, range in
    let (activation, bias, y, before, columns) = places
    let at = range.lowerBound * columns
    braid_bias_activation(
      activation.function, activation.slope, bias, y + at, before.map { $0 + at }, range.count, columns)
  }
}

/// out = g ∘ activation′ and the bias gradient Σ_rows out + beta · itself. Ranges of columns are summed apart, so the
/// order of sums does not depend on the number of threads.
func biasActivationGradient(
  _ activation: Activation, _ before: Tensor?, _ y: Tensor, _ g: Tensor, _ out: Tensor?,
  _ biasGradient: UnsafeMutablePointer<Float>?, _ beta: Float, _ rows: Int, _ columns: Int
) {
  let places = (activation, before?.pointer, y.pointer, g.pointer, out?.pointer, biasGradient, beta, rows, columns)
  Parallel.split(columns, unit: 32, work: rows * columns * 2, with: places) { places, range in
    let (activation, before, y, g, out, biasGradient, beta, rows, columns) = places
    let at = range.lowerBound
    braid_bias_activation_gradient(
      activation.function, activation.slope, before.map { $0 + at }, y + at, g + at, out.map { $0 + at },
      biasGradient.map { $0 + at }, beta, rows, range.count, columns)
  }
}
