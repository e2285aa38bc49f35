import BraidCore
import BraidNN
import BraidTensor

/// A small convolutional network: blocks of 3×3 convolution, ReLU and 2×2 maximum, each halving the picture.
///
/// `x_{k+1} = maxpool₂(relu(norm(x_k ∗ W_k + b_k)))`. What is left of the picture is a grid of regions, read row by row
/// as a sequence, for fusions that look at places; or its mean, a vector.
///
/// Shapes: `[B, channels, height, width]` → grid `[B, rows · columns, channels.last]` with
/// `rows = ⌊height / 2^blocks⌋`, or pooled `[B, channels.last]`. Parameters: `blocks.<k>.convolution.weight`, `…bias`; with batch
/// normalisation `blocks.<k>.norm.gain`, `…bias` (and no convolution bias, which the mean would cancel). A picture that
/// is missing (presence 0) is read as zeros, so that what is stored in its place never matters.
public struct CNNEncoder: Encoder {
  /// What becomes of the regions.
  public enum Output: String, Choice {
    /// A sequence of them, row by row.
    case grid
    /// Their mean.
    case pooled
  }
  public struct Options: PartOptions {
    /// Feature maps of each block.
    public var channels = [16, 32, 64]
    /// Side of the convolutions' windows, odd: the picture keeps its size until it is pooled.
    public var kernel = 3
    /// Whether each convolution is followed by batch normalisation.
    public var batchNorm = false
    /// What comes out.
    public var output = Output.grid
    /// Rate of dropout on the output, in training.
    public var dropout = 0.0
    public init() {}
  }
  public static let about = About(
    "cnn", "Small convolutional network: 3×3 convolution, ReLU, 2×2 maximum; a grid of regions or their mean",
    equation: "x_{k+1} = maxpool₂(relu(norm(x_k ∗ W_k + b_k)))",
    paper: "LeCun et al. 1998, Gradient-based learning applied to document recognition, Proc. IEEE 86(11)")

  private struct Block {
    let convolution: Conv2d
    let norm: BatchNorm?
  }
  public let output: Modality
  private let blocks: [Block]
  /// Numbers of a picture and of every block's maps before they are halved, and of the blocks' weights.
  private let mapFloats: Int, weightFloats: Int
  private let form: Output
  private let drop: Dropout?

  /// Throws `SetupError` for anything but images, for settings outside their range, and for more blocks than the
  /// picture can be halved.
  public init(_ options: Options, reading input: InputSpecification, in scope: Scope) throws {
    let place = "encoder cnn for \"\(input.name)\""
    guard case .image(let channels, let height, let width) = input.kind else {
      let fix = if case .tokens = input.kind { "bag-of-words, embedding, gru or lstm" } else { "mlp" }
      throw SetupError("\(place): it reads images, not \(input.summary). Use \(fix).")
    }
    try require(!options.channels.isEmpty, "\(place): channels is empty; expected at least one number")
    for (index, maps) in options.channels.enumerated() {
      try require(maps >= 1, "\(place): channels[\(index)] is \(maps); expected 1 or more")
    }
    try require(
      options.kernel >= 1 && options.kernel % 2 == 1, "\(place): kernel is \(options.kernel); expected an odd number")
    try require(
      (0..<1).contains(options.dropout), "\(place): dropout is \(options.dropout); expected at least 0 and less than 1")
    let halvings = options.channels.count
    let most = (1...64).first { min(height, width) >> $0 < 1 }! - 1
    try require(
      most >= 1,
      "\(place): pictures of \(height)×\(width) cannot be halved; give them 2×2 pixels or more, or use another encoder")
    try require(
      halvings <= most,
      "\(place): \(halvings) blocks halve \(height)×\(width) to nothing; give channels as a list of at most \(most)")
    blocks = zip([channels] + options.channels, options.channels).enumerated().map { number, widths in
      let place = scope["blocks.\(number)"]
      return Block(
        convolution: Conv2d(
          widths.0, widths.1, window: (options.kernel, options.kernel),
          padding: (options.kernel / 2, options.kernel / 2),
          bias: !options.batchNorm, activation: options.batchNorm ? .none : .relu, in: place["convolution"]),
        norm: options.batchNorm ? BatchNorm(widths.1, in: place["norm"]) : nil)
    }
    mapFloats = options.channels.enumerated().reduce(channels * height * width) { sum, block in
      sum + block.element * (height >> block.offset) * (width >> block.offset)
    }
    weightFloats = blocks.reduce(0) { $0 + $1.convolution.weight.count }
    drop = options.dropout > 0 ? Dropout(options.dropout, in: scope["dropout"]) : nil
    form = options.output
    output = Modality(input.name, form == .grid ? .sequence : .vector, width: options.channels.last!)
  }

  public func callAsFunction(_ input: Input, _ context: inout Context) -> Features {
    guard let values = input.values, values.shape.rank == 4 else {
      stop("encoder cnn", "the batch's \"\(output.name)\" is no image, as the data set declared")
    }
    let pictures = values.scaledRows(input.presence)  // [B, C, H, W]
    // of other channels than declared no slices are made: the convolution says so with the shape of all
    let fits = pictures.shape[1] == blocks[0].convolution.weight.shape[1]
    let x = context.inSlices(
      of: Few(CollectionOfOne(pictures)), floats: fits ? mapFloats : 0, weights: weightFloats
    ) { samples, context in
      var x = pictures.slice(0, samples)
      for block in blocks {
        x = block.convolution(x, &context)  // [n, C′, H, W]
        if let norm = block.norm { x = norm(x, &context).relu() }
        x = maxPool2d(x, window: (2, 2))  // [n, C′, ⌊H/2⌋, ⌊W/2⌋]
      }
      return x
    }
    let (rows, columns) = (x.shape[2], x.shape[3])
    var regions = x.reshaped(Shape(x.shape[0], x.shape[1], rows * columns)).transposed(1, 2)  // [B, rows·columns, C]
    if form == .pooled { regions = regions.meanOverSteps(nil) }  // [B, C]
    if let drop { regions = drop(regions, &context) }
    return Features(regions, presence: input.presence, grid: form == .grid ? (rows, columns) : nil)
  }
}
