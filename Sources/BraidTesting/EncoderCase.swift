import BraidCore
import BraidNN
import BraidTensor

/// A kind of input to try an encoder with, and made-up samples of it.
public struct EncoderCase {
  /// What the encoder is given.
  public let input: InputSpecification
  private let encoder: (InputSpecification, Scope) throws -> any Encoder

  /// The kinds of input an encoder does not refuse. Any error but `SetupError` is passed on.
  static func accepted(_ encoder: @escaping (InputSpecification, Scope) throws -> any Encoder) throws -> [EncoderCase] {
    let kinds: [InputSpecification.Kind] = [
      .vector(width: 5), .sequence(width: 3), .tokens(vocabulary: 11), .image(channels: 2, height: 9, width: 10),
    ]
    return try kinds.compactMap { kind in
      let input = InputSpecification("text", kind)
      do {
        _ = try encoder(input, Scope(seed: 1))
        return EncoderCase(input: input, encoder: encoder)
      } catch is SetupError { return nil }
    }
  }

  /// A fresh encoder and its parameters.
  public func build(seed: UInt64 = 1) throws -> (encoder: any Encoder, store: ParameterStore) {
    let scope = Scope(seed: seed)
    return (try encoder(input, scope["encoder"]), scope.store)
  }

  /// Normal numbers or words. Sequences have 4, 0, 2, 3, 1, 4, 0 … real steps out of 4.
  public func make(_ batch: Int) -> Input {
    var stream = RandomStream(seed: 1, .sampling, path: "input")
    let time = 4
    let steps = Tensor(
      (0..<batch * time).map { $0 % time < [4, 0, 2, 3, 1][$0 / time % 5] ? 1 : 0 }, Shape(batch, time))
    switch input.kind {
    case .vector(let width): return Input(values: stream.normal(Shape(batch, width)))
    case .sequence(let width): return Input(values: stream.normal(Shape(batch, time, width)), steps: steps)
    case .image(let channels, let height, let width):
      return Input(values: stream.normal(Shape(batch, channels, height, width)))
    case .tokens(let vocabulary):
      let ids = (0..<batch * time).map { place in
        let id = 1 + Int32(stream.below(UInt64(vocabulary - 1)))
        return steps.pointer[place] == 0 ? 0 : id
      }
      return Input(tokens: Tokens(ids, batch: batch, time: time), steps: steps)
    }
  }
}

func evaluated(_ encoder: any Encoder, _ input: Input) -> Features {
  var context = Context.evaluation()
  return encoder(input, &context)
}

/// The gradients of every parameter in evaluation mode, under a fixed random upstream gradient that is 0 at padding.
func parameterGradients(_ encoder: any Encoder, _ store: ParameterStore, _ input: Input) -> [[Double]] {
  var context = Context.evaluation(recording: true)
  let features = encoder(input, &context)
  guard features.values.isRecorded else { return store.parameters.map { _ in [0] } }
  var stream = RandomStream(seed: 1, .sampling, path: "upstream")
  let upstream = stream.normal(features.values.shape).scaledRows(features.steps)
  let gradients = features.values.gradients(upstream: upstream)
  return store.parameters.map { gradients[$0]?.elements.map(Double.init) ?? [0] }
}

/// How two encodings differ, as sentences. Only real steps that both have count.
/// - Parameter rows: row `rows[i].0` of `a` is compared with row `rows[i].1` of `b`; nil: all with themselves.
func differences(_ a: Features, _ b: Features, rows: [(Int, Int)]? = nil) -> [String] {
  guard a.values.shape.rank == b.values.shape.rank, a.values.shape[-1] == b.values.shape[-1] else {
    return ["shapes \(a.values.shape) and \(b.values.shape)"]
  }
  let time = a.isSequence ? min(a.values.shape[1], b.values.shape[1]) : 1
  func real(_ features: Features, _ row: Int) -> [Double] {
    let width = features.values.shape[-1]
    let all = features.isSequence ? features.values.shape[1] : 1
    return (0..<time * width).map { place in
      let isReal = features.steps.map { $0.pointer[row * all + place / width] != 0 } ?? true
      return isReal ? Double(features.values.pointer[row * all * width + place]) : 0
    }
  }
  let rows = rows ?? (0..<a.batch).map { ($0, $0) }
  let closeness = Closeness("features", rows.flatMap { real(a, $0.0) }, rows.flatMap { real(b, $0.1) }, tolerance: 2e-5)
  return closeness.isWithin ? [] : [closeness.description]
}

extension Input {
  /// The samples with these numbers, in this order.
  func rows(_ order: [Int]) -> Input {
    func pick(_ tensor: Tensor) -> Tensor {
      let size = tensor.count / tensor.shape[0]
      var shape = tensor.shape
      shape[0] = order.count
      return Tensor(order.flatMap { row in (0..<size).map { tensor.pointer[row * size + $0] } }, shape)
    }
    if let tokens {
      let ids = order.flatMap { tokens.ids[$0 * tokens.time..<($0 + 1) * tokens.time] }
      return Input(
        tokens: Tokens(ids, batch: order.count, time: tokens.time), steps: steps.map(pick), presence: presence.map(pick)
      )
    }
    return Input(values: pick(values!), steps: steps.map(pick), presence: presence.map(pick))
  }

  /// Other numbers or words wherever the mask, `[B]` or `[B, T]`, is 0.
  func replacing(under mask: Tensor) -> Input {
    var result = self
    if let tokens {
      let each = tokens.ids.count / mask.count
      let ids = tokens.ids.enumerated().map { mask.pointer[$0 / each] == 0 ? Int32(2 + $0 % 3) : $1 }
      result.tokens = Tokens(ids, batch: tokens.batch, time: tokens.time)
    } else {
      let copy = values!.copy()
      let each = copy.count / mask.count
      for place in 0..<copy.count where mask.pointer[place / each] == 0 {
        copy.pointer[place] = place % 2 == 0 ? 50 : -80
      }
      result.values = copy
    }
    return result
  }

  /// The same sequences with more padding steps.
  func padded(by more: Int) -> Input {
    guard let steps else { return self }
    let (batch, time) = (steps.shape[0], steps.shape[1])
    let mask = steps.padded(1, before: 0, after: more)
    if let tokens {
      let ids = (0..<batch).flatMap {
        Array(tokens.ids[$0 * time..<($0 + 1) * time]) + Array(repeating: Int32(0), count: more)
      }
      return Input(tokens: Tokens(ids, batch: batch, time: time + more), steps: mask, presence: presence)
    }
    return Input(values: values!.padded(1, before: 0, after: more, with: 7), steps: mask, presence: presence)
  }

  /// The same samples with no steps at all: T = 0.
  func withoutTime() -> Input {
    let none = Tensor(uninitialized: Shape(batch, 0))
    if tokens != nil { return Input(tokens: Tokens([], batch: batch, time: 0), steps: none) }
    return Input(values: Tensor(uninitialized: Shape(batch, 0, values!.shape[2])), steps: none)
  }
}
