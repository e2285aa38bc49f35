import BraidCore
import BraidNN
import BraidTensor

/// All products of features of all modalities, and of every subset of them: the outer product with a 1 put before each.
///
/// `t = vec([1; x_1] ⊗ … ⊗ [1; x_M])`, last modality fastest; `z = f(t W + b)`. The tensor itself is not built: the
/// product with W is taken factor by factor (`tensorProductLinear`). With `width: 0` the result is t.
///
/// Shapes: `[B, d_m]` each → `[B, width]`, or `[B, ∏ (d_m + 1)]`. Parameters: `weight [∏ (d_m + 1), width]`,
/// `bias [width]`; with `projection` also `projection.<modality>.weight [d_m, projection]` and `.bias`, and d_m =
/// projection above. W grows with the product of the widths: three modalities of 64 make 274 625 rows, so keep them
/// small or set `projection`.
///
/// An absent modality is zeros (after its projection too), so only its 1 remains: the products of the others are all
/// there.
///
/// Zadeh, Chen, Poria, Cambria & Morency 2017, "Tensor fusion network for multimodal sentiment analysis", EMNLP,
/// D17-1115, arXiv 1707.07250. In the paper the tensor goes into ReLU layers with dropout; here `activation` and the
/// head do that. Public code puts the 1 first where the paper writes it last, with the last modality varying fastest;
/// so do we. It only orders W's rows.
public struct TensorFusion: Fusion {
  public struct Options: PartOptions {
    /// Width of the linear layer after the tensor; 0: the tensor itself, `∏ (d_m + 1)` wide.
    public var width = 64
    /// Every modality is first mapped to this width by a linear layer with ReLU; 0: as it is.
    public var projection = 0
    /// What the linear layer applies.
    public var activation = Nonlinearity.none
    public init() {}
    public init(width: Int, projection: Int = 0, activation: Nonlinearity = .none) {
      (self.width, self.projection, self.activation) = (width, projection, activation)
    }
  }
  /// What follows the layer.
  public enum Nonlinearity: String, Choice {
    /// Nothing, or the engine's function of the same name.
    case none, relu, tanh, gelu
    var function: Activation {
      switch self {
      case .none: .none
      case .relu: .relu
      case .tanh: .tanh
      case .gelu: .gelu
      }
    }
  }

  public static let about = About(
    "tensor", "All products of features of all modalities, then a linear layer",
    equation: "z = vec([1; x_1] ⊗ … ⊗ [1; x_M]) W + b",
    paper:
      "Zadeh et al. 2017, Tensor fusion network for multimodal sentiment analysis, EMNLP D17-1115, arXiv 1707.07250")
  public static let accepts = Accepts.vectors

  /// The most elements the weight may have: 1 GB of them, 4 GB with the gradient and Adam's moments. More is refused with advice.
  public static let largestWeight = 1 << 28
  /// The widest tensor that is built with `width: 0`: 4 MB a sample.
  public static let widestTensor = 1 << 20

  public let output: Modality
  private let projections: [Linear]
  private let weight: Parameter?
  private let bias: Parameter?
  private let activation: Activation

  public init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    guard !modalities.isEmpty else { throw SetupError("tensor: joins one or more modalities; got none.") }
    guard options.width >= 0, options.projection >= 0 else {
      throw SetupError("tensor: width \(options.width), projection \(options.projection); expected 0 or more.")
    }
    var rows = 1
    for modality in modalities {
      let factor = (options.projection > 0 ? options.projection : modality.width) + 1
      let (product, overflow) = rows.multipliedReportingOverflow(by: factor)
      let most = options.width > 0 ? TensorFusion.largestWeight / options.width : TensorFusion.widestTensor
      guard !overflow, product <= most else {
        let widths = modalities.map { "\($0.name) \(options.projection > 0 ? options.projection : $0.width)" }
        throw SetupError(
          "tensor: the product of \(widths.joined(separator: ", ")) is too large"
            + (options.width > 0 ? " for a linear layer of \(options.width)" : " to be built")
            + ": it has more than \(most) elements. Set projection to a small width (such as 32)"
            + (options.width > 0 ? "." : ", or give the fusion a width above 0."))
      }
      rows = product
    }
    projections =
      options.projection == 0
      ? []
      : modalities.map {
        Linear(
          $0.width, options.projection, activation: .relu, initializer: .heUniform, in: scope["projection"][$0.name])
      }
    weight = options.width == 0 ? nil : scope.parameter("weight", Shape(rows, options.width), .glorotUniform)
    bias = options.width == 0 ? nil : scope.parameter("bias", Shape(options.width), .zeros)
    activation = options.activation.function
    output = Modality("fused", .vector, width: options.width == 0 ? rows : options.width)
  }

  public func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    var factors = inputs.mapFew(\.masked)  // [B, d_m]
    if !projections.isEmpty {
      // masked again after the layer: only the 1 of an absent modality may remain
      factors = inputs.indices.mapFew { index in  // [B, projection]
        projections[index](factors[index], &context).scaledRows(inputs[index].presence)
      }
    }
    guard let weight else { return Fused(tensor(factors)) }
    return Fused(tensorProductLinear(factors, context[weight], context[bias], activation: activation))  // [B, width]
  }

  /// vec([1; x_1] ⊗ … ⊗ [1; x_M]), built.
  private func tensor(_ factors: Few<Tensor>) -> Tensor {
    let batch = factors[0].shape[0]
    let one = Tensor.ones(Shape(batch, 1))
    var result = concatenate(Few(one, factors[0]))  // [B, d_1 + 1]
    for factor in factors.dropFirst() {
      result = outerProduct(result, concatenate(Few(one, factor))).reshaped(batch, -1)  // [B, ∏ so far]
    }
    return result
  }
}
