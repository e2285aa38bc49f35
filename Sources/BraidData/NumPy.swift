import BraidCore

/// NumPy's .npy (format versions 1 to 3) and .npz (a zip of them). Numbers only: pickled objects would run code and are refused.
public enum NumPy {
  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// Reads one array; C and Fortran order, both byte orders.
  /// - Throws: `SetupError` naming the file when the header makes no sense, the elements are no numbers (floating point of 2,
  ///   4 or 8 bytes, whole numbers of 1, 2, 4 or 8, booleans), or there are more or fewer bytes than the shape takes.
  public static func array(_ bytes: [UInt8], named file: String) throws -> NumericArray {
    guard bytes.starts(with: magic) else {
      throw SetupError("\(file): not an .npy file: its first bytes are not those of NumPy.")
    }
    var reader = ByteReader(bytes, file: file, at: magic.count)
    let version = try reader.integer(UInt8.self, "the version")
    _ = try reader.integer(UInt8.self, "the version")
    guard (1...3).contains(version) else {
      throw SetupError("\(file): .npy version \(version); readable are 1, 2 and 3.")
    }
    let length =
      version == 1
      ? Int(try reader.integer(UInt16.self, "the header length"))
      : Int(try reader.integer(UInt32.self, "the header length"))
    guard length <= 1 << 16 else {
      throw SetupError("\(file): a header of \(length) bytes; expected at most \(1 << 16).")
    }
    var header = HeaderScanner(bytes[try reader.take(length, "the header")], file: file)
    let (descriptor, fortran, shape) = try header.dictionary()
    let format = try numberFormat(descriptor, file: file)
    guard let size = byteCount(shape, width: format.width, limit: reader.left), size == reader.left else {
      throw SetupError(
        "\(file): shape (\(shape.map(String.init).joined(separator: ", "))) of \"\(descriptor)\" does not take the "
          + "\(reader.left) bytes that follow the header. The file may be cut short.")
    }
    let count = size / format.width
    let elements = format.elements(bytes, at: reader.at, count: count)
    return NumericArray(fortran && shape.count > 1 && count > 0 ? rowMajor(elements, shape) : elements, shape: shape)
  }

  /// Reads every array of an .npz file, by name (without `.npy`).
  /// - Throws: `SetupError` naming the file and the array.
  public static func arrays(_ bytes: [UInt8], named file: String) throws -> [String: NumericArray] {
    var arrays: [String: NumericArray] = [:]
    for entry in try ZipArchive(bytes, named: file).entries where entry.name.hasSuffix(".npy") {
      let name = String(entry.name.dropLast(4))
      arrays[name] = try array(ZipArchive.contents(entry, of: bytes, named: file), named: "\(file)#\(name)")
    }
    return arrays
  }

  private static func numberFormat(_ descriptor: String, file: String) throws -> NumberFormat {
    let characters = Array(descriptor)
    let kinds: [Character: (NumberFormat.Kind, [Int])] = [
      "f": (.float, [2, 4, 8]), "i": (.signed, [1, 2, 4, 8]), "u": (.unsigned, [1, 2, 4, 8]), "b": (.unsigned, [1]),
    ]
    guard characters.count == 3, "<>|=".contains(characters[0]), let (kind, widths) = kinds[characters[1]],
      let width = characters[2].wholeNumberValue, widths.contains(width)
    else {
      throw SetupError(
        "\(file): elements of type \"\(descriptor)\"; readable are f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 and b1. "
          + "Objects are not read: they could run code.")
    }
    return NumberFormat(kind: kind, width: width, bigEndian: characters[0] == ">")
  }

  /// Fortran order (first axis fastest) to C order (last axis fastest).
  private static func rowMajor(_ elements: NumericArray.Elements, _ shape: [Int]) -> NumericArray.Elements {
    func turned<Number>(_ source: [Number]) -> [Number] {
      var strides = [Int](repeating: 1, count: shape.count)
      for axis in 1..<shape.count { strides[axis] = strides[axis - 1] * shape[axis - 1] }
      var index = [Int](repeating: 0, count: shape.count)
      var from = 0
      var result: [Number] = []
      result.reserveCapacity(source.count)
      for _ in 0..<source.count {
        result.append(source[from])
        var axis = shape.count - 1
        while axis >= 0 {
          index[axis] += 1
          from += strides[axis]
          if index[axis] < shape[axis] { break }
          from -= strides[axis] * shape[axis]
          index[axis] = 0
          axis -= 1
        }
      }
      return result
    }
    switch elements {
    case .bytes(let all): return .bytes(turned(all))
    case .floats(let all): return .floats(turned(all))
    case .doubles(let all): return .doubles(turned(all))
    }
  }
}

/// Reads the header's Python dictionary: `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, and nothing else.
private struct HeaderScanner {
  let text: [UInt8]
  let file: String
  var at = 0

  init(_ text: ArraySlice<UInt8>, file: String) { (self.text, self.file) = (Array(text), file) }

  private func fail() -> SetupError {
    SetupError("\(file): the .npy header \"\(String(decoding: text.prefix(120), as: UTF8.self))\" is not understood.")
  }
  private mutating func space() { while at < text.count, text[at] == 0x20 || text[at] == 0x0a { at += 1 } }
  private mutating func passes(_ word: StaticString) -> Bool {
    space()
    let length = word.utf8CodeUnitCount
    guard at + length <= text.count, (0..<length).allSatisfy({ text[at + $0] == word.utf8Start[$0] }) else {
      return false
    }
    at += length
    return true
  }
  private mutating func quoted() throws -> String {
    space()
    guard at < text.count, text[at] == UInt8(ascii: "'") || text[at] == UInt8(ascii: "\""),
      let end = text[(at + 1)...].firstIndex(of: text[at])
    else { throw fail() }
    defer { at = end + 1 }
    return String(decoding: text[(at + 1)..<end], as: UTF8.self)
  }
  private mutating func number() throws -> Int {
    space()
    let start = at
    while at < text.count, (0x30...0x39).contains(text[at]) { at += 1 }
    guard let value = Int(String(decoding: text[start..<at], as: UTF8.self)) else { throw fail() }
    _ = passes("L")  // Python 2 wrote long numbers so
    return value
  }

  mutating func dictionary() throws -> (descriptor: String, fortran: Bool, shape: [Int]) {
    var descriptor: String?, fortran: Bool?, shape: [Int]?
    guard passes("{") else { throw fail() }
    while !passes("}") {
      let key = try quoted()
      guard passes(":") else { throw fail() }
      switch key {
      case "descr": descriptor = try quoted()
      case "fortran_order":
        if passes("True") { fortran = true } else if passes("False") { fortran = false } else { throw fail() }
      case "shape":
        guard passes("(") else { throw fail() }
        var extents: [Int] = []
        while !passes(")") {
          extents.append(try number())
          guard extents.count <= 32 else { throw fail() }
          if !passes(",") {
            guard passes(")") else { throw fail() }
            break
          }
        }
        shape = extents
      default: throw fail()
      }
      if !passes(",") {
        guard passes("}") else { throw fail() }
        break
      }
    }
    guard let descriptor, let fortran, let shape else { throw fail() }
    return (descriptor, fortran, shape)
  }
}
