import CBraidKernels

/// A plain recurrent network over masked sequences (Elman 1990, "Finding structure in time"), one operation for all
/// steps.
///
/// ```text
/// h ← f(x W + h U + b)    (zero at the start; f is tanh or ReLU)
/// ```
/// Derivative, with p the argument of f and dh what flows into h: dp = dh ∘ f′(p), dW = Σ xᵀ dp, dU = Σ h₋ᵀ dp, db = Σ
/// dp, dx = dp Wᵀ, dh₋ = dp Uᵀ. A masked step keeps the state and outputs zeros; nothing under the mask is read.
/// - Parameters:
///   - x: `[B, T, d]`.
///   - steps: `[B, T]`, 1 for a real step and 0 for a masked one; nil when all are real.
///   - inputWeight: W `[d, h]`.
///   - recurrentWeight: U `[h, h]`.
///   - bias: b `[h]`.
///   - activation: f, `.tanh` or `.relu`. Stops otherwise.
///   - isReversed: whether steps are taken from the last to the first.
/// - Returns: `states`, h after every step `[B, T, h]`; `last`, h after the last real step taken `[B, h]`, zeros for a
///   sample that has none.
public func rnn(
  _ x: Tensor, steps: Tensor? = nil, _ inputWeight: Tensor, _ recurrentWeight: Tensor, _ bias: Tensor,
  activation: Activation = .tanh, isReversed: Bool = false
) -> (states: Tensor, last: Tensor) {
  guard activation == .tanh || activation == .relu else {
    stop("rnn", "the activation is \(activation); expected tanh or relu")
  }
  let run = Recurrence(
    "rnn", gates: 1, x: x, steps: steps, inputWeight: inputWeight, recurrentWeight: recurrentWeight, biases: [bias],
    isReversed: isReversed)
  let (batch, time, width, units) = (run.batch, run.time, run.width, run.units)
  let isRelu: Int32 = activation == .relu ? 1 : 0
  let xs = run.timeMajor(x)  // [T, B, d]
  let gates = Tensor(uninitialized: Shape(time, batch, units))  // [T, B, h]: products, then states, then derivatives
  gemm(time * batch, units, width, xs.pointer, false, inputWeight.pointer, false, gates.pointer)
  let h = run.states()  // [T + 1, B, h]
  let states = Tensor(uninitialized: Shape(batch, time, units))  // [B, T, h]
  let place = batch * units
  for s in 0..<time {
    let step = run.step(s)
    let gate = gates.pointer + s * place
    if s > 0 { gemm(batch, units, units, h.pointer + s * place, false, recurrentWeight.pointer, false, gate, beta: 1) }
    braid_rnn_step(
      isRelu, gate, bias.pointer, h.pointer + s * place, run.mask(step), time, h.pointer + (s + 1) * place,
      states.pointer + step * units, time * units, batch, units)
  }
  let flops = 2 * Double(time * batch * units) * Double(width + units)
  let recorded = states.recorded("rnn", from: [x, inputWeight, recurrentWeight, bias], flops: flops) { g, sink in
    let dh = Tensor.zeros(Shape(batch, units))
    let gb = Tensor.zeros(bias.shape)
    for s in (0..<time).reversed() {
      let step = run.step(s)
      let gate = gates.pointer + s * place
      braid_rnn_step_gradient(
        isRelu, gate, run.mask(step), time, g.pointer + step * units, time * units, dh.pointer, gb.pointer, batch, units
      )
      // dh: [B, h], what a masked step let by plus [B, h] Uᵀ
      if s > 0 { gemm(batch, units, units, gate, false, recurrentWeight.pointer, true, dh.pointer, beta: 1) }
    }
    sink.add(gb, to: bias)
    sink.accumulate(into: recurrentWeight) { gu, beta in
      gemm(units, units, time * batch, h.pointer, true, gates.pointer, false, gu, beta: beta)
    }
    sink.accumulate(into: inputWeight) { gw, beta in
      gemm(width, units, time * batch, xs.pointer, true, gates.pointer, false, gw, beta: beta)
    }
    run.addInputGradient(gates, inputWeight, to: x, &sink)
  }
  return (recorded, run.last(of: recorded))
}
