import CBraidKernels

/// What the recurrent operations share: sizes, the order of steps, time-major copies, and the state after the last real step.
///
/// Work buffers are time-major in processing order: place s holds step s, or T − 1 − s when reversed. A masked step keeps the
/// state, so the state at the end is the one after the last real step.
struct Recurrence {
  let batch: Int, time: Int, width: Int, units: Int
  let isReversed: Bool
  let steps: Tensor?

  /// Checks all shapes against `[B, T, d]`, `[d, G·h]`, `[h, G·h]`, `[G·h]`; stops naming the operation.
  init(
    _ name: String, gates: Int, x: Tensor, steps: Tensor?, inputWeight: Tensor, recurrentWeight: Tensor,
    bias: Tensor, recurrentBias: Tensor? = nil, isReversed: Bool
  ) {
    guard x.shape.rank == 3 else { stop(name, "a sequence is [batch, time, features]; got \(x.shape)") }
    (batch, time, width) = (x.shape[0], x.shape[1], x.shape[2])
    guard recurrentWeight.shape.rank == 2, recurrentWeight.shape[1] == gates * recurrentWeight.shape[0] else {
      stop(name, "recurrent weight of shape \(recurrentWeight.shape); expected [h, \(gates)·h]")
    }
    units = recurrentWeight.shape[0]
    let inputShape = Shape(width, gates * units)
    guard inputWeight.shape == inputShape else {
      stop(
        name,
        "input weight of shape \(inputWeight.shape) for \(width) features and \(units) units; expected \(inputShape)")
    }
    let biasShape = Shape(gates * units)
    if let wrong = bias.shape != biasShape ? bias : recurrentBias?.shape != biasShape ? recurrentBias : nil {
      stop(name, "bias of shape \(wrong.shape) for \(units) units; expected \(biasShape)")
    }
    if let steps, steps.shape != Shape(batch, time) {
      stop(name, "steps of shape \(steps.shape) for a sequence \(x.shape); expected [\(batch), \(time)]")
    }
    (self.steps, self.isReversed) = (steps, isReversed)
  }

  /// The step that is processed as number s.
  func step(_ place: Int) -> Int { isReversed ? time - 1 - place : place }

  /// The step's column of the mask, nil when all steps are real. Samples lie `time` apart.
  func mask(_ step: Int) -> UnsafePointer<Float>? { steps.map { UnsafePointer($0.pointer + step) } }

  /// `[B, T, d]` → `[T, B, d]` in processing order, masked rows zero.
  func timeMajor(_ x: Tensor) -> Tensor {
    let result = Tensor(uninitialized: Shape(time, batch, width))
    braid_time_major(x.pointer, steps?.pointer, isReversed ? 1 : 0, result.pointer, batch, time, width)
    return result
  }

  /// A buffer `[T + 1, B, h]` whose first place, the initial state, is zero; that place alone if not all are kept.
  func states(keeps: Bool) -> Tensor {
    let result = Tensor(uninitialized: Shape(keeps ? time + 1 : 1, batch, units))
    result.pointer.update(repeating: 0, count: batch * units)
    return result
  }

  /// The input's gradient: `[T, B, G·h] · Wᵀ`, back in the order of the input.
  func addInputGradient(_ gates: Tensor, _ weight: Tensor, to x: Tensor, _ sink: inout GradientSink) {
    guard sink.wants(x) else { return }
    let columns = weight.shape[1]
    let product = Tensor(uninitialized: Shape(time, batch, width))  // [T, B, d]
    gemm(time * batch, width, columns, gates.pointer, false, weight.pointer, true, product.pointer)
    sink.accumulate(into: x) { gx, beta in
      braid_batch_major(product.pointer, isReversed ? 1 : 0, beta, gx, batch, time, width)
    }
  }

  /// The state after each sample's last processed real step, zeros where there is none: a gather of `states [B, T, h]`, whose
  /// gradient goes back to the gathered rows.
  func last(of states: Tensor) -> Tensor {
    let result = Tensor(uninitialized: Shape(batch, units))  // [B, h]
    for sample in 0..<batch {
      let to = result.pointer + sample * units
      if let row = lastRow(sample) {
        to.update(from: states.pointer + row * units, count: units)
      } else {
        to.update(repeating: 0, count: units)
      }
    }
    return result.recorded("last state", from: states, saving: (self, states)) { saved, g, sink in
      let (run, states) = saved
      sink.accumulate(into: states) { gs, beta in
        if beta == 0 { gs.update(repeating: 0, count: states.count) }
        for sample in 0..<run.batch {
          guard let row = run.lastRow(sample) else { continue }
          addScaled(g.pointer + sample * run.units, 1, gs + row * run.units, run.units)
        }
      }
    }
  }

  /// The row of `[B · T, h]` that holds a sample's state after its last processed real step; nil when it has none.
  private func lastRow(_ sample: Int) -> Int? {
    for place in (0..<time).reversed() {
      let row = sample * time + step(place)
      if steps.map({ $0.pointer[row] != 0 }) ?? true { return row }
    }
    return nil
  }
}
