import BraidCore
import BraidData
import BraidNN
import BraidTensor
import Foundation

/// What an encoder gives for some samples of a split, as plain numbers.
///
/// Every sample was encoded by itself, without padding: its features are the same bits whichever samples stand beside it,
/// whether they are asked for in training, by a prediction, or out of a file.
struct EncodedColumn: Sendable {
  let output: Modality
  /// Steps of all samples one after the other, `[total steps, width]`; a vector counts as one step.
  private(set) var values: [Float] = []
  /// Where each sample's steps begin, and where the last one's end.
  private(set) var starts = [0]
  /// 1 for real steps, 0 for steps between them that are not; empty when all are real.
  private(set) var marks: [Int32] = []
  /// 1 for samples that have the modality, 0 for others, whose values are not looked at.
  private(set) var presence: [Int32] = []
  private(set) var grid: (rows: Int, columns: Int)?

  init(_ output: Modality) { self.output = output }

  /// Encodes samples of a split in their order: evaluation mode, one at a time.
  init(_ encoder: any Encoder, _ data: any Dataset, _ split: Split, _ samples: some Sequence<Int>) throws {
    self.init(encoder.output)
    var known: [Int32] = []
    for sample in samples {
      let batch = try data.batch(split, [sample], of: [output.name])
      guard let input = batch.inputs[output.name] else {
        stop("frozen encoder", "the batch has no modality \"\(output.name)\"")
      }
      Denormals.flushed {
        var context = Context.evaluation()
        append(encoder(input, &context), marks: &known)
      }
    }
    if known.contains(0) { marks = known }
  }

  private mutating func append(_ features: Features, marks: inout [Int32]) {
    let width = output.width
    var steps = output.kind == .vector ? 1 : features.values.shape[1]
    guard features.values.count == steps * width else {
      stop(
        "frozen encoder", "features of shape \(features.values.shape); expected one \(output.kind.rawValue) of \(width)"
      )
    }
    let isPresent = features.presence.map { $0.elements[0] != 0 } ?? true
    presence.append(isPresent ? 1 : 0)
    let real = output.kind == .vector ? [] : features.steps?.elements ?? []
    // what is behind the last real step is padding
    if !real.isEmpty { steps = min(steps, (real.lastIndex { $0 != 0 } ?? -1) + 1) }
    if isPresent {
      values += UnsafeBufferPointer(start: features.values.pointer, count: steps * width)
    } else {
      values += Array(repeating: 0, count: steps * width)
    }
    marks += (0..<steps).map { real.isEmpty || real[$0] != 0 ? 1 : 0 }
    starts.append(starts[starts.count - 1] + steps)
    grid = features.grid
  }

  /// The samples at these places as a batch's input, padded to the longest of them.
  func input(_ places: [Int]) -> Input {
    let width = output.width, count = places.count
    let isPresent = places.map { presence[$0] != 0 }
    let here = isPresent.contains(false) ? Tensor(isPresent.map { $0 ? 1 : 0 }) : nil  // [B]
    let isVector = output.kind == .vector
    let lengths = places.map { starts[$0 + 1] - starts[$0] }
    let time = isVector ? 1 : max(1, lengths.max() ?? 1)
    let result = Tensor(uninitialized: isVector ? Shape(count, width) : Shape(count, time, width))  // [B, d], [B, T, d]
    let isWhole = marks.isEmpty && lengths.allSatisfy { $0 == time }
    let mask = isVector || isWhole ? nil : Tensor.zeros(Shape(count, time))  // [B, T]
    values.withUnsafeBufferPointer { from in
      for (place, sample) in places.enumerated() {
        let to = result.pointer + place * time * width, filled = lengths[place] * width
        if filled > 0 { to.update(from: from.baseAddress! + starts[sample] * width, count: filled) }
        (to + filled).update(repeating: 0, count: time * width - filled)
        guard let mask else { continue }
        for step in 0..<lengths[place] {
          mask.pointer[place * time + step] = marks.isEmpty ? 1 : Float(marks[starts[sample] + step])
        }
      }
    }
    var input = Input(values: result, steps: mask, presence: here)
    input.grid = grid
    return input
  }

  // MARK: - As a file

  /// A safetensors file: `values [total steps, width]`, `lengths`, `presence`, and `marks` where there are any.
  var encoded: Data {
    let lengths = zip(starts.dropFirst(), starts).map { Int32($0 - $1) }
    var tensors: [(name: String, value: Safetensors.Value)] = [
      ("values", .float32(Tensor(values, Shape(starts[starts.count - 1], output.width)))),
      ("lengths", .int32(lengths, Shape(lengths.count))), ("presence", .int32(presence, Shape(presence.count))),
    ]
    if !marks.isEmpty { tensors.append(("marks", .int32(marks, Shape(marks.count)))) }
    let metadata = grid.map { ["grid": "\($0.rows) \($0.columns)"] } ?? [:]
    return Safetensors.encoded(tensors, metadata: metadata)
  }

  /// Reads back what `encoded` gave.
  /// - Throws: `SafetensorsError` for anything else.
  init(_ data: Data, of output: Modality) throws {
    self.init(output)
    let file = try Safetensors(data, named: "kept features of \(output.name)")
    values = try file.tensor("values").elements
    presence = try file.integers("presence")
    starts = try file.integers("lengths").reduce(into: [0]) { $0.append($0[$0.count - 1] + Int($1)) }
    if file.contains("marks") { marks = try file.integers("marks") }
    let numbers = file.metadata["grid"]?.split(separator: " ").compactMap { Int($0) } ?? []
    grid = numbers.count == 2 ? (numbers[0], numbers[1]) : nil
    let total = starts[starts.count - 1]
    guard values.count == total * output.width, presence.count == starts.count - 1,
      marks.isEmpty || marks.count == total
    else { throw SafetensorsError("kept features of \(output.name): lengths and values do not fit.") }
  }
}
