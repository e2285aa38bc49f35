import CBraidKernels

/// Every element zero with probability `rate`, otherwise divided by 1 − rate (Srivastava et al. 2014, in its inverted form).
///
/// Derivative: g times the same mask. The mask depends on the stream and the place in the tensor only. Rate 0 returns x itself and
/// draws nothing. Stops on a rate outside 0 ..< 1.
public func dropout(_ x: Tensor, rate: Float, _ stream: inout RandomStream) -> Tensor {
  guard rate >= 0, rate < 1 else { stop("dropout", "rate \(rate) for a tensor of shape \(x.shape); expected 0 ..< 1") }
  if rate == 0 { return x }
  let (y, mask) = stream.drop(x, rate: rate)
  return y.recorded("dropout", from: x, flops: Double(x.count)) { g, sink in
    sink.accumulate(into: x) { gx, beta in
      braid_binary_gradient(Int32(BRAID_SLOPE_OTHER), g.pointer, mask.pointer, mask.pointer, beta, gx, mask.count)
    }
  }
}
