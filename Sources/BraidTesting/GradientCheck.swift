import BraidNN
import BraidTensor

/// What came of comparing derivatives with differences.
public struct GradientCheck: CustomStringConvertible {
  /// One comparison a tensor, inputs first, then parameters in the order of making.
  public let comparisons: [Closeness]
  /// Number of elements compared.
  public let count: Int

  /// The largest error, over all tensors.
  public var worst: Double { comparisons.map(\.worst).max() ?? 0 }
  /// The comparisons that fail, as sentences; empty when the derivative is right.
  public var violations: [String] { comparisons.filter { !$0.isWithin }.map(\.description) }
  public var description: String {
    "\(count) derivatives, worst relative error \(worst)" + violations.map { "\n  \($0)" }.joined()
  }
}

/// Compares the derivatives of a computation with central differences, in evaluation mode, for the elements of every input
/// and every parameter.
///
/// With u fixed random numbers and L(x) = Σ u ∘ f(x), summed in `Double`, the change of L across an element must be the integral
/// of the derivative there: `L(x + h) − L(x − h) = ∫ L′(t) dt` from x − h to x + h. The integral is taken of the derivative under
/// test, by Simpson's rule, halving intervals where it does not fit. So nothing is left out: a function with kinks (ReLU,
/// maximum) obeys this too, which a difference quotient at one point does not, however small its step.
///
/// The forward pass is float32, so a mean slope over 2h carries noise of about 5·10⁻⁷ e / h, with e = √Σ (u ∘ f)² and every term
/// rounded in its last places. Errors below the noise count as none; with the default step 2·10⁻² that is 2.5·10⁻⁵ e. Where the
/// two do not agree h is made 8 and 64 times smaller: a function may jump nearby (a choice that changes). The default tolerance
/// 5·10⁻³ covers what the last halving leaves at a kink; a wrong sign or a forgotten term is off by 1 or more.
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
  let copies = inputs.map { $0.tensor.copy() }
  let parameters = store?.parameters ?? []
  var upstream: Tensor?
  var energy = 0.0  // of the terms of L: what rounding errors are relative to

  /// L and its derivatives with respect to inputs and parameters, with the values they have now.
  func evaluate() -> (loss: Double, derivatives: [Tensor?]) {
    var context = Context.evaluation(recording: true)
    guard let tape = context.tape else { stop("checkGradients", "a recording context has no tape") }
    let leaves = copies.map { tape.watch($0) }
    let result = compute(leaves, &context)
    var stream = RandomStream(seed: seed, .sampling, path: "upstream")
    let u = upstream ?? stream.normal(result.shape)
    upstream = u
    var loss = 0.0
    energy = 0
    for index in 0..<result.count {
      let term = Double(result.pointer[index]) * Double(u.pointer[index])
      loss += term
      energy += term * term
    }
    energy = max(energy.squareRoot(), 0.1)
    guard result.isRecorded else { return (loss, copies.map { _ in nil } + parameters.map { _ in nil }) }
    let gradients = result.gradients(upstream: u)
    return (loss, leaves.map { gradients[$0] } + parameters.map { gradients[$0] })
  }

  let base = evaluate()
  let noiseless = energy
  var comparisons: [Closeness] = []
  var count = 0
  let places =
    zip(inputs, copies).map { ($0.name, $1.pointer, $1.count) }
    + parameters.map { ($0.path, $0.value.pointer, $0.count) }
  for (which, (name, pointer, size)) in places.enumerated() {
    let reach = step * max(1, rootMeanSquare(pointer, size))
    let typical = base.derivatives[which].map { rootMeanSquare($0.pointer, size) } ?? 0
    var found: [Double] = []
    var expected: [Double] = []
    for index in stride(from: 0, to: size, by: max(1, (size + most - 1) / most)) {
      let old = pointer[index]
      func point(_ position: Float) -> Point {
        pointer[index] = position
        let (loss, derivatives) = evaluate()
        pointer[index] = old
        return Point(at: Double(position), loss: loss, slope: derivatives[which].map { Double($0.pointer[index]) } ?? 0)
      }
      let middle = Point(
        at: Double(old), loss: base.loss, slope: base.derivatives[which].map { Double($0.pointer[index]) } ?? 0)
      var best: (found: Double, expected: Double)?
      for shrink in [1.0, 8, 64] {
        let h = reach / shrink
        let (low, high) = (point(old - Float(h)), point(old + Float(h)))
        let width = high.at - low.at
        let slope = (high.loss - low.loss) / width
        let noise = 5e-7 * noiseless / h
        let allowed = noise + 0.2 * tolerance * max(abs(slope), typical)
        var budget = 96  // a wrong derivative fits nowhere: halving every interval would never end
        let mean =
          integral(low, middle, high, slope: allowed, loss: noise * width, depth: 9, &budget, point) / width
        let error = abs(mean - slope)
        let pair = (found: error <= noise ? slope : mean, expected: slope)
        if best == nil || abs(pair.found - pair.expected) < abs(best!.found - best!.expected) { best = pair }
        if error <= allowed { break }
      }
      found.append(best!.found)
      expected.append(best!.expected)
    }
    count += found.count
    comparisons.append(Closeness(name, found, expected, tolerance: tolerance))
  }
  return GradientCheck(comparisons: comparisons, count: count)
}

/// L and L′ where the element has the value `at`.
private struct Point {
  let at: Double, loss: Double, slope: Double
}

/// ∫ L′ from `low` to `high` by Simpson's rule; by halves, where it is further from the change of L than an error of the mean slope
/// or of L itself explains.
private func integral(
  _ low: Point, _ middle: Point, _ high: Point, slope: Double, loss: Double, depth: Int, _ budget: inout Int,
  _ point: (Float) -> Point
) -> Double {
  let width = high.at - low.at
  let whole = width / 6 * (low.slope + 4 * middle.slope + high.slope)
  guard depth > 0, budget > 0, abs(whole - (high.loss - low.loss)) > max(slope * width, loss) else { return whole }
  let (left, right) = (Float((low.at + middle.at) / 2), Float((middle.at + high.at) / 2))
  // float32 has no value between the ends any more
  guard Double(left) > low.at, Double(left) < middle.at, Double(right) > middle.at, Double(right) < high.at else {
    return whole
  }
  budget -= 2
  return integral(low, point(left), middle, slope: slope, loss: loss, depth: depth - 1, &budget, point)
    + integral(middle, point(right), high, slope: slope, loss: loss, depth: depth - 1, &budget, point)
}

private func rootMeanSquare(_ values: UnsafePointer<Float>, _ count: Int) -> Double {
  ((0..<count).reduce(0.0) { $0 + Double(values[$1]) * Double(values[$1]) } / Double(max(count, 1))).squareRoot()
}
