import CBraidKernels

/// The parts one after the other along an axis (the last by default), whose extents may differ; all others must agree.
///
/// Derivative: each part gets its piece of the gradient.
public func concatenate(_ parts: [Tensor], axis: Int = -1) -> Tensor {
  concatenate(Few(parts), axis: axis)
}

/// The same for a few parts, without asking for memory for a list of them.
public func concatenate(_ parts: Few<Tensor>, axis: Int = -1) -> Tensor {
  guard let first = parts.first else { stop("concatenate", "no parts; expected at least one tensor") }
  let axis = first.shape.resolve(axis)
  var shape = first.shape
  for part in parts.dropFirst() {
    var expected = part.shape
    if expected.rank == shape.rank { expected[axis] = first.shape[axis] }
    guard expected == first.shape else {
      stop(
        "concatenate",
        "shapes \(parts.map(\.shape).map(\.description).joined(separator: ", ")) differ outside axis \(axis); expected equal extents there"
      )
    }
    shape[axis] += part.shape[axis]
  }
  if parts.count == 1 { return first }
  let outer = shape.count(0..<axis), inner = shape.count((axis + 1)..<shape.rank)
  return join("concatenate", parts, shape, rows: outer, stride: shape[axis] * inner)
}

/// The parts, all of one shape s, along a new axis: n tensors `s` → `[n, s…]` with `axis` 0, `[s…, n]` with −1.
///
/// Derivative: each part gets its piece of the gradient.
public func stack(_ parts: [Tensor], axis: Int = 0) -> Tensor {
  stack(Few(parts), axis: axis)
}

/// The same for a few parts, without asking for memory for a list of them.
public func stack(_ parts: Few<Tensor>, axis: Int = 0) -> Tensor {
  guard let first = parts.first else { stop("stack", "no parts; expected at least one tensor") }
  for part in parts where part.shape != first.shape {
    stop(
      "stack",
      "shapes \(parts.map(\.shape).map(\.description).joined(separator: ", ")) differ; expected all \(first.shape)")
  }
  let rank = first.shape.rank, place = axis < 0 ? axis + rank + 1 : axis
  guard place >= 0, place <= rank else {
    stop("stack", "new axis \(axis) for parts of shape \(first.shape); expected \(-rank - 1) … \(rank)")
  }
  let outer = first.shape.count(0..<place), inner = first.shape.count(place..<rank)
  return join("stack", parts, first.shape.inserting(parts.count, at: place), rows: outer, stride: parts.count * inner)
}

/// Copies every part, as `rows` rows, next to the one before in rows `stride` apart.
private func join(_ name: StaticString, _ parts: Few<Tensor>, _ shape: Shape, rows: Int, stride: Int) -> Tensor {
  let y = Tensor(uninitialized: shape)
  if y.count > 0 {
    var offset = 0
    for part in parts {
      let width = part.count / rows
      braid_copy_rows(part.pointer, width, 0, y.pointer + offset, stride, rows, width)
      offset += width
    }
  }
  return y.recorded(name, from: parts, saving: (parts, rows, stride)) { saved, g, sink in
    let (parts, rows, stride) = saved
    if rows == 0 { return }
    var offset = 0
    for part in parts {
      let width = part.count / rows
      sink.accumulate(into: part) { gradient, beta in
        braid_copy_rows(g.pointer + offset, stride, beta, gradient, width, rows, width)
      }
      offset += width
    }
  }
}
