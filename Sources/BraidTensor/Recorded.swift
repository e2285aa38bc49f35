import Synchronization

/// Where a tensor is recorded: the tape's record, in which of its uses, and which entry.
struct Place {
  let record: UnsafeMutablePointer<Record>?
  let generation: UInt32
  let node: Int32

  /// Of a constant.
  static var none: Place { Place() }

  private init() { (record, generation, node) = (nil, 0, -1) }

  /// An entry of an open record.
  @inline(__always)
  init(_ record: UnsafeMutablePointer<Record>, _ node: Int32) {
    self.record = record
    generation = record.pointee.generation.load(ordering: .relaxed)
    self.node = node
  }

  /// Whether the tape has not ended.
  @inline(__always) var isLive: Bool { liveRecord != nil }

  /// The record, nil for a constant and once the tape has ended.
  @inline(__always) var liveRecord: UnsafeMutablePointer<Record>? {
    guard let record, record.pointee.generation.load(ordering: .relaxed) == generation else { return nil }
    return record
  }
}

extension Tensor {
  /// Whether operations on this tensor are recorded for differentiation.
  public var isRecorded: Bool { place.isLive }

  /// The tape this is recorded on, nil for a constant and once the tape has ended.
  public var tape: Tape? { place.liveRecord.flatMap { RecordPool.shared.owner(of: $0) }.map { Tape($0) } }
}

/// The record an operation on these operands belongs to, nil when all are constants (or their tape has ended).
/// Stops when two operands are recorded on different live tapes.
@inline(__always)
private func commonRecord(
  _ a: Tensor, _ b: Tensor?, _ c: Tensor?, _ d: Tensor?
) -> UnsafeMutablePointer<Record>? {
  var record = a.place.liveRecord
  if let other = b?.place.liveRecord { record = joined(record, other) }
  if let other = c?.place.liveRecord { record = joined(record, other) }
  if let other = d?.place.liveRecord { record = joined(record, other) }
  return record
}

@inline(__always)
private func joined(
  _ record: UnsafeMutablePointer<Record>?, _ other: UnsafeMutablePointer<Record>
) -> UnsafeMutablePointer<Record> {
  if let record, record != other {
    stop("tape", "operands are recorded on different tapes; compute both in one context")
  }
  return other
}

extension Tensor {
  /// Finishes an operation: returns this result, recorded with its derivative if any operand is.
  ///
  /// The derivative gets what was saved for it. One that captures nothing makes recording ask for no memory. `saved.x` of a
  /// tuple with names is read where it lies, while `let (x, y) = saved` copies: small beside any but the smallest operation.
  /// - Parameters:
  ///   - name: the operation's name, for messages.
  ///   - operands: what it was computed from.
  ///   - values: what the derivative needs: tensors and sizes. Not computed for constants.
  ///   - flops: floating-point operations of the forward computation.
  @inline(__always)
  public func recorded<Values>(
    _ name: StaticString, from a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil, _ d: Tensor? = nil,
    saving values: @autoclosure () -> Values, flops: Double = 0,
    derivative: @escaping (_ saved: Values, _ upstream: Tensor, _ sink: inout GradientSink) -> Void
  ) -> Tensor {
    guard let record = commonRecord(a, b, c, d) else { return self }
    return appended(to: record, name, values(), flops, derivative)
  }

  /// The same for an operation with any number of operands.
  @inline(__always)
  public func recorded<Values>(
    _ name: StaticString, from operands: some Sequence<Tensor>, _ a: Tensor? = nil, _ b: Tensor? = nil,
    saving values: @autoclosure () -> Values, flops: Double = 0,
    derivative: @escaping (_ saved: Values, _ upstream: Tensor, _ sink: inout GradientSink) -> Void
  ) -> Tensor {
    var record = a?.place.liveRecord
    if let other = b?.place.liveRecord { record = joined(record, other) }
    for operand in operands {
      if let its = operand.place.liveRecord { record = joined(record, its) }
    }
    guard let record else { return self }
    return appended(to: record, name, values(), flops, derivative)
  }

  /// The same with a derivative that captures what it uses: shorter, for one more block of memory a call.
  @inline(__always)
  public func recorded(
    _ name: StaticString, from a: Tensor, _ b: Tensor? = nil, _ c: Tensor? = nil, flops: Double = 0,
    derivative: @escaping Tape.Derivative
  ) -> Tensor {
    recorded(name, from: a, b, c, saving: derivative, flops: flops) { derivative, g, sink in derivative(g, &sink) }
  }

  /// The same for any number of operands, with a derivative that captures what it uses.
  public func recorded(
    _ name: StaticString, from operands: some Sequence<Tensor>, flops: Double = 0, derivative: @escaping Tape.Derivative
  ) -> Tensor {
    recorded(name, from: operands, saving: derivative, flops: flops) { derivative, g, sink in derivative(g, &sink) }
  }

  /// This result as the record's newest entry.
  @inline(__always)
  private func appended<Values>(
    to record: UnsafeMutablePointer<Record>, _ name: StaticString, _ values: consuming Values, _ flops: Double,
    _ derivative: @escaping (Values, Tensor, inout GradientSink) -> Void
  ) -> Tensor {
    record.pointee.floatingPointOperations += flops
    var result = self
    result.place = Place(record, record.pointee.append(name, Saved(values: values, derivative: derivative)))
    return result
  }
}
