import CBraidKernels

/// What the recurrent operations share: sizes, the order of steps, time-major copies, and the states at both ends.
///
/// Work buffers are time-major in processing order: place s holds step s, or T − 1 − s when reversed. A masked step keeps the
/// state, so the state at the end is the one after the last real step, and the initial one where there is none.
struct Recurrence {
  let batch: Int, time: Int, width: Int, units: Int
  let isReversed: Bool
  let steps: Tensor?
  /// The first place that reads the state before it: without an initial state that is zero, and its product left out.
  let firstRead: Int

  /// Checks all shapes against `[B, T, d]`, `[B, h]`, `[d, G·h]`, `[h, G·h]`, `[G·h]`; stops naming the operation.
  init(
    _ name: String, gates: Int, x: Tensor, steps: Tensor?, initial: Tensor?, initialCell: Tensor? = nil,
    inputWeight: Tensor, recurrentWeight: Tensor, bias: Tensor, recurrentBias: Tensor? = nil, isReversed: Bool
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
    let stateShape = Shape(batch, units)
    if let wrong = initial?.shape != stateShape ? initial : initialCell?.shape != stateShape ? initialCell : nil {
      stop(
        name,
        "initial state of shape \(wrong.shape) for \(batch) samples and \(units) units; expected \(stateShape)")
    }
    (self.steps, self.isReversed, firstRead) = (steps, isReversed, initial == nil ? 1 : 0)
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

  /// A buffer `[T + 1, B, h]` whose first place is the initial state, by default zero; that place alone if not all are
  /// kept.
  func states(from initial: Tensor?, keeps: Bool) -> Tensor {
    let result = Tensor(uninitialized: Shape(keeps ? time + 1 : 1, batch, units))
    if let initial {
      result.pointer.update(from: initial.pointer, count: batch * units)
    } else {
      result.pointer.update(repeating: 0, count: batch * units)
    }
    return result
  }

  /// `[B, h]` of zeros for the gradient of a state; nothing where none will come.
  func zeros(keeps: Bool) -> Tensor { .zeros(keeps ? Shape(batch, units) : Shape(0)) }

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

  /// The state `[B, h]` at the last of the places, as another result of the operation that gave `states`.
  ///
  /// Its gradient is put into `gradient`, with which the derivative of that operation begins: it comes later in the reverse
  /// pass.
  func last(of places: Tensor, besides states: Tensor, gradient: Tensor) -> Tensor {
    let result = Tensor(uninitialized: Shape(batch, units))
    result.pointer.update(from: places.pointer + (places.count - result.count), count: result.count)
    return result.recorded("last state", from: states, saving: (states, gradient)) { saved, g, sink in
      let (states, gradient) = saved
      gradient.pointer.update(from: g.pointer, count: g.count)
      // a gradient of nothing, so that the operation's derivative runs although nobody used its states
      sink.accumulate(into: states) { gs, beta in
        if beta == 0 { gs.update(repeating: 0, count: states.count) }
      }
    }
  }
}
