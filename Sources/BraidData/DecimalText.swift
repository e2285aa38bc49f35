/// Numbers as people write them, read from bytes: manifests hold millions, and a text made for each would take most of a
/// run's start.
///
/// Digits up to 2⁵³ and a power of ten up to 10²² are exact as doubles, so one product or quotient of them is rounded once
/// and gives the nearest double, bit for bit what `Double(text)` reads (Clinger 1990, "How to read floating point numbers
/// accurately").
enum DecimalText {
  /// The number; nil for anything but a sign, digits with at most one point and an exponent, and for more of them than can
  /// be read exactly in this way.
  static func number(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Double? {
    var at = bytes.startIndex
    /// Digits from here on, added to `value`.
    func digits(_ value: inout UInt64) -> Int {
      let start = at
      while at < bytes.endIndex, case let digit = bytes[at] &- UInt8(ascii: "0"), digit < 10 {
        value = value &* 10 &+ UInt64(digit)
        at += 1
      }
      return at - start
    }
    func sign() -> Bool {
      guard at < bytes.endIndex, bytes[at] == UInt8(ascii: "-") || bytes[at] == UInt8(ascii: "+") else { return false }
      at += 1
      return bytes[at - 1] == UInt8(ascii: "-")
    }
    let isNegative = sign()
    var value: UInt64 = 0
    var count = digits(&value), power = 0
    if at < bytes.endIndex, bytes[at] == UInt8(ascii: ".") {
      at += 1
      let decimals = digits(&value)
      (count, power) = (count + decimals, -decimals)
    }
    guard count > 0, count <= 18 else { return nil }  // 18 digits overflow nothing
    if at < bytes.endIndex, bytes[at] | 0x20 == UInt8(ascii: "e") {
      at += 1
      let isSmall = sign()
      var exponent: UInt64 = 0
      guard (1...4).contains(digits(&exponent)) else { return nil }
      power += isSmall ? -Int(exponent) : Int(exponent)
    }
    guard at == bytes.endIndex, value <= 1 << 53, abs(power) < powers.count else { return nil }
    let number = power < 0 ? Double(value) / powers[-power] : Double(value) * powers[power]
    return isNegative ? -number : number
  }

  private static let powers: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// The pieces of a text between blanks, each handed on as bytes; false for a text that is not ASCII, where blanks may be
  /// any of Unicode's, before anything is handed on.
  static func pieces(_ text: String, _ take: (Slice<UnsafeBufferPointer<UInt8>>) throws -> Void) rethrows -> Bool {
    var text = text
    return try text.withUTF8 { bytes in
      guard bytes.reduce(0, |) < 0x80 else { return false }
      var at = 0
      while at < bytes.count {
        let start = at
        // most bytes are of numbers, and above every blank
        while at < bytes.count, bytes[at] > 0x20 || !(bytes[at] == 0x20 || (0x09...0x0d).contains(bytes[at])) {
          at += 1
        }
        if at > start { try take(bytes[start..<at]) }
        at += 1
      }
      return true
    }
  }
}
