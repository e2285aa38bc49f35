import BraidCore
import BraidNN
import BraidTensor

/// The input as it is: for features computed elsewhere, and for fusions that join raw inputs.
///
/// Shapes: `[B, width]` and `[B, T, width]`, kept. No parameters.
public struct IdentityEncoder: Encoder {
  public typealias Options = NoOptions
  public static let about = About("identity", "The vector or sequence as it is", equation: "z = x")

  public let output: Modality

  /// Throws `SetupError` for images and tokens.
  public init(_ options: NoOptions, reading input: InputSpecification, in scope: Scope) throws {
    switch input.kind {
    case .vector(let width): output = Modality(input.name, .vector, width: width)
    case .sequence(let width): output = Modality(input.name, .sequence, width: width)
    case .tokens, .image:
      throw SetupError(
        "encoder identity for \"\(input.name)\": it passes vectors and sequences of numbers on, not \(input.summary). "
          + "Use cnn for images; bag-of-words, embedding, gru or lstm for tokens.")
    }
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    guard let values = input.values else {
      stop("encoder identity", "the batch's \"\(output.name)\" has tokens; the data set declared numbers")
    }
    return Features(values, steps: input.steps, presence: input.presence)
  }
}
