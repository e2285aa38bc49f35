import CBraidKernels

/// The tables of the fast transform of real signals of one length, made once in double precision: `kernels_fourier.h` says
/// what they are.
final class FourierPlan {
  private let tables: braid_fourier
  private let floats: Tensor
  private let integers: UnsafeMutablePointer<Int32>
  /// n, and how many frequencies its spectra have.
  let length: Int, frequencies: Int

  init(length n: Int) {
    let isEven = n % 2 == 0, frequencies = n / 2 + 1, own = isEven ? n / 2 : n
    (length, self.frequencies) = (n, frequencies)
    let direct = FourierPlan.factors(of: own)
    // a chirp has as many elements as there are numbers and wanted frequencies
    let padded = direct == nil ? FourierPlan.smooth(from: own + (isEven ? own : frequencies) - 1) : own
    let factors = direct ?? FourierPlan.factors(of: padded) ?? []

    var order = (0..<frequencies).map { direct == nil ? $0 : FourierPlan.place(of: $0 % own, own, factors) }
    if isEven { order[own] = padded }
    let turns = FourierPlan.turns(padded, factors)
    let halves = isEven ? (0...own / 2).map { root($0, of: n) } : []
    var chirp: [SIMD2<Double>] = []
    var spectrum: [SIMD2<Double>] = []
    if direct == nil {
      chirp = (0..<own).map { root($0 * $0, of: 2 * own) }
      var wave = [SIMD2<Double>](repeating: .zero, count: padded)
      for t in 0..<own { wave[(padded - t) % padded] = conjugate(chirp[t]) / Double(padded) }
      for k in 0..<(isEven ? own : frequencies) { wave[k] = conjugate(chirp[k]) / Double(padded) }
      let roots = (0..<padded).map { root($0, of: padded) }
      spectrum = wave
      for (k, value) in transformed(wave[...], roots, step: 1).enumerated() {
        spectrum[FourierPlan.place(of: k, padded, factors)] = value
      }
    }

    let parts = [turns, halves, chirp, spectrum]
    let floats = Tensor(parts.joined().flatMap { [Float($0.x), Float($0.y)] })
    let starts = parts.indices.map { floats.pointer + 2 * parts[..<$0].joined().count }
    self.floats = floats
    integers = .allocate(capacity: order.count + factors.count)
    for (index, value) in (order + factors).enumerated() { integers[index] = Int32(value) }
    tables = braid_fourier(
      signal: n, length: own, padded: padded, factors: integers + order.count, count: Int32(factors.count),
      order: integers, turns: starts[0], halves: starts[1], chirp: direct == nil ? starts[2] : nil,
      spectrum: direct == nil ? starts[3] : nil)
  }

  deinit { integers.deallocate() }

  /// w ∘ the spectra of every row of x `[…, n]`: real parts, then imaginary ones, `[2, rows, frequencies]`.
  /// - Parameters:
  ///   - edge: w where a frequency is its own mirror image.
  ///   - middle: w elsewhere.
  func spectra(_ x: Tensor, edge: Float = 1, middle: Float = 1) -> Tensor {
    let rows = x.count / length
    let y = Tensor(uninitialized: Shape(2, rows, frequencies))
    share(rows, with: (x.pointer, y.pointer, y.pointer + rows * frequencies, edge, middle)) {
      values, plan, range, memory in
      let (x, real, imaginary, edge, middle) = values, at = range.lowerBound * plan.frequencies
      withUnsafePointer(to: plan.tables) {
        braid_fourier_analysis(
          $0, x + range.lowerBound * plan.length, range.count, edge, middle, real + at, imaginary + at, memory)
      }
    }
    return y
  }

  /// `Σ_k w_k (real_k cos(2π kt/n) − imaginary_k sin(2π kt/n))` for every row of the parts `[rows, frequencies]`, in a given shape.
  func signals(
    _ real: UnsafePointer<Float>, _ imaginary: UnsafePointer<Float>, _ shape: Shape, edge: Float = 1, middle: Float = 1
  ) -> Tensor {
    let x = Tensor(uninitialized: shape)
    share(x.count / length, with: (real, imaginary, x.pointer, edge, middle)) { values, plan, range, memory in
      let (real, imaginary, x, edge, middle) = values, at = range.lowerBound * plan.frequencies
      withUnsafePointer(to: plan.tables) {
        braid_fourier_synthesis(
          $0, real + at, imaginary + at, range.count, edge, middle, x + range.lowerBound * plan.length, memory)
      }
    }
    return x
  }

  /// The signals with these spectra `[2, rows, frequencies]`.
  func inverse(_ spectra: Tensor, _ shape: Shape) -> Tensor {
    let (edge, middle) = inverseWeights
    return signals(spectra.pointer, spectra.pointer + spectra.count / 2, shape, edge: edge, middle: middle)
  }

  /// What frequencies count in the inverse: those that are their own mirror image once, the others twice.
  var inverseWeights: (edge: Float, middle: Float) { (1 / Float(length), 2 / Float(length)) }

  /// Shares rows out among threads, whole vectors of them, each with its memory. The body captures nothing.
  private func share<Values>(
    _ rows: Int, with values: Values,
    _ body:
      @escaping (_ values: Values, _ plan: FourierPlan, _ rows: Range<Int>, _ memory: UnsafeMutablePointer<Float>) ->
      Void
  ) {
    Parallel.split(rows, unit: 16, work: 8 * rows * length, with: (self, values, body)) { share, range in
      let (plan, values, body) = share
      let memory = withUnsafePointer(to: plan.tables) { Tensor(uninitialized: Shape(braid_fourier_workspace($0))) }
      body(values, plan, range, memory.pointer)
    }
  }
}

// MARK: - Tables

extension FourierPlan {
  /// The factors a transform takes, in its order; nil where there are others than 2, 3, 5 and 7.
  private static func factors(of n: Int) -> [Int]? {
    var rest = n
    var factors: [Int] = []
    for prime in [7, 5, 3] {
      while rest % prime == 0 { (rest, factors) = (rest / prime, factors + [prime]) }
    }
    let twos = rest.trailingZeroBitCount
    guard rest == 1 << twos else { return nil }
    // eights, and fours for what three does not divide
    let fours = twos % 3 == 1 && twos > 1 ? 2 : twos % 3 == 2 ? 1 : 0
    return factors + Array(repeating: 8, count: (twos - 2 * fours) / 3) + Array(repeating: 4, count: fours)
      + (twos == 1 ? [2] : [])
  }

  /// The next number with no other factors than 2, 3 and 5.
  private static func smooth(from n: Int) -> Int {
    (n...).first { number in
      var rest = number
      for prime in [2, 3, 5] { while rest % prime == 0 { rest /= prime } }
      return rest == 1
    } ?? n
  }

  /// Where the transform of n numbers leaves frequency k: each factor sorts by what is left of dividing by it.
  private static func place(of k: Int, _ n: Int, _ factors: [Int]) -> Int {
    var (k, block, place) = (k, n, 0)
    for factor in factors {
      block /= factor
      place += k % factor * block
      k /= factor
    }
    return place
  }

  private static func turns(_ n: Int, _ factors: [Int]) -> [SIMD2<Double>] {
    var block = n
    return factors.flatMap { factor in
      let whole = block
      block /= factor
      return (0..<block).flatMap { t in (1..<factor).map { root(t * $0, of: whole) } }
    }
  }
}

/// e^(−2πi k/n). Within one turn: no digits are lost to large angles.
private func root(_ k: Int, of n: Int) -> SIMD2<Double> {
  let angle = 2 * Double.pi * Double(k % n) / Double(n)
  return SIMD2(braid_cos_double(angle), -braid_cos_double(angle - .pi / 2))
}

private func conjugate(_ z: SIMD2<Double>) -> SIMD2<Double> { SIMD2(z.x, -z.y) }

/// The transform of complex numbers in double precision, by their smallest factors. `roots`: e^(−2πi k/n) of the whole
/// transform, of which this one takes every `step`-th.
private func transformed(_ x: ArraySlice<SIMD2<Double>>, _ roots: [SIMD2<Double>], step: Int) -> [SIMD2<Double>] {
  let n = x.count
  guard n > 1, let factor = (2...n).first(where: { n % $0 == 0 }) else { return Array(x) }
  let parts = (0..<factor).map { part in
    transformed(stride(from: part, to: n, by: factor).map { x[x.startIndex + $0] }[...], roots, step: step * factor)
  }
  return (0..<n).map { k in
    var sum = SIMD2<Double>.zero
    for (number, part) in parts.enumerated() {
      let (w, z) = (roots[number * k * step % roots.count], part[k % part.count])
      sum += SIMD2(w.x * z.x - w.y * z.y, w.x * z.y + w.y * z.x)
    }
    return sum
  }
}
