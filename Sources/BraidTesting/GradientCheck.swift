import BraidNN
import BraidTensor

/// What came of comparing derivatives with differences.
public struct GradientCheck: CustomStringConvertible {
  /// One comparison a tensor, inputs first, then parameters in the order of making.
  public let comparisons: [Closeness]
  /// Elements left out because the function has a kink (ReLU, maximum) within reach of the differences: differences over
  /// different distances disagree there. At most a fifth of a tensor's elements may be.
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

/// Compares the derivatives of a computation with five-point central differences, in evaluation mode, for every element of
/// every input and every parameter.
///
/// With u fixed random numbers and L(x) = Σ u ∘ f(x), summed in `Double`:
/// `L′(x) ≈ [8 (L(x + h) − L(x − h)) − (L(x + 2h) − L(x − 2h))] / 12 h`.
///
/// The forward pass is float32, so differences carry noise of about 5·10⁻⁷ e / h, with e = √Σ (u ∘ f)² and every term rounded
/// in its last places, beside a truncation error of order h⁴. Errors below the noise count as none; with the default step
/// 2·10⁻² it is 2.5·10⁻⁵ e. The default tolerance 5·10⁻³ covers the truncation error of steep functions; a wrong sign or a
/// forgotten term is off by 1 or more.
/// - Parameters:
///   - store: holds the parameters to check, nil when there are none. Their values are restored.
///   - inputs: named tensors to check.
///   - seed: of the upstream gradient u.
///   - step: h, in units of max(1, rms of the tensor).
///   - tolerance: of `Closeness`, whose error is relative to the larger of the element and the tensor's root mean square.
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
  var energy = 0.0  // of the terms of L: what rounding errors are relative to
  for index in 0..<result.count {
    let term = Double(result.pointer[index]) * Double(upstream.pointer[index])
    energy += term * term
  }
  var comparisons: [Closeness] = []
  var kinks = 0, count = 0
  let places = zip(inputs, copies).map { ($0.name, $1.pointer, $1.count) } + parameters.map { ($0.path, $0.value.pointer, $0.count) }
  for (which, (name, pointer, size)) in places.enumerated() {
    let square = (0..<size).reduce(0.0) { $0 + Double(pointer[$1]) * Double(pointer[$1]) } / Double(max(size, 1))
    let reach = step * max(1, square.squareRoot())
    let noise = 5e-7 * max(energy.squareRoot(), 0.1) / reach
    var found: [Double] = [], expected: [Double] = []
    var left = 0
    for index in stride(from: 0, to: size, by: max(1, (size + most - 1) / most)) {
      let old = pointer[index]
      func difference(_ distance: Double) -> Double {
        let up = old + Float(distance), down = old - Float(distance)
        pointer[index] = up
        let above = loss()
        pointer[index] = down
        let below = loss()
        pointer[index] = old
        return (above - below) / (Double(up) - Double(down))
      }
      let closer = difference(reach / 2), near = difference(reach), far = difference(2 * reach)
      let estimate = (4 * near - far) / 3, second = (4 * closer - near) / 3
      // smooth: both are right to order h⁴. A kink within reach makes them differ by a good part of the jump.
      if abs(estimate - second) > 4 * noise + 0.02 * max(abs(estimate), abs(second)) {
        left += 1
        continue
      }
      let derivative = derivatives[which].map { Double($0.pointer[index]) } ?? 0
      found.append(abs(derivative - estimate) <= noise ? estimate : derivative)
      expected.append(estimate)
    }
    kinks += left
    count += found.count
    if left * 5 > found.count + left {
      comparisons.append(Closeness(name, obstacle: "\(left) of \(found.count + left) differences are unsteady; use a smaller step"))
    } else {
      comparisons.append(Closeness(name, found, expected, tolerance: tolerance))
    }
  }
  return GradientCheck(comparisons: comparisons, kinks: kinks, count: count)
}
