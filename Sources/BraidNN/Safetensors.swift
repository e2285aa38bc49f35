import BraidTensor
#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A mistake in a safetensors file or in what was asked of it. The text names the file, what was found and what was
/// expected.
public struct SafetensorsError: Error, CustomStringConvertible, Equatable {
  /// The whole sentence.
  public let description: String
  /// An error with this sentence.
  public init(_ description: String) { self.description = description }
}

/// Named tensors in one file: the safetensors format (Hugging Face), read without trusting a byte of it.
///
/// Layout: 8 bytes of header length (little-endian), a JSON header (dtype, shape and data_offsets by name, and texts
/// under `__metadata__`), then the data. Every length, offset and shape is checked before anything is read or
/// allocated, so a damaged or hostile file ends in a `SafetensorsError`. Writing is in SafetensorsWriter.swift.
public struct Safetensors {
  /// How the numbers of one tensor are stored, by the format's own names.
  public enum ElementType: String, Sendable, CaseIterable {
    /// IEEE 754 double precision.
    case float64 = "F64"
    /// IEEE 754 single precision.
    case float32 = "F32"
    /// IEEE 754 half precision.
    case float16 = "F16"
    /// The upper half of single precision.
    case bfloat16 = "BF16"
    /// Whole numbers of 8 bytes, signed.
    case int64 = "I64"
    /// Of 4 bytes, signed.
    case int32 = "I32"
    /// Of 2 bytes, signed.
    case int16 = "I16"
    /// Of one byte, signed.
    case int8 = "I8"
    /// Of one byte, from 0 on.
    case uint8 = "U8"
    /// One byte, 0 or 1.
    case bool = "BOOL"
    /// Bytes an element.
    public var width: Int {
      switch self {
      case .float64, .int64: 8
      case .float32, .int32: 4
      case .float16, .bfloat16, .int16: 2
      case .int8, .uint8, .bool: 1
      }
    }
  }

  struct Entry {
    let type: ElementType
    let shape: Shape
    let range: Range<Int>  // within `bytes`
  }

  /// What messages call the file.
  public let source: String
  /// Free text that came with the tensors.
  public let metadata: [String: String]
  /// The tensors' names in the order of their data.
  public let names: [String]
  private let entries: [String: Entry]
  private let bytes: Data

  /// The longest header that is accepted: 100 MB, as in the reference implementation.
  public static let longestHeader = 100_000_000

  /// Reads a file. Throws `SafetensorsError` naming it when it cannot be read or is not well-formed.
  public init(contentsOf path: String) throws {
    let resolved = URL(fileURLWithPath: path).resolvingSymlinksInPath().path
    guard let attributes = try? FileManager.default.attributesOfItem(atPath: resolved) else {
      throw SafetensorsError("\(path): no such file, or it may not be read.")
    }
    guard attributes[.type] as? FileAttributeType == .typeRegular else {
      throw SafetensorsError("\(path): found something that is not a file; expected a safetensors file.")
    }
    let data: Data
    do { data = try Data(contentsOf: URL(fileURLWithPath: resolved)) } catch {
      throw SafetensorsError("\(path): cannot be read (\(fileReason(error))).")
    }
    try self.init(data, named: path)
  }

  /// Reads from memory; `named` is what messages call it.
  public init(_ data: Data, named source: String) throws {
    let bytes = data.startIndex == 0 ? data : Data(data)
    guard bytes.count >= 8 else {
      throw SafetensorsError("\(source): found \(bytes.count) bytes; a safetensors file has at least 8.")
    }
    let length = bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    guard length <= UInt64(Safetensors.longestHeader), Int(length) <= bytes.count - 8 else {
      throw SafetensorsError(
        "\(source): the header claims \(length) bytes; the file has \(bytes.count - 8) after the length. "
          + "It is cut short or not a safetensors file.")
    }
    let start = 8 + Int(length)
    let header: [String: HeaderEntry]
    do { header = try JSONDecoder().decode([String: HeaderEntry].self, from: bytes.subdata(in: 8..<start)) } catch {
      throw SafetensorsError("\(source): the header is not what safetensors has: \(readable(error)).")
    }
    var entries: [String: Entry] = [:]
    var metadata: [String: String] = [:]
    for (name, raw) in header {
      switch raw {
      case .metadata(let values):
        guard name == "__metadata__" else {
          throw SafetensorsError("\(source): tensor \"\(name)\" has no dtype, shape and data_offsets.")
        }
        metadata = values
      case .tensor(let tensor):
        guard name != "__metadata__" else { throw SafetensorsError("\(source): __metadata__ is not a map of texts.") }
        entries[name] = try tensor.checked(name, in: source, dataStart: start, end: bytes.count)
      }
    }
    // a tensor without elements stands where the next one begins
    names = entries.keys.sorted {
      let (a, b) = (entries[$0]!.range, entries[$1]!.range)
      return (a.lowerBound, a.upperBound, $0) < (b.lowerBound, b.upperBound, $1)
    }
    var reached = start
    for name in names {
      let range = entries[name]!.range
      guard range.lowerBound == reached else {
        throw SafetensorsError(
          "\(source): the data of \"\(name)\" starts at byte \(range.lowerBound - start); expected \(reached - start), "
            + "where the tensor before it ends.")
      }
      reached = range.upperBound
    }
    guard reached == bytes.count else {
      throw SafetensorsError("\(source): \(bytes.count - reached) bytes after the last tensor belong to none.")
    }
    (self.source, self.bytes, self.entries, self.metadata) = (source, bytes, entries, metadata)
  }

  /// Whether there is a tensor of this name.
  public func contains(_ name: String) -> Bool { entries[name] != nil }

  func entry(_ name: String) throws -> Entry {
    if let entry = entries[name] { return entry }
    let shown = names.prefix(20).joined(separator: ", ")
    throw SafetensorsError(
      "\(source): no tensor \"\(name)\". It has \(names.isEmpty ? "none" : shown)\(names.count > 20 ? ", …" : "").")
  }

  /// The extents of a tensor.
  public func shape(_ name: String) throws -> Shape { try entry(name).shape }
  /// How a tensor is stored.
  public func elementType(_ name: String) throws -> ElementType { try entry(name).type }

  /// A tensor's elements as `Float`, whatever they are stored as (64-bit numbers are rounded).
  public func tensor(_ name: String) throws -> Tensor {
    let entry = try entry(name)
    let result = Tensor(uninitialized: entry.shape)
    convert(entry, to: Float.self, into: result.pointer)
    return result
  }

  /// A tensor's elements as `Double`, row-major.
  public func doubles(_ name: String) throws -> [Double] {
    let entry = try entry(name)
    return [Double](unsafeUninitializedCapacity: entry.shape.count) { buffer, count in
      if let base = buffer.baseAddress { convert(entry, to: Double.self, into: base) }
      count = entry.shape.count
    }
  }

  /// The elements of a tensor of whole numbers. Throws where a number does not fit or the tensor holds fractions.
  public func integers(_ name: String) throws -> [Int32] {
    let entry = try entry(name)
    switch entry.type {
    case .float64, .float32, .float16, .bfloat16:
      throw SafetensorsError("\(source): \"\(name)\" holds \(entry.type.rawValue); expected whole numbers.")
    default: break
    }
    return try wholeNumbers(entry).enumerated().map { index, value in
      guard let fitting = Int32(exactly: value) else {
        throw SafetensorsError("\(source): \"\(name)\"[\(index)] is \(value), outside 32 bits.")
      }
      return fitting
    }
  }

  private func wholeNumbers(_ entry: Entry) -> [Int64] {
    (0..<entry.shape.count).map { index in
      bytes.withUnsafeBytes { raw in
        let at = entry.range.lowerBound + index * entry.type.width
        return switch entry.type {
        case .int64: Int64(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int64.self))
        case .int32: Int64(Int32(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int32.self)))
        case .int16: Int64(Int16(littleEndian: raw.loadUnaligned(fromByteOffset: at, as: Int16.self)))
        case .int8: Int64(Int8(bitPattern: raw[at]))
        default: Int64(raw[at])
        }
      }
    }
  }

  private func convert<Number: BinaryFloatingPoint>(
    _ entry: Entry, to: Number.Type, into result: UnsafeMutablePointer<Number>
  ) {
    let count = entry.shape.count
    let at = entry.range.lowerBound
    bytes.withUnsafeBytes { raw in
      func word<Word: FixedWidthInteger>(_ index: Int, _ type: Word.Type) -> Word {
        Word(littleEndian: raw.loadUnaligned(fromByteOffset: at + index * MemoryLayout<Word>.size, as: Word.self))
      }
      switch entry.type {
      case .float32: for i in 0..<count { result[i] = Number(Float(bitPattern: word(i, UInt32.self))) }
      case .float64: for i in 0..<count { result[i] = Number(Double(bitPattern: word(i, UInt64.self))) }
      case .bfloat16: for i in 0..<count { result[i] = Number(Float(bitPattern: UInt32(word(i, UInt16.self)) << 16)) }
      case .float16: for i in 0..<count { result[i] = Number(float(half: word(i, UInt16.self))) }
      case .int64: for i in 0..<count { result[i] = Number(word(i, Int64.self)) }
      case .int32: for i in 0..<count { result[i] = Number(word(i, Int32.self)) }
      case .int16: for i in 0..<count { result[i] = Number(word(i, Int16.self)) }
      case .int8: for i in 0..<count { result[i] = Number(word(i, Int8.self)) }
      case .uint8, .bool: for i in 0..<count { result[i] = Number(word(i, UInt8.self)) }
      }
    }
  }
}

/// An IEEE half as a `Float`, by hand: `Float16` does not exist on every platform.
private func float(half bits: UInt16) -> Float {
  let sign: Float = bits >> 15 == 0 ? 1 : -1
  let exponent = Int(bits >> 10 & 0x1f)
  let fraction = Float(bits & 0x3ff)
  switch exponent {
  case 0: return sign * fraction * 0x1p-24
  case 31: return fraction == 0 ? sign * .infinity : .nan
  default: return sign * Float(sign: .plus, exponent: exponent - 15, significand: 1 + fraction * 0x1p-10)
  }
}

private enum HeaderEntry: Decodable {
  case tensor(HeaderTensor)
  case metadata([String: String])
  init(from decoder: any Decoder) throws {
    let box = try decoder.singleValueContainer()
    if let metadata = try? box.decode([String: String].self) {
      self = .metadata(metadata)
    } else {
      self = .tensor(try box.decode(HeaderTensor.self))
    }
  }
}

private struct HeaderTensor: Decodable {
  let dtype: String
  let shape: [Int]
  let data_offsets: [Int]

  func checked(_ name: String, in source: String, dataStart: Int, end: Int) throws -> Safetensors.Entry {
    guard let type = Safetensors.ElementType(rawValue: dtype) else {
      let known = Safetensors.ElementType.allCases.map(\.rawValue).joined(separator: ", ")
      throw SafetensorsError("\(source): \"\(name)\" has dtype \"\(dtype)\"; readable are \(known).")
    }
    guard shape.count <= Shape.maximumRank, shape.allSatisfy({ $0 >= 0 && $0 <= Int32.max }) else {
      throw SafetensorsError(
        "\(source): \"\(name)\" has shape \(shape); expected at most \(Shape.maximumRank) extents in 0 … \(Int32.max).")
    }
    var size = type.width
    for extent in shape {  // an extent of 0 does not make the others small: code multiplies them in any order
      let (product, overflow) = size.multipliedReportingOverflow(by: max(extent, 1))
      guard !overflow else { throw SafetensorsError("\(source): \"\(name)\" of shape \(shape) is too large.") }
      size = product
    }
    if shape.contains(0) { size = 0 }
    guard data_offsets.count == 2, data_offsets[0] >= 0, data_offsets[0] <= data_offsets[1],
      data_offsets[1] <= end - dataStart
    else {
      throw SafetensorsError(
        "\(source): \"\(name)\" has data_offsets \(data_offsets); expected two, in order, within "
          + "0 … \(end - dataStart). The file may be cut short.")
    }
    guard data_offsets[1] - data_offsets[0] == size else {
      throw SafetensorsError(
        "\(source): \"\(name)\" of shape \(shape), \(dtype), takes \(size) bytes; its data_offsets give "
          + "\(data_offsets[1] - data_offsets[0]).")
    }
    return .init(type: type, shape: Shape(shape), range: (dataStart + data_offsets[0])..<(dataStart + data_offsets[1]))
  }
}

private func readable(_ error: any Error) -> String {
  guard let error = error as? DecodingError else { return "\(error)" }
  switch error {
  case .typeMismatch(_, let context), .valueNotFound(_, let context), .keyNotFound(_, let context),
    .dataCorrupted(let context):
    let place = context.codingPath.map(\.stringValue).joined(separator: ".")
    return (place.isEmpty ? "" : "\(place): ") + context.debugDescription
  @unknown default: return "\(error)"
  }
}
