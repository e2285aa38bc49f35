import CBraidKernels

/// A gated recurrent unit over masked sequences (Cho et al. 2014), one operation for all steps.
///
/// ```text
/// r = σ(x Wr + br + h Ur + cr)    z = σ(x Wz + bz + h Uz + cz)    n = tanh(x Wn + bn + r ∘ (h Un + cn))
/// h ← (1 − z) ∘ n + z ∘ h         (columns of W, U, b, c in the order r, z, n)
/// ```
/// The reset gate multiplies after the recurrent product, as in cuDNN and PyTorch. Derivative, with dh what flows into h of a
/// step, h₋ the state before it and q = h₋ Un + cn: dn = dh ∘ (1 − z) ∘ (1 − n²), dz = dh ∘ (h₋ − n) ∘ z ∘ (1 − z), dr = dn ∘ q ∘
/// r ∘ (1 − r), dq = dn ∘ r. With dp = [dr, dz, dn] and dp′ = [dr, dz, dq]: dW = Σ xᵀ dp, db = Σ dp, dx = dp Wᵀ, dU = Σ h₋ᵀ dp′,
/// dc = Σ dp′, dh₋ = dh ∘ z + dp′ Uᵀ. A masked step keeps the state and outputs zeros; nothing under the mask is read.
/// - Parameters:
///   - x: `[B, T, d]`.
///   - steps: `[B, T]`, 1 for a real step and 0 for a masked one; nil when all are real.
///   - initial: h before the first step taken `[B, h]`; nil: zeros.
///   - inputWeight: W `[d, 3·h]`.
///   - recurrentWeight: U `[h, 3·h]`.
///   - bias: b `[3·h]`.
///   - recurrentBias: c `[3·h]`.
///   - isReversed: whether steps are taken from the last to the first.
/// - Returns: `states`, h after every step `[B, T, h]`; `last`, h after the last real step taken `[B, h]`, the initial one
///   for a sample that has none.
public func gru(
  _ x: Tensor, steps: Tensor? = nil, initial: Tensor? = nil, _ inputWeight: Tensor, _ recurrentWeight: Tensor,
  _ bias: Tensor, _ recurrentBias: Tensor, isReversed: Bool = false
) -> (states: Tensor, last: Tensor) {
  let run = Recurrence(
    "gru", gates: 3, x: x, steps: steps, initial: initial, inputWeight: inputWeight,
    recurrentWeight: recurrentWeight, bias: bias, recurrentBias: recurrentBias, isReversed: isReversed)
  let (batch, time, width, units, columns) = (run.batch, run.time, run.width, run.units, 3 * run.units)
  let operands = Few(x, inputWeight, recurrentWeight, bias)
  let keeps =
    operands.contains(where: \.isRecorded) || recurrentBias.isRecorded || initial?.isRecorded ?? false
  let input = RecurrentInput(run, x, inputWeight, keeps: keeps)  // [T, B, 3h]: products, activations, derivatives
  let (xs, gates) = (input.xs, input.gates)
  let h = run.states(from: initial, keeps: keeps)  // [T + 1, B, h]
  // from one step's state to the next: without a gradient they share their memory
  let place = keeps ? batch * units : 0
  let q = Tensor(uninitialized: Shape(keeps ? time : 1, batch, units))  // [T, B, h]: h Un + cn, then its derivative
  let states = Tensor(uninitialized: Shape(batch, time, units))  // [B, T, h]
  let products = Tensor.zeros(Shape(batch, columns))  // [B, 3h]; zero at the first step where h is
  let recurrent = PackedMatrix(recurrentWeight.pointer, stride: columns, units, columns)
  // samples do not see each other: a thread takes some of them through all steps
  let work = time * batch * columns * (width + units) / 16
  let values = (run, input, recurrent, products, bias, recurrentBias, h, q, place, states)
  Parallel.split(batch, work: work, with: values) { values, samples in
    let (run, input, recurrent, products, bias, recurrentBias, h, q, place, states) = values
    let (time, units, columns) = (run.time, run.units, 3 * run.units)
    let (first, count) = (samples.lowerBound, samples.count)
    let product = products.pointer + first * columns
    for s in 0..<time {
      let step = run.step(s), h = h.pointer + s * place + first * units
      let gate = input.rows(s, first, count)
      if s >= run.firstRead { recurrent.product(count, h, rows: units, product, beta: 0) }
      braid_gru_step(
        gate, product, bias.pointer, recurrentBias.pointer, h, run.mask(step).map { $0 + first * time }, time,
        q.pointer + s * place + first * units, h + place, states.pointer + (first * time + step) * units, time * units,
        count, units)
    }
  }
  let flops = 2 * Double(time * batch * columns) * Double(width + units)
  let dh = run.zeros(keeps: keeps)  // the gradient of the last state, then of those before
  let recorded = states.recorded(
    "gru", from: operands, recurrentBias, initial,
    saving: (run, x, initial, inputWeight, recurrentWeight, bias, recurrentBias, xs, gates, h, q, dh, work),
    flops: flops
  ) { saved, g, sink in
    let (run, x, initial, inputWeight, recurrentWeight, bias, recurrentBias, xs, gates, h, q, dh, work) = saved
    let (batch, time, width, units, columns) = (run.batch, run.time, run.width, run.units, 3 * run.units)
    let u = recurrentWeight.pointer
    // [Ur, Uz]ᵀ and Unᵀ
    let gated = PackedMatrix(u, transposed: true, stride: columns, 2 * units, units)
    let new = PackedMatrix(u + 2 * units, transposed: true, stride: columns, units, units)
    Parallel.split(batch, work: work, with: (run, gated, new, gates, h, q, g, dh)) { values, samples in
      let (run, gated, new, gates, h, q, g, dhs) = values
      let (batch, time, units, columns) = (run.batch, run.time, run.units, 3 * run.units)
      let (first, count) = (samples.lowerBound, samples.count)
      let dh = dhs.pointer + first * units
      for s in (0..<time).reversed() {
        let step = run.step(s), gate = gates.pointer + (s * batch + first) * columns
        let dq = q.pointer + (s * batch + first) * units
        braid_gru_step_gradient(
          gate, dq, h.pointer + (s * batch + first) * units, run.mask(step).map { $0 + first * time }, time,
          g.pointer + (first * time + step) * units, time * units, dh, count, units)
        if s >= run.firstRead {  // dh: [B, h] += [dr, dz] [Ur, Uz]ᵀ + dq Unᵀ
          gated.product(count, gate, rows: columns, dh, beta: 1)
          new.product(count, dq, rows: units, dh, beta: 1)
        }
      }
    }
    if let initial { sink.add(dh, to: initial) }
    sink.accumulate(into: bias) { gb, beta in
      biasActivationGradient(.none, nil, gates, gates, nil, gb, beta, time * batch, columns)
    }
    sink.accumulate(into: recurrentBias) { gc, beta in  // those of r and z from the gates, that of n from q
      braid_bias_activation_gradient(
        Activation.none.function, 0, nil, gates.pointer, gates.pointer, nil, gc, beta, time * batch, 2 * units, columns)
      biasActivationGradient(.none, nil, q, q, nil, gc + 2 * units, beta, time * batch, units)
    }
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
  return (recorded, run.last(of: h, besides: recorded, gradient: dh))
}
