import CBraidKernels

// Sequences `[B, T, d]` and what marks their real steps: `steps [B, T]`, a constant with 0 at padding, nil when all are real.
extension Tensor {
  /// Mean over the real steps: `[B, T, d] → [B, d]`; zeros for a sequence without any. dx = g / (number of real steps) at each.
  public func meanOverSteps(_ steps: Tensor?) -> Tensor {
    let x = self, (batch, time, width) = sequence("meanOverSteps", steps)
    let y = Tensor(uninitialized: Shape(batch, width))
    braid_steps_mean(x.pointer, steps?.pointer, batch, time, width, y.pointer)
    return y.recorded("meanOverSteps", from: x, saving: (x, steps, batch, time, width), flops: Double(count)) {
      saved, g, sink in
      let (x, steps, batch, time, width) = saved
      sink.accumulate(into: x) { gx, beta in
        braid_steps_mean_gradient(g.pointer, steps?.pointer, batch, time, width, beta, gx)
      }
    }
  }

  /// Largest over the real steps: `[B, T, d] → [B, d]`; zeros for a sequence without any.
  ///
  /// Derivative: g at the first real step that attains the maximum.
  public func maximumOverSteps(_ steps: Tensor?) -> Tensor {
    let x = self, (batch, time, width) = sequence("maximumOverSteps", steps)
    let y = Tensor(uninitialized: Shape(batch, width))
    braid_steps_maximum(x.pointer, steps?.pointer, batch, time, width, y.pointer)
    return y.recorded("maximumOverSteps", from: x, saving: (x, y, steps, batch, time, width), flops: Double(count)) {
      saved, g, sink in
      let (x, y, steps, batch, time, width) = saved
      sink.accumulate(into: x) { gx, beta in
        braid_steps_maximum_gradient(x.pointer, y.pointer, g.pointer, steps?.pointer, batch, time, width, beta, gx)
      }
    }
  }

  /// The last real step: `[B, T, d] → [B, d]`; zeros for a sequence without any. dx = g there.
  public func lastStep(_ steps: Tensor?) -> Tensor {
    let x = self, (batch, time, width) = sequence("lastStep", steps)
    let y = Tensor(uninitialized: Shape(batch, width))
    braid_steps_last(x.pointer, steps?.pointer, batch, time, width, y.pointer)
    return y.recorded("lastStep", from: x, saving: (x, steps, batch, time, width)) { saved, g, sink in
      let (x, steps, batch, time, width) = saved
      sink.accumulate(into: x) { gx, beta in
        braid_steps_last_gradient(g.pointer, steps?.pointer, batch, time, width, beta, gx)
      }
    }
  }

  /// Row r of `[R…, …]` times `weights[r]`, where the weights' shape is how the tensor's begins: presence `[B]` or steps
  /// `[B, T]` of `[B, T, d]`. Where a weight is 0 the result is exactly 0, whatever was there. nil changes nothing.
  ///
  /// Derivative: dx = g times the weights. They are constants: stops when they are recorded (`*` differentiates both).
  public func scaledRows(_ weights: Tensor?) -> Tensor {
    guard let weights else { return self }
    let x = self
    guard shape.starts(with: weights.shape) else {
      stop(
        "scaledRows",
        "weights of shape \(weights.shape) for \(shape); expected how that begins, such as \(shape.rank > 0 ? "[\(shape[0])]" : "[]")"
      )
    }
    if weights.isRecorded {
      stop(
        "scaledRows", "the weights of shape \(weights.shape) are recorded and would get no gradient; use * or .detached"
      )
    }
    let rows = weights.count, columns = shape.count(weights.shape.rank..<shape.rank)
    let y = Tensor(uninitialized: shape)
    braid_scale_rows(x.pointer, weights.pointer, rows, columns, 0, y.pointer)
    return y.recorded("scaledRows", from: x, saving: (x, weights, rows, columns), flops: Double(count)) {
      saved, g, sink in
      let (x, weights, rows, columns) = saved
      sink.accumulate(into: x) { gx, beta in braid_scale_rows(g.pointer, weights.pointer, rows, columns, beta, gx) }
    }
  }

  private func sequence(_ operation: String, _ steps: Tensor?) -> (batch: Int, time: Int, width: Int) {
    guard shape.rank == 3 else { stop(operation, "values of shape \(shape); expected [batch, time, width]") }
    if let steps, steps.shape != Shape(shape[0], shape[1]) {
      stop(operation, "steps of shape \(steps.shape) for values \(shape); expected [\(shape[0]), \(shape[1])]")
    }
    return (shape[0], shape[1], shape[2])
  }
}

extension Shape {
  func starts(with prefix: Shape) -> Bool {
    guard prefix.rank <= rank else { return false }
    for axis in 0..<prefix.rank where self[axis] != prefix[axis] { return false }
    return true
  }
}
