/// How a binary file stores one number.
struct NumberFormat {
  enum Kind { case unsigned, signed, float }
  let kind: Kind
  /// Bytes: 1, 2, 4 or 8.
  let width: Int
  let bigEndian: Bool

  /// `count` numbers that begin at byte `start`; the caller has checked that they are there.
  func elements(_ bytes: [UInt8], at start: Int, count: Int) -> NumericArray.Elements {
    bytes.withUnsafeBytes { raw in
      func word<Word: FixedWidthInteger>(_ index: Int, _ type: Word.Type) -> Word {
        let word = raw.loadUnaligned(fromByteOffset: start + index * MemoryLayout<Word>.size, as: Word.self)
        return bigEndian ? Word(bigEndian: word) : Word(littleEndian: word)
      }
      func doubles(_ number: (Int) -> Double) -> NumericArray.Elements { .doubles((0..<count).map(number)) }
      switch (kind, width) {
      case (.unsigned, 1): return .bytes(Array(bytes[start..<(start + count)]))
      case (.unsigned, 2): return doubles { Double(word($0, UInt16.self)) }
      case (.unsigned, 4): return doubles { Double(word($0, UInt32.self)) }
      case (.unsigned, _): return doubles { Double(word($0, UInt64.self)) }
      case (.signed, 1): return doubles { Double(word($0, Int8.self)) }
      case (.signed, 2): return doubles { Double(word($0, Int16.self)) }
      case (.signed, 4): return doubles { Double(word($0, Int32.self)) }
      case (.signed, _): return doubles { Double(word($0, Int64.self)) }
      case (.float, 2): return .floats((0..<count).map { NumberFormat.float(half: word($0, UInt16.self)) })
      case (.float, 4): return .floats((0..<count).map { Float(bitPattern: word($0, UInt32.self)) })
      case (.float, _): return doubles { Double(bitPattern: word($0, UInt64.self)) }
      }
    }
  }

  /// An IEEE half as a `Float`, by hand: `Float16` does not exist on every platform.
  static func float(half bits: UInt16) -> Float {
    let sign: Float = bits >> 15 == 0 ? 1 : -1
    let exponent = Int(bits >> 10 & 0x1f), fraction = Float(bits & 0x3ff)
    switch exponent {
    case 0: return sign * fraction * 0x1p-24
    case 31: return fraction == 0 ? sign * .infinity : .nan
    default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
    }
  }
}
