import CBraidKernels

/// A long short-term memory over masked sequences (Hochreiter & Schmidhuber 1997; Gers et al. 2000), one operation for all steps.
///
/// ```text
/// i, f, o = σ(x W + h U + b)    g = tanh(x W + h U + b)    (columns in the order i, f, g, o)
/// c ← f ∘ c + i ∘ g             h ← o ∘ tanh c             (both zero at the start)
/// ```
/// A masked step keeps the state and outputs zeros; nothing under the mask is read.
/// - Parameters:
///   - x: `[B, T, d]`.
///   - steps: `[B, T]`, 1 for a real step and 0 for a masked one; nil when all are real.
///   - inputWeight: `[d, 4·h]`.
///   - recurrentWeight: `[h, 4·h]`.
///   - bias: `[4·h]`.
///   - isReversed: whether steps are taken from the last to the first.
/// - Returns: `states`, h after every step `[B, T, h]`; `last`, h after the last real step taken `[B, h]`, zeros for a sample
///   that has none.
public func lstm(
  _ x: Tensor, steps: Tensor? = nil, _ inputWeight: Tensor, _ recurrentWeight: Tensor, _ bias: Tensor, isReversed: Bool = false
) -> (states: Tensor, last: Tensor) {
  let run = Recurrence(
    "lstm", gates: 4, x: x, steps: steps, inputWeight: inputWeight, recurrentWeight: recurrentWeight, biases: [bias],
    isReversed: isReversed)
  let (batch, time, width, units, columns) = (run.batch, run.time, run.width, run.units, 4 * run.units)
  let xs = run.timeMajor(x)  // [T, B, d]
  let gates = Tensor(uninitialized: Shape(time, batch, columns))  // [T, B, 4h]: products, then activations, then derivatives
  gemm(time * batch, columns, width, xs.pointer, false, inputWeight.pointer, false, gates.pointer)
  let h = run.states(), c = run.states()  // [T + 1, B, h]
  let states = Tensor(uninitialized: Shape(batch, time, units))  // [B, T, h]
  let place = batch * units
  for s in 0..<time {
    let step = run.step(s), gate = gates.pointer + s * batch * columns
    if s > 0 { gemm(batch, columns, units, h.pointer + s * place, false, recurrentWeight.pointer, false, gate, beta: 1) }
    braid_lstm_step(
      gate, bias.pointer, c.pointer + s * place, h.pointer + s * place, run.mask(step), time, c.pointer + (s + 1) * place,
      h.pointer + (s + 1) * place, states.pointer + step * units, time * units, batch, units)
  }
  let flops = 2 * Double(time * batch * columns) * Double(width + units)
  let recorded = states.recorded("lstm", from: [x, inputWeight, recurrentWeight, bias], flops: flops) { g, sink in
    let dh = Tensor.zeros(Shape(batch, units)), dc = Tensor.zeros(Shape(batch, units)), gb = Tensor.zeros(bias.shape)
    for s in (0..<time).reversed() {
      let step = run.step(s), gate = gates.pointer + s * batch * columns
      braid_lstm_step_gradient(
        gate, c.pointer + s * place, c.pointer + (s + 1) * place, run.mask(step), time, g.pointer + step * units,
        time * units, dh.pointer, dc.pointer, gb.pointer, batch, units)
      // dh: [B, h], what bypassed the gates plus [B, 4h] Uᵀ
      if s > 0 { gemm(batch, units, columns, gate, false, recurrentWeight.pointer, true, dh.pointer, beta: 1) }
    }
    sink.add(gb, to: bias)
    sink.accumulate(into: recurrentWeight) { gu, beta in
      gemm(units, columns, time * batch, h.pointer, true, gates.pointer, false, gu, beta: beta)
    }
    sink.accumulate(into: inputWeight) { gw, beta in
      gemm(width, columns, time * batch, xs.pointer, true, gates.pointer, false, gw, beta: beta)
    }
    run.addInputGradient(gates, inputWeight, to: x, &sink)
  }
  return (recorded, run.last(of: recorded))
}
