import BraidTensor

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Sines and cosines of a step's number, added to its features so that attention can tell steps apart (Vaswani et al.
/// 2017, section 3.5).
///
/// `P[t, 2i] = sin(t / 10000^(2i / width))`, `P[t, 2i + 1] = cos(t / 10000^(2i / width))`; an odd width ends with a
/// sine. Shapes: `[B, T, width] → [B, T, width]`, any T. No parameters.
public struct SinusoidalPositions {
  /// Features of a step.
  public let width: Int

  /// Stops on a width below 1.
  public init(_ width: Int) {
    guard width > 0 else { stop("SinusoidalPositions", "the width is \(width); expected 1 or more") }
    self.width = width
  }

  /// P for so many steps from step 0 on: `[steps, width]`, computed in double.
  public func table(_ steps: Int) -> Tensor {
    let result = Tensor(uninitialized: Shape(steps, width))
    for column in 0..<width {
      let rate = pow(10000, -Double(column / 2 * 2) / Double(width))
      for step in 0..<steps {
        let angle = Double(step) * rate
        result.pointer[step * width + column] = Float(column % 2 == 0 ? sin(angle) : cos(angle))
      }
    }
    return result
  }

  /// x + P. Stops unless x is `[B, T, width]`.
  public func callAsFunction(_ x: Tensor) -> Tensor {
    guard x.shape.rank == 3, x.shape[2] == width else {
      stop("SinusoidalPositions", "a sequence of shape \(x.shape); expected [batch, time, \(width)]")
    }
    return x + table(x.shape[1])  // [B, T, width] + [T, width]
  }
}
