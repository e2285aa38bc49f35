import BraidCore
import BraidNN
import BraidTensor

/// Layers of linear map, activation and dropout over a vector, or over every step of a sequence.
///
/// `x_{k+1} = dropout(f(x_k W_k + b_k))`, the last layer too: a fusion joins what came out of f.
///
/// Shapes: `[B, width] → [B, layers.last]`, `[B, T, width] → [B, T, layers.last]`. Parameters: `layers.<k>.weight`,
/// `layers.<k>.bias`. In a sequence, padding steps are computed like any other and stay marked as padding.
public struct MLPEncoder: Encoder {
  public struct Options: PartOptions {
    /// Width of each layer's output.
    public var layers = [128, 128]
    /// f, after every layer; `none` for a linear projection.
    public var activation = Activation.relu
    /// Rate after every layer, in training.
    public var dropout = 0.0
    public init() {}
    public init(layers: [Int], activation: Activation = .relu, dropout: Double = 0) {
      (self.layers, self.activation, self.dropout) = (layers, activation, dropout)
    }
  }
  public static let about = About(
    "mlp", "Linear layers with an activation, over a vector or every step of a sequence",
    equation: "x_{k+1} = dropout(f(x_k W_k + b_k))")

  public let output: Modality
  private let layers: MLP

  /// Throws `SetupError` for images and tokens, for a width below 1, and for a dropout rate outside [0, 1).
  public init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    let width: Int
    let kind: Modality.Kind
    switch input.kind {
    case .vector(let found): (width, kind) = (found, .vector)
    case .sequence(let found): (width, kind) = (found, .sequence)
    case .tokens:
      throw SetupError(
        "encoder mlp for \"\(input.name)\": it reads vectors and sequences of numbers, not \(input.summary). "
          + "Use bag-of-words, embedding, gru or lstm.")
    case .image:
      throw SetupError(
        "encoder mlp for \"\(input.name)\": it reads vectors and sequences of numbers, not an \(input.summary). "
          + "Use cnn.")
    }
    let place = "encoder mlp for \"\(input.name)\""
    try require(
      !options.layers.isEmpty, "\(place): layers is empty; expected at least one width, or the identity encoder")
    for (index, width) in options.layers.enumerated() {
      try require(width >= 1, "\(place): layers[\(index)] is \(width); expected 1 or more")
    }
    try require(
      (0..<1).contains(options.dropout), "\(place): dropout is \(options.dropout); expected at least 0 and less than 1")
    layers = MLP(width, options.layers, activation: options.activation, dropout: options.dropout, in: scope)
    output = Modality(input.name, kind, width: layers.outputs)
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    guard let values = input.values else {
      stop("encoder mlp", "the batch's \"\(output.name)\" has tokens; the data set declared numbers")
    }
    return Features(layers(values, &context), steps: input.steps, presence: input.presence)
  }
}
