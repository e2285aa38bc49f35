import CBraidKernels

/// Reproducible random numbers that depend on nothing but their key: (seed, purpose, path, step).
///
/// Philox 4×32-10 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3", SC'11): the key is a hash of the four
/// parts, the counter runs from 0. Streams with different keys share nothing, so adding a part to a model, or drawing more
/// numbers for one purpose, never changes what another sees.
public struct RandomStream: RandomNumberGenerator, Sendable {
  /// What the numbers are for.
  public enum Purpose: String, Sendable, CaseIterable {
    case initialization, order, split, dropout, augmentation, sampling, search
  }

  private let key: (UInt32, UInt32)
  private var counter: UInt64 = 0
  private var block: (UInt32, UInt32, UInt32, UInt32) = (0, 0, 0, 0)
  private var left = 0

  /// - Parameters:
  ///   - seed: the experiment's seed.
  ///   - purpose: keeps first weights, data order, dropout and the others apart.
  ///   - path: who draws, such as `encoder.text.embedding`.
  ///   - step: the training step or epoch, 0 where there is none.
  public init(seed: UInt64, _ purpose: Purpose, path: String = "", step: UInt64 = 0) {
    // FNV-1a over the four parts, then a finaliser (SplitMix64's) so that near keys become far ones.
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325
    func mix(_ byte: UInt8) { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
    func mix(_ word: UInt64) { for shift in stride(from: 0, to: 64, by: 8) { mix(UInt8(truncatingIfNeeded: word >> shift)) } }
    mix(seed)
    for byte in purpose.rawValue.utf8 { mix(byte) }
    mix(UInt8(0xff))
    for byte in path.utf8 { mix(byte) }
    mix(UInt8(0xff))
    mix(step)
    hash = (hash ^ (hash >> 30)) &* 0xbf58_476d_1ce4_e5b9
    hash = (hash ^ (hash >> 27)) &* 0x94d0_49bb_1331_11eb
    hash ^= hash >> 31
    key = (UInt32(truncatingIfNeeded: hash), UInt32(truncatingIfNeeded: hash >> 32))
  }

  /// The Philox block for a counter under this stream's key. Exposed for kernels that fill whole tensors.
  static func philox(_ counter: (UInt32, UInt32, UInt32, UInt32), key: (UInt32, UInt32)) -> (UInt32, UInt32, UInt32, UInt32) {
    var (a, b, c, d) = counter
    var (k, l) = key
    for _ in 0..<10 {
      let p = UInt64(a) &* 0xD251_1F53
      let q = UInt64(c) &* 0xCD9E_8D57
      (a, b, c, d) = (
        UInt32(truncatingIfNeeded: q >> 32) ^ b ^ k, UInt32(truncatingIfNeeded: q),
        UInt32(truncatingIfNeeded: p >> 32) ^ d ^ l, UInt32(truncatingIfNeeded: p)
      )
      k &+= 0x9E37_79B9
      l &+= 0xBB67_AE85
    }
    return (a, b, c, d)
  }

  /// The next 32 random bits.
  public mutating func next32() -> UInt32 {
    if left == 0 {
      block = RandomStream.philox(
        (UInt32(truncatingIfNeeded: counter), UInt32(truncatingIfNeeded: counter >> 32), 0, 0), key: key)
      counter += 1
      left = 4
    }
    left -= 1
    switch left {
    case 3: return block.0
    case 2: return block.1
    case 1: return block.2
    default: return block.3
    }
  }

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

  /// A tensor of numbers in [low, high).
  public mutating func uniform(_ shape: Shape, from low: Float = 0, to high: Float = 1) -> Tensor {
    let result = Tensor(uninitialized: shape)
    for index in 0..<result.count { result.pointer[index] = low + (high - low) * uniform() }
    return result
  }

  /// A tensor of independent normal numbers.
  public mutating func normal(_ shape: Shape, mean: Float = 0, deviation: Float = 1) -> Tensor {
    let result = Tensor(uninitialized: shape)
    for index in 0..<result.count { result.pointer[index] = mean + deviation * normal() }
    return result
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
    guard bound > 0 else { stop("random", "a number below 0 was asked for") }
    while true {
      let product = next().multipliedFullWidth(by: bound)
      if product.low >= (0 &- bound) % bound { return product.high }
    }
  }
}

extension Double {
  fileprivate func logarithm() -> Double { braid_log_double(self) }
  fileprivate func cosine() -> Double { braid_cos_double(self) }
}
