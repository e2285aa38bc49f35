import CBraidKernels

/// A gated recurrent unit over masked sequences (Cho et al. 2014), one operation for all steps.
///
/// ```text
/// r = σ(x Wr + br + h Ur + cr)    z = σ(x Wz + bz + h Uz + cz)    n = tanh(x Wn + bn + r ∘ (h Un + cn))
/// h ← (1 − z) ∘ n + z ∘ h         (zero at the start; columns of W, U, b, c in the order r, z, n)
/// ```
/// The reset gate multiplies after the recurrent product, as in cuDNN and PyTorch. A masked step keeps the state and outputs
/// zeros; nothing under the mask is read.
/// - Parameters:
///   - x: `[B, T, d]`.
///   - steps: `[B, T]`, 1 for a real step and 0 for a masked one; nil when all are real.
///   - inputWeight: W `[d, 3·h]`.
///   - recurrentWeight: U `[h, 3·h]`.
///   - bias: b `[3·h]`.
///   - recurrentBias: c `[3·h]`.
///   - isReversed: whether steps are taken from the last to the first.
/// - Returns: `states`, h after every step `[B, T, h]`; `last`, h after the last real step taken `[B, h]`, zeros for a sample
///   that has none.
public func gru(
  _ x: Tensor, steps: Tensor? = nil, _ inputWeight: Tensor, _ recurrentWeight: Tensor, _ bias: Tensor, _ recurrentBias: Tensor,
  isReversed: Bool = false
) -> (states: Tensor, last: Tensor) {
  let run = Recurrence(
    "gru", gates: 3, x: x, steps: steps, inputWeight: inputWeight, recurrentWeight: recurrentWeight,
    biases: [bias, recurrentBias], isReversed: isReversed)
  let (batch, time, width, units, columns) = (run.batch, run.time, run.width, run.units, 3 * run.units)
  let xs = run.timeMajor(x)  // [T, B, d]
  let gates = Tensor(uninitialized: Shape(time, batch, columns))  // [T, B, 3h]: products, then activations, then derivatives
  gemm(time * batch, columns, width, xs.pointer, false, inputWeight.pointer, false, gates.pointer)
  let h = run.states()  // [T + 1, B, h]
  let q = Tensor(uninitialized: Shape(time, batch, units))  // [T, B, h]: h Un + cn, then its derivative
  let states = Tensor(uninitialized: Shape(batch, time, units))  // [B, T, h]
  let recurrent = Tensor.zeros(Shape(batch, columns))  // [B, 3h]; zero before the first step, where h is
  let place = batch * units
  for s in 0..<time {
    let step = run.step(s)
    if s > 0 { gemm(batch, columns, units, h.pointer + s * place, false, recurrentWeight.pointer, false, recurrent.pointer) }
    braid_gru_step(
      gates.pointer + s * batch * columns, recurrent.pointer, bias.pointer, recurrentBias.pointer, h.pointer + s * place,
      run.mask(step), time, q.pointer + s * place, h.pointer + (s + 1) * place, states.pointer + step * units, time * units,
      batch, units)
  }
  let flops = 2 * Double(time * batch * columns) * Double(width + units)
  let operands = [x, inputWeight, recurrentWeight, bias, recurrentBias]
  let recorded = states.recorded("gru", from: operands, flops: flops) { g, sink in
    let dh = Tensor.zeros(Shape(batch, units)), gb = Tensor.zeros(bias.shape), gc = Tensor.zeros(bias.shape)
    let u = recurrentWeight.pointer
    for s in (0..<time).reversed() {
      let step = run.step(s), gate = gates.pointer + s * batch * columns, dq = q.pointer + s * place
      braid_gru_step_gradient(
        gate, dq, h.pointer + s * place, run.mask(step), time, g.pointer + step * units, time * units, dh.pointer,
        gb.pointer, gc.pointer, batch, units)
      if s > 0 {  // dh: [B, h] += [dr, dz] [Ur, Uz]ᵀ + dq Unᵀ
        gemm(
          batch, units, 2 * units, gate, false, rows: columns, u, true, rows: columns, dh.pointer, rows: units, beta: 1)
        gemm(
          batch, units, units, dq, false, rows: units, u + 2 * units, true, rows: columns, dh.pointer, rows: units, beta: 1)
      }
    }
    sink.add(gb, to: bias)
    sink.add(gc, to: recurrentBias)
    sink.accumulate(into: recurrentWeight) { gu, beta in
      let rows = time * batch
      gemm(
        units, 2 * units, rows, h.pointer, true, rows: units, gates.pointer, false, rows: columns, gu, rows: columns,
        beta: beta)
      gemm(
        units, units, rows, h.pointer, true, rows: units, q.pointer, false, rows: units, gu + 2 * units, rows: columns,
        beta: beta)
    }
    sink.accumulate(into: inputWeight) { gw, beta in
      gemm(width, columns, time * batch, xs.pointer, true, gates.pointer, false, gw, beta: beta)
    }
    run.addInputGradient(gates, inputWeight, to: x, &sink)
  }
  return (recorded, run.last(of: recorded))
}
