import BraidNN
import BraidTensor

/// What came of comparing derivatives with differences.
public struct GradientCheck: CustomStringConvertible {
  /// One comparison a tensor, inputs first, then parameters in the order of making.
  public let comparisons: [Closeness]
  /// Elements left out because the function has a kink there (ReLU, maximum): it has no derivative to compare. At most
  /// a fifth of a tensor's elements, or one of fewer than ten, may be.
  public let kinks: Int
  /// Number of elements compared.
  public let count: Int

  /// The largest error, over all tensors.
  public var worst: Double { comparisons.map(\.worst).max() ?? 0 }
  /// The comparisons that fail, as sentences; empty when the derivative is right.
  public var violations: [String] { comparisons.filter { !$0.isWithin }.map(\.description) }
  public var description: String {
    "\(count) derivatives, worst relative error \(worst), \(kinks) at kinks"
      + violations.map { "\n  \($0)" }.joined()
  }
}

/// Compares the derivatives of a computation with five-point central differences, in evaluation mode, for every element
/// of every input and every parameter.
///
/// With u fixed random numbers and L(x) = Σ u ∘ f(x), summed in `Double`:
/// `L′(x) ≈ [8 (L(x + h) − L(x − h)) − (L(x + 2h) − L(x − 2h))] / 12 h`.
///
/// The forward pass is float32, so differences carry noise of about 5·10⁻⁷ e / h, with e = √Σ (u ∘ f)² and every term
/// rounded in its last places, beside a truncation error of order h⁴. Errors below twice the noise count as none; with
/// the default step 2·10⁻² that is 5·10⁻⁵ e. Near kinks and steep places the step is made up to 64 times smaller. The
/// default tolerance 5·10⁻³ covers the truncation error that is left; a wrong sign or a forgotten term is off by 1 or
/// more.
/// - Parameters:
///   - store: holds the parameters to check, nil when there are none. Their values are restored.
///   - inputs: named tensors to check.
///   - seed: of the upstream gradient u.
///   - step: h, in units of max(1, rms of the tensor).
///   - tolerance: of `Closeness`, whose error is relative to the larger of the element and the tensor's root mean
///     square.
///   - most: the most elements of one tensor that are compared, spread evenly.
///   - compute: the computation, from the inputs in order. It must not depend on anything random.
public func checkGradients(
  of store: ParameterStore? = nil, inputs: [(name: String, tensor: Tensor)] = [], seed: UInt64 = 1, step: Double = 2e-2,
  tolerance: Double = 5e-3, most: Int = 64, _ compute: (_ inputs: [Tensor], _ context: inout Context) -> Tensor
) -> GradientCheck {
  // derivatives
  var context = Context.evaluation(recording: true)
  guard let tape = context.tape else { stop("checkGradients", "a recording context has no tape") }
  let leaves = inputs.map { tape.watch($0.tensor) }
  let result = compute(leaves, &context)
  var stream = RandomStream(seed: seed, .sampling, path: "upstream")
  let upstream = stream.normal(result.shape)
  let parameters = store?.parameters ?? []
  var derivatives: [Tensor?] = (inputs.map { _ in nil } + parameters.map { _ in nil })
  if result.isRecorded {
    let gradients = result.gradients(upstream: upstream)
    derivatives = leaves.map { gradients[$0]?.copy() } + parameters.map { gradients[$0]?.copy() }
  }

  // differences
  let copies = inputs.map { $0.tensor.copy() }
  func loss() -> Double {
    var context = Context.evaluation()
    let value = compute(copies, &context)
    var sum = 0.0
    for index in 0..<value.count { sum += Double(value.pointer[index]) * Double(upstream.pointer[index]) }
    return sum
  }
  let base = loss()
  var energy = 0.0  // of the terms of L: what rounding errors are relative to
  for index in 0..<result.count {
    let term = Double(result.pointer[index]) * Double(upstream.pointer[index])
    energy += term * term
  }
  energy = max(energy.squareRoot(), 0.1)
  var comparisons: [Closeness] = []
  var kinks = 0
  var count = 0
  let places =
    zip(inputs, copies).map { ($0.name, $1.pointer, $1.count) }
    + parameters.map { ($0.path, $0.value.pointer, $0.count) }
  for (which, (name, pointer, size)) in places.enumerated() {
    let reach = step * max(1, rootMeanSquare(UnsafeBufferPointer(start: pointer, count: size)))
    let typical = derivatives[which].map { rootMeanSquare(UnsafeBufferPointer(start: $0.pointer, count: size)) } ?? 0
    var found: [Double] = []
    var expected: [Double] = []
    var left = 0
    for index in stride(from: 0, to: size, by: max(1, (size + most - 1) / most)) {
      let old = pointer[index]
      /// L a distance above and below, and that distance as float32 has it.
      func beside(_ distance: Double) -> (above: Double, below: Double, width: Double) {
        let up = old + Float(distance)
        let down = old - Float(distance)
        pointer[index] = up
        let above = loss()
        pointer[index] = down
        let below = loss()
        pointer[index] = old
        return (above, below, Double(up) - Double(down))
      }
      let derivative = derivatives[which].map { Double($0.pointer[index]) } ?? 0
      guard let (estimate, noise) = difference(reach, base, energy, typical, tolerance, beside) else {
        left += 1
        continue
      }
      found.append(abs(derivative - estimate) <= noise ? estimate : derivative)
      expected.append(estimate)
    }
    kinks += left
    count += found.count
    if found.isEmpty && left > 0 || left > max(1, (found.count + left) / 5) {
      comparisons.append(
        Closeness(name, obstacle: "\(left) of \(found.count + left) differences are at kinks; check elsewhere"))
    } else {
      comparisons.append(Closeness(name, found, expected, tolerance: tolerance))
    }
  }
  return GradientCheck(comparisons: comparisons, kinks: kinks, count: count)
}

/// The five-point difference where it is steady, with its noise; nil at a kink.
///
/// Steady: the estimates from h and h / 2 agree. Otherwise a kink or a steep place is within reach, and h is made smaller.
/// Close to a kink central differences agree at every h, on the mean of the two slopes. There
/// `bend(h) = [L(x + h) − 2 L(x) + L(x − h)] / 2h` stays as it is when h is halved, where that of a smooth function halves:
/// `2 bend(h / 2) − bend(h)` is the jump of the slope.
private func difference(
  _ reach: Double, _ base: Double, _ energy: Double, _ typical: Double, _ tolerance: Double,
  _ beside: (Double) -> (above: Double, below: Double, width: Double)
) -> (estimate: Double, noise: Double)? {
  for shrink in [1.0, 4, 16, 64] {
    let h = reach / shrink
    let noise = 5e-7 * energy / h
    let (half, one, two) = (beside(h / 2), beside(h), beside(2 * h))
    func slope(_ pair: (above: Double, below: Double, width: Double)) -> Double {
      (pair.above - pair.below) / pair.width
    }
    func bend(_ pair: (above: Double, below: Double, width: Double)) -> Double {
      (pair.above - 2 * base + pair.below) / pair.width
    }
    let estimate = (4 * slope(one) - slope(two)) / 3
    let second = (4 * slope(half) - slope(one)) / 3
    let scale = max(abs(estimate), abs(second), typical)
    let jump = abs(2 * bend(half) - bend(one))
    if jump > 4 * noise + 0.2 * tolerance * scale { continue }
    if abs(estimate - second) <= noise + 0.2 * tolerance * scale { return (second, 2 * noise) }
  }
  return nil
}

private func rootMeanSquare(_ values: UnsafeBufferPointer<Float>) -> Double {
  (values.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(values.count, 1))).squareRoot()
}
