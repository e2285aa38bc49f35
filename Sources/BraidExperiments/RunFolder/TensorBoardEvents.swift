import BraidTraining
import Foundation

/// Epochs as TensorBoard reads them: one event file a cell, under `tensorboard/` in the experiment's folder.
///
/// A file is a row of TFRecords (length, checksum, bytes, checksum), each an `Event` in Protocol Buffers' encoding with
/// `wall_time`, `step` and a `Summary` of named numbers; see `tensorflow/core/util/event.proto` and
/// `tensorflow/core/framework/summary.proto`. The step is the epoch.
struct TensorBoardEvents {
  /// The experiment's folder.
  let experiment: String

  /// Where a cell's file lies. TensorBoard calls a run by its folder.
  func path(of cell: Plan.Cell) -> String {
    let name = cell.folder.split(separator: "/").last ?? ""
    return "\(experiment)/tensorboard/\(name)/events.out.tfevents.0000000001.braid"
  }

  /// Adds an epoch's numbers; the first epoch begins the file anew.
  /// - Parameter time: seconds since 1970.
  func add(_ record: EpochRecord, of cell: Plan.Cell, time: Double) throws {
    let path = path(of: cell)
    try filing(path) {
      if record.epoch == 1 || !FileManager.default.fileExists(atPath: path) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        try Data(TensorBoardEvents.begin(time: time)).write(to: URL(fileURLWithPath: path))
      }
      let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      defer { try? handle.close() }
      try handle.seekToEnd()
      try handle.write(contentsOf: TensorBoardEvents.bytes(of: record, time: time))
    }
  }

  /// Writes the file of a finished run that has none.
  func add(_ run: RunFolder, of cell: Plan.Cell, time: Double) throws {
    guard !FileManager.default.fileExists(atPath: path(of: cell)) else { return }
    for record in run.epochs { try add(record, of: cell, time: time) }
  }

  // MARK: - Encoding

  /// The first record: which format follows.
  static func begin(time: Double) -> [UInt8] {
    record(fixed64(1, time.bitPattern) + field(3, Array("brain.Event:2".utf8)))
  }

  /// One record: all numbers of an epoch.
  static func bytes(of epoch: EpochRecord, time: Double) -> [UInt8] {
    let scalars =
      [
        ("loss/train", epoch.trainLoss), ("loss/validation", epoch.validationLoss),
        ("learning rate", epoch.learningRate),
      ]
      + epoch.metrics.sorted { $0.key < $1.key }.map { ("validation/\($0.key)", $0.value) }
    let summary = scalars.flatMap { name, value in
      field(1, field(1, Array(name.utf8)) + fixed32(2, Float(value).bitPattern))
    }
    return record(fixed64(1, time.bitPattern) + variable(2, UInt64(epoch.epoch)) + field(5, summary))
  }

  /// A TFRecord: length, its checksum, the bytes, their checksum; little-endian.
  private static func record(_ bytes: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(bytes.count))
    return length + littleEndian(masked(length)) + bytes + littleEndian(masked(bytes))
  }

  /// CRC-32C, turned and shifted as TFRecord does it.
  private static func masked(_ bytes: [UInt8]) -> UInt32 {
    let sum = CRC32C.checksum(of: bytes)
    return (sum >> 15 | sum << 17) &+ 0xa282_ead8
  }

  private static func littleEndian<I: FixedWidthInteger>(_ value: I) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  // Protocol Buffers: a key of field number and kind (0 variable, 1 eight bytes, 2 counted bytes, 5 four bytes), a value.
  private static func variable(_ number: UInt64) -> [UInt8] {
    var (rest, bytes) = (number, [UInt8]())
    while rest >= 128 {
      bytes.append(UInt8(rest & 127) | 128)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }
  private static func variable(_ field: UInt64, _ value: UInt64) -> [UInt8] { variable(field << 3) + variable(value) }
  private static func fixed64(_ field: UInt64, _ bits: UInt64) -> [UInt8] {
    variable(field << 3 | 1) + littleEndian(bits)
  }
  private static func fixed32(_ field: UInt64, _ bits: UInt32) -> [UInt8] {
    variable(field << 3 | 5) + littleEndian(bits)
  }
  private static func field(_ field: UInt64, _ bytes: [UInt8]) -> [UInt8] {
    variable(field << 3 | 2) + variable(UInt64(bytes.count)) + bytes
  }
}

/// The Castagnoli checksum (RFC 3720, B.4), a byte at a time.
enum CRC32C {
  private static let table: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { rest, _ in rest & 1 == 1 ? rest >> 1 ^ 0x82f6_3b78 : rest >> 1 }
  }

  static func checksum(of bytes: some Sequence<UInt8>) -> UInt32 {
    ~bytes.reduce(~0) { sum, byte in table[Int((sum ^ UInt32(byte)) & 255)] ^ sum >> 8 }
  }
}
