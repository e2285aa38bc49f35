import BraidTensor
#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif
#if canImport(Glibc)
  import Glibc
#endif

extension Safetensors {
  /// What can be written: numbers with a shape.
  public enum Value {
    /// As 32-bit floating point.
    case float32(Tensor)
    /// As 64-bit floating point, row-major.
    case float64([Double], Shape)
    /// As whole numbers of 4 bytes, row-major.
    case int32([Int32], Shape)
    /// As whole numbers of 8 bytes, row-major.
    case int64([Int64], Shape)

    var header: (type: ElementType, shape: Shape, count: Int) {
      switch self {
      case .float32(let tensor): (.float32, tensor.shape, tensor.count)
      case .float64(let values, let shape): (.float64, shape, values.count)
      case .int32(let values, let shape): (.int32, shape, values.count)
      case .int64(let values, let shape): (.int64, shape, values.count)
      }
    }

    func append(to data: inout Data) {
      func append<Word: FixedWidthInteger>(_ words: some Sequence<Word>) {
        for word in words { withUnsafeBytes(of: word.littleEndian) { data.append(contentsOf: $0) } }
      }
      switch self {
      case .float32(let tensor):
        // all our platforms are little-endian
        data.append(UnsafeBufferPointer(start: tensor.pointer, count: tensor.count))
      case .float64(let values, _): append(values.lazy.map(\.bitPattern))
      case .int32(let values, _): append(values)
      case .int64(let values, _): append(values)
      }
    }
  }

  /// The bytes of a safetensors file. The same tensors, names and metadata always give the same bytes.
  ///
  /// Stops when two tensors have one name, a name is `__metadata__`, or a number of elements does not fit its shape.
  /// - Parameters:
  ///   - tensors: in the order their data is to stand.
  ///   - metadata: free text.
  public static func encoded(_ tensors: [(name: String, value: Value)], metadata: [String: String] = [:]) -> Data {
    var items: [String] = []
    if !metadata.isEmpty {
      let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
      items.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
    }
    var offset = 0
    var taken: Set<String> = ["__metadata__"]
    for (name, value) in tensors {
      let (type, shape, count) = value.header
      guard taken.insert(name).inserted else { stop("safetensors", "two tensors are called \"\(name)\"; rename one") }
      guard count == shape.count else {
        stop("safetensors", "\(count) elements for \"\(name)\" of shape \(shape); expected \(shape.count)")
      }
      let end = offset + count * type.width
      let extents = shape.dimensions.map(String.init).joined(separator: ",")
      items.append(
        "\(quoted(name)):{\"dtype\":\"\(type.rawValue)\",\"shape\":[\(extents)],\"data_offsets\":[\(offset),\(end)]}")
      offset = end
    }
    var header = Data("{\(items.joined(separator: ","))}".utf8)
    while header.count % 8 != 0 { header.append(0x20) }  // data starts aligned
    var data = Data(capacity: 8 + header.count + offset)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(header)
    for (_, value) in tensors { value.append(to: &data) }
    return data
  }

  /// Writes a file: to a temporary name beside it first, then renamed, so that a reader never sees half of it.
  /// - Throws: `SafetensorsError` naming the file when it cannot be written; what stood there before stays.
  public static func write(_ tensors: [(name: String, value: Value)], metadata: [String: String] = [:], to path: String)
    throws
  {
    let partial = "\(path).\(ProcessInfo.processInfo.processIdentifier).partial"
    do { try encoded(tensors, metadata: metadata).write(to: URL(fileURLWithPath: partial)) } catch {
      try? FileManager.default.removeItem(atPath: partial)
      throw SafetensorsError("\(path): cannot be written (\(fileReason(error))).")
    }
    guard rename(partial, path) == 0 else {
      let reason = String(cString: strerror(errno))
      try? FileManager.default.removeItem(atPath: partial)
      throw SafetensorsError("\(path): cannot be written (\(reason)).")
    }
  }

  private static func quoted(_ text: String) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .withoutEscapingSlashes
    // encoding a text cannot fail
    return (try? encoder.encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
  }
}
