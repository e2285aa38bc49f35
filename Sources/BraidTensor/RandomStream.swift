import CBraidKernels

/// Reproducible random numbers that depend on nothing but their key: (seed, purpose, path, step).
///
/// Philox 4×32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11): the key is a hash of the four
/// parts, the counter runs from 0. Streams with different keys share nothing, so adding a part to a model, or drawing more
/// numbers for one purpose, never changes what another sees.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// What the numbers are for.
  public enum Purpose: String, Sendable, CaseIterable {
    /// First values of parameters; the order of samples; their splits; what is dropped; changed pictures; draws from
    /// distributions; trials of a search.
    case initialization, order, split, dropout, augmentation, sampling, search
  }

  private let key: UInt64
  /// Words drawn so far.
  private var position: UInt64 = 0
  /// The block the last word came from.
  private var block = SIMD4<UInt32>()

  /// - Parameters:
  ///   - seed: the experiment's seed.
  ///   - purpose: keeps first weights, data order, dropout and the others apart.
  ///   - path: who draws, such as `encoder.text.embedding`.
  ///   - step: the training step or epoch, 0 where there is none.
  public init(seed: UInt64, _ purpose: Purpose, path: String = "", step: UInt64 = 0) {
    // FNV-1a over the four parts, then a finaliser (SplitMix64's) so that near keys become far ones.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    func mix(_ word: UInt64) {
      for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    mix(seed)
    for byte in purpose.rawValue.utf8 { mix(byte) }
    mix(UInt8(0xff))
    for byte in path.utf8 { mix(byte) }
    mix(UInt8(0xff))
    mix(step)
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    hash ^= hash >> 31
    key = hash
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    let lane = Int(position & 3)
    if lane == 0 { block = philox(counter: position >> 2, key: key) }
    position += 1
    return block[lane]
  }

  /// 64 random bits: the generator of Swift's own shuffling and drawing.
  public mutating func next() -> UInt64 {
    let low = UInt64(next32())
    return low | UInt64(next32()) << 32
  }

  /// A number in [0, 1) with 24 random bits.
  public mutating func uniform() -> Float { Float(next32() >> 8) * 0x1p-24 }

  /// A standard normal number (Box and Muller 1958, one of the pair).
  public mutating func normal() -> Float {
    let radius = (-2 * Double(1 - uniform()).logarithm()).squareRoot()
    return Float(radius * (2 * Double.pi * Double(uniform())).cosine())
  }

  /// A tensor of numbers in [low, high): what drawing `low + (high - low) * uniform()` for each in turn would give, the number
  /// before `high` where that is rounded up to it.
  public mutating func uniform(_ shape: Shape, from low: Float = 0, to high: Float = 1) -> Tensor {
    let result = Tensor(uninitialized: shape)
    writeUniform(to: result, from: low, to: high)
    return result
  }

  /// The same into memory that the caller owns.
  package mutating func writeUniform(to result: Tensor, from low: Float, to high: Float) {
    braid_philox_uniform(key, skip(result.count), low, high, result.pointer, result.count)
  }

  /// A tensor of independent normal numbers: what drawing `mean + deviation * normal()` for each in turn would give.
  public mutating func normal(_ shape: Shape, mean: Float = 0, deviation: Float = 1) -> Tensor {
    let result = Tensor(uninitialized: shape)
    writeNormal(to: result, mean: mean, deviation: deviation)
    return result
  }

  /// The same into memory that the caller owns.
  package mutating func writeNormal(to result: Tensor, mean: Float = 0, deviation: Float = 1) {
    braid_philox_normal(key, skip(2 * result.count), mean, deviation, result.pointer, result.count)
  }

  /// A standard Gumbel number, −log(−log u) with u never 0 or 1: from −3.2 to 22.9.
  public mutating func gumbel() -> Float {
    let u = (Double(next32()) + 0.5) * 0x1p-32
    return Float(-(-u.logarithm()).logarithm())
  }

  /// A tensor of independent standard Gumbel numbers: what drawing `gumbel()` for each in turn would give.
  public mutating func gumbel(_ shape: Shape) -> Tensor {
    let result = Tensor(uninitialized: shape)
    braid_philox_gumbel(key, skip(result.count), result.pointer, result.count)
    return result
  }

  /// y = x ∘ mask, where the mask's elements are 0 with probability `rate` and 1 / (1 − rate) otherwise.
  mutating func drop(_ x: Tensor, rate: Float) -> (y: Tensor, mask: Tensor) {
    let y = Tensor(uninitialized: x.shape), mask = Tensor(uninitialized: x.shape)
    braid_philox_dropout(key, skip(x.count), rate, x.pointer, mask.pointer, y.pointer, x.count)
    return (y, mask)
  }

  /// Goes past `words` words, which a kernel makes; returns the place of the first.
  private mutating func skip(_ words: Int) -> UInt64 {
    let first = position
    position += UInt64(words)
    if position & 3 != 0 {  // the rest of a block is still to be drawn
      block = philox(counter: position >> 2, key: key)
    }
    return first
  }

  /// 0 ..< count in random order (Fisher and Yates).
  public mutating func permutation(_ count: Int) -> [Int] {
    var order = Array(0..<count)
    for index in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(index, Int(below(UInt64(index + 1))))
    }
    return order
  }

  /// A whole number in 0 ..< bound, every one equally likely (Lemire 2019, with rejection).
  public mutating func below(_ bound: UInt64) -> UInt64 {
    guard bound > 0 else { stop("random", "a number below 0 was asked for; expected 1 or more") }
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= (0 &- bound) % bound { return product.high }
    }
  }
}

/// One block of a stream.
private func philox(counter: UInt64, key: UInt64) -> SIMD4<UInt32> {
  philox(
    counter: SIMD4(UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0),
    key: SIMD2(UInt32(truncatingIfNeeded: key), UInt32(truncatingIfNeeded: key >> 32)))
}

/// Philox 4×32-10.
func philox(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
  var block = SIMD4<UInt32>()
  withUnsafeBytes(of: counter) { counter in
    withUnsafeBytes(of: key) { key in
      withUnsafeMutableBytes(of: &block) { block in
        braid_philox(
          counter.baseAddress!.assumingMemoryBound(to: UInt32.self),
          key.baseAddress!.assumingMemoryBound(to: UInt32.self),
          block.baseAddress!.assumingMemoryBound(to: UInt32.self))
      }
    }
  }
  return block
}

extension Double {
  func logarithm() -> Double { braid_log_double(self) }
  fileprivate func cosine() -> Double { braid_cos_double(self) }
}
