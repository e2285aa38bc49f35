import CBraidKernels

/// A plain recurrent network over masked sequences (Elman 1990, "Finding structure in time"), one operation for all
/// steps.
///
/// ```text
/// h ← f(x W + h U + b)    (f is tanh or ReLU)
/// ```
/// Derivative, with p the argument of f and dh what flows into h: dp = dh ∘ f′(p), dW = Σ xᵀ dp, dU = Σ h₋ᵀ dp, db = Σ
/// dp, dx = dp Wᵀ, dh₋ = dp Uᵀ. A masked step keeps the state and outputs zeros; nothing under the mask is read.
/// - Parameters:
///   - x: `[B, T, d]`.
///   - steps: `[B, T]`, 1 for a real step and 0 for a masked one; nil when all are real.
///   - initial: h before the first step taken `[B, h]`; nil: zeros.
///   - inputWeight: W `[d, h]`.
///   - recurrentWeight: U `[h, h]`.
///   - bias: b `[h]`.
///   - activation: f, `.tanh` or `.relu`. Stops otherwise.
///   - isReversed: whether steps are taken from the last to the first.
/// - Returns: `states`, h after every step `[B, T, h]`; `last`, h after the last real step taken `[B, h]`, the
///   initial one for a sample that has none.
public func rnn(
  _ x: Tensor, steps: Tensor? = nil, initial: Tensor? = nil, _ inputWeight: Tensor, _ recurrentWeight: Tensor,
  _ bias: Tensor, activation: Activation = .tanh, isReversed: Bool = false
) -> (states: Tensor, last: Tensor) {
  guard activation == .tanh || activation == .relu else {
    stop("rnn", "the activation is \(activation); expected tanh or relu")
  }
  let run = Recurrence(
    "rnn", gates: 1, x: x, steps: steps, initial: initial, inputWeight: inputWeight,
    recurrentWeight: recurrentWeight, bias: bias, isReversed: isReversed)
  let (batch, time, width, units) = (run.batch, run.time, run.width, run.units)
  let isRelu: Int32 = activation == .relu ? 1 : 0
  let operands = Few(x, inputWeight, recurrentWeight, bias)
  let keeps = operands.contains(where: \.isRecorded) || initial?.isRecorded ?? false
  let input = RecurrentInput(run, x, inputWeight, keeps: keeps)  // [T, B, h]: products, states, derivatives
  let (xs, gates) = (input.xs, input.gates)
  let h = run.states(from: initial, keeps: keeps)  // [T + 1, B, h]
  // from one step's state to the next: without a gradient they share their memory
  let place = keeps ? batch * units : 0
  let states = Tensor(uninitialized: Shape(batch, time, units))  // [B, T, h]
  let recurrent = PackedMatrix(recurrentWeight.pointer, stride: units, units, units)
  // samples do not see each other: a thread takes some of them through all steps
  let work = time * batch * units * (width + units) / 16
  Parallel.split(batch, work: work, with: (run, input, recurrent, isRelu, bias, h, place, states)) { values, samples in
    let (run, input, recurrent, isRelu, bias, h, place, states) = values
    let (time, units, first, count) = (run.time, run.units, samples.lowerBound, samples.count)
    for s in 0..<time {
      let step = run.step(s), h = h.pointer + s * place + first * units
      let gate = input.rows(s, first, count)
      if s >= run.firstRead { recurrent.product(count, h, rows: units, gate, beta: 1) }
      braid_rnn_step(
        isRelu, gate, bias.pointer, h, run.mask(step).map { $0 + first * time }, time, h + place,
        states.pointer + (first * time + step) * units, time * units, count, units)
    }
  }
  let flops = 2 * Double(time * batch * units) * Double(width + units)
  let dh = run.zeros(keeps: keeps)  // the gradient of the last state, then of those before
  let recorded = states.recorded(
    "rnn", from: operands, initial,
    saving: (run, x, initial, inputWeight, recurrentWeight, bias, isRelu, xs, gates, h, dh, work), flops: flops
  ) { saved, g, sink in
    let (run, x, initial, inputWeight, recurrentWeight, bias, isRelu, xs, gates, h, dh, work) = saved
    let (batch, time, width, units) = (run.batch, run.time, run.width, run.units)
    let turned = PackedMatrix(recurrentWeight.pointer, transposed: true, stride: units, units, units)  // Uᵀ
    Parallel.split(batch, work: work, with: (run, turned, isRelu, gates, g, dh)) { values, samples in
      let (run, turned, isRelu, gates, g, dhs) = values
      let (batch, time, units, first, count) = (run.batch, run.time, run.units, samples.lowerBound, samples.count)
      let dh = dhs.pointer + first * units
      for s in (0..<time).reversed() {
        let step = run.step(s), gate = gates.pointer + (s * batch + first) * units
        braid_rnn_step_gradient(
          isRelu, gate, run.mask(step).map { $0 + first * time }, time, g.pointer + (first * time + step) * units,
          time * units, dh, count, units)
        // dh: [B, h], what a masked step let by plus [B, h] Uᵀ
        if s >= run.firstRead { turned.product(count, gate, rows: units, dh, beta: 1) }
      }
    }
    if let initial { sink.add(dh, to: initial) }
    sink.accumulate(into: bias) { gb, beta in
      biasActivationGradient(.none, nil, gates, gates, nil, gb, beta, time * batch, units)
    }
    sink.accumulate(into: recurrentWeight) { gu, beta in
      gemm(units, units, time * batch, h.pointer, true, gates.pointer, false, gu, beta: beta)
    }
    sink.accumulate(into: inputWeight) { gw, beta in
      gemm(width, units, time * batch, xs.pointer, true, gates.pointer, false, gw, beta: beta)
    }
    run.addInputGradient(gates, inputWeight, to: x, &sink)
  }
  return (recorded, run.last(of: h, besides: recorded, gradient: dh))
}
