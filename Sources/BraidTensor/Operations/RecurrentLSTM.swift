import CBraidKernels

/// A long short-term memory over masked sequences (Hochreiter & Schmidhuber 1997; Gers et al. 2000), one operation for all steps.
///
/// ```text
/// i, f, o = σ(x W + h U + b)    g = tanh(x W + h U + b)    (columns in the order i, f, g, o)
/// c ← f ∘ c + i ∘ g             h ← o ∘ tanh c
/// ```
/// Derivative, with dh and dc what flows into h and c of a step, and c₋, h₋ the states before it: do = dh ∘ tanh c, dc ←
/// dc + dh ∘ o ∘ (1 − tanh² c), di = dc ∘ g, df = dc ∘ c₋, dg = dc ∘ i, each times the slope of its function: dp, of the
/// arguments. Then dW = Σ xᵀ dp, dU = Σ h₋ᵀ dp, db = Σ dp, dx = dp Wᵀ, dh₋ = dp Uᵀ, dc₋ = dc ∘ f. A masked step keeps the
/// state and outputs zeros; nothing under the mask is read.
/// - Parameters:
///   - x: `[B, T, d]`.
///   - steps: `[B, T]`, 1 for a real step and 0 for a masked one; nil when all are real.
///   - initial: h and c before the first step taken, `[B, h]` each; nil: zeros.
///   - inputWeight: W `[d, 4·h]`.
///   - recurrentWeight: U `[h, 4·h]`.
///   - bias: b `[4·h]`.
///   - isReversed: whether steps are taken from the last to the first.
/// - Returns: `states`, h after every step `[B, T, h]`; `last` and `cell`, h and c after the last real step taken, `[B, h]`
///   each, the initial ones for a sample that has none.
public func lstm(
  _ x: Tensor, steps: Tensor? = nil, initial: (h: Tensor, c: Tensor)? = nil, _ inputWeight: Tensor,
  _ recurrentWeight: Tensor, _ bias: Tensor, isReversed: Bool = false
) -> (states: Tensor, last: Tensor, cell: Tensor) {
  let run = Recurrence(
    "lstm", gates: 4, x: x, steps: steps, initial: initial?.h, initialCell: initial?.c, inputWeight: inputWeight,
    recurrentWeight: recurrentWeight, bias: bias, isReversed: isReversed)
  let (batch, time, width, units, columns) = (run.batch, run.time, run.width, run.units, 4 * run.units)
  let operands = Few(x, inputWeight, recurrentWeight, bias)
  let keeps =
    operands.contains(where: \.isRecorded) || initial.map { $0.h.isRecorded || $0.c.isRecorded } ?? false
  let input = RecurrentInput(run, x, inputWeight, keeps: keeps)  // [T, B, 4h]: products, activations, derivatives
  let (xs, gates) = (input.xs, input.gates)
  let h = run.states(from: initial?.h, keeps: keeps), c = run.states(from: initial?.c, keeps: keeps)  // [T + 1, B, h]
  // from one step's state to the next: without a gradient they share their memory
  let place = keeps ? batch * units : 0
  let states = Tensor(uninitialized: Shape(batch, time, units))  // [B, T, h]
  let recurrent = PackedMatrix(recurrentWeight.pointer, stride: columns, units, columns)
  // samples do not see each other: a thread takes some of them through all steps
  let work = time * batch * columns * (width + units) / 16
  Parallel.split(batch, work: work, with: (run, input, recurrent, bias, c, h, place, states)) { values, samples in
    let (run, input, recurrent, bias, c, h, place, states) = values
    let (time, units, first, count) = (run.time, run.units, samples.lowerBound, samples.count)
    for s in 0..<time {
      let step = run.step(s), gate = input.rows(s, first, count)
      let (c, h) = (c.pointer + s * place + first * units, h.pointer + s * place + first * units)
      if s >= run.firstRead { recurrent.product(count, h, rows: units, gate, beta: 1) }
      braid_lstm_step(
        gate, bias.pointer, c, h, run.mask(step).map { $0 + first * time }, time, c + place, h + place,
        states.pointer + (first * time + step) * units, time * units, count, units)
    }
  }
  let flops = 2 * Double(time * batch * columns) * Double(width + units)
  // the gradients of the last states, then of those before
  let dh = run.zeros(keeps: keeps), dc = run.zeros(keeps: keeps)
  let recorded = states.recorded(
    "lstm", from: operands, initial?.h, initial?.c,
    saving: (run, x, initial, inputWeight, recurrentWeight, bias, xs, gates, h, c, dh, dc, work), flops: flops
  ) { saved, g, sink in
    let (run, x, initial, inputWeight, recurrentWeight, bias, xs, gates, h, c, dh, dc, work) = saved
    let (batch, time, width, units, columns) = (run.batch, run.time, run.width, run.units, 4 * run.units)
    let turned = PackedMatrix(recurrentWeight.pointer, transposed: true, stride: columns, columns, units)  // Uᵀ
    Parallel.split(batch, work: work, with: (run, turned, gates, c, g, dh, dc)) { values, samples in
      let (run, turned, gates, c, g, dhs, dcs) = values
      let (batch, time, units, columns) = (run.batch, run.time, run.units, 4 * run.units)
      let (first, count) = (samples.lowerBound, samples.count)
      let (dh, dc) = (dhs.pointer + first * units, dcs.pointer + first * units)
      for s in (0..<time).reversed() {
        let step = run.step(s), gate = gates.pointer + (s * batch + first) * columns
        let c = c.pointer + (s * batch + first) * units
        braid_lstm_step_gradient(
          gate, c, c + batch * units, run.mask(step).map { $0 + first * time }, time,
          g.pointer + (first * time + step) * units, time * units, dh, dc, count, units)
        // dh: [B, h], what bypassed the gates plus [B, 4h] Uᵀ
        if s >= run.firstRead { turned.product(count, gate, rows: columns, dh, beta: 1) }
      }
    }
    if let initial {
      sink.add(dh, to: initial.h)
      sink.add(dc, to: initial.c)
    }
    sink.accumulate(into: bias) { gb, beta in
      biasActivationGradient(.none, nil, gates, gates, nil, gb, beta, time * batch, columns)
    }
    sink.accumulate(into: recurrentWeight) { gu, beta in
      gemm(units, columns, time * batch, h.pointer, true, gates.pointer, false, gu, beta: beta)
    }
    sink.accumulate(into: inputWeight) { gw, beta in
      gemm(width, columns, time * batch, xs.pointer, true, gates.pointer, false, gw, beta: beta)
    }
    run.addInputGradient(gates, inputWeight, to: x, &sink)
  }
  return (
    recorded, run.last(of: h, besides: recorded, gradient: dh), run.last(of: c, besides: recorded, gradient: dc)
  )
}
