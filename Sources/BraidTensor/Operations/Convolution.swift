import CBraidKernels

/// Two-dimensional convolution (cross-correlation, as every deep-learning library means it), with bias and activation.
///
/// y[b, o, r, s] = f(bias[o] + Σ_{c, i, j} weight[o, c, i, j] · x[b, c, r′ + i, s′ + j]), where r′ = r · stride₀ −
/// padding₀, s′ = s · stride₁ − padding₁, and x is 0 outside its edges. Derivative, with gp = g ∘ f′: the gradient of
/// the weight is the correlation of x with gp, that of x the full convolution of gp with the weight, that of the bias
/// the sum of gp over samples and pixels.
///
/// Patches are never copied out: all three products read their left operand through tables of offsets (Dukhan 2019,
/// "The indirect convolution algorithm", arXiv:1907.02129).
/// - Parameters:
///   - x: `[batch, channels, height, width]`.
///   - weight: `[outputs, channels, window height, window width]`.
///   - bias: `[outputs]`, optional.
///   - stride: vertical, horizontal; at least 1.
///   - padding: zeros above and below, left and right.
///   - activation: ReLU is part of the operation; others follow it.
/// - Returns: `[batch, outputs, rows, columns]`, rows = (height + 2 padding₀ − window height) / stride₀ + 1, rounded
///   down. Stops, with the shapes, when sizes do not fit or the window is larger than the padded input.
public func conv2d(
  _ x: Tensor, _ weight: Tensor, _ bias: Tensor?, stride: (Int, Int) = (1, 1), padding: (Int, Int) = (0, 0),
  activation: Activation = .none
) -> Tensor {
  guard activation == .none || activation == .relu else {
    return conv2d(x, weight, bias, stride: stride, padding: padding).applying(activation.elementwise)
  }
  let geometry = ConvolutionGeometry(x.shape, weight.shape, bias?.shape, stride: stride, padding: padding)
  let y = geometry.forward(x, weight, bias, isRectified: activation == .relu)  // [B, O, rows, columns]
  return y.recorded("conv2d", from: x, weight, bias, flops: geometry.flops) { g, sink in
    let wantsBias = bias.map { sink.wants($0) } ?? false
    var gp = g  // gradient before the activation
    if activation == .relu { gp = Tensor(uninitialized: g.shape) }
    let masked = activation == .relu ? gp.pointer : nil
    func finishMap(_ biasGradient: UnsafeMutablePointer<Float>?) {
      for sample in 0..<geometry.batch {
        let at = sample * geometry.outputs * geometry.pixels
        braid_map_gradient(
          masked == nil ? nil : y.pointer + at, g.pointer + at, geometry.outputs, geometry.pixels,
          masked.map { $0 + at },
          biasGradient)
      }
    }
    if let bias, wantsBias {
      sink.accumulate(into: bias) { gb, beta in
        if beta == 0 { gb.update(repeating: 0, count: geometry.outputs) }
        finishMap(gb)
      }
    } else if masked != nil {
      finishMap(nil)
    }
    sink.accumulate(into: weight) { gw, beta in geometry.weightGradient(x, gp, gw, beta) }
    sink.accumulate(into: x) { gx, beta in geometry.inputGradient(weight, gp, gx, beta) }
  }
}

extension Activation {
  /// The same function on its own.
  var elementwise: UnaryFunction {
    switch self {
    case .none: .identity
    case .relu: .relu
    case .sigmoid: .sigmoid
    case .tanh: .tanh
    case .gelu: .gelu
    }
  }
}
