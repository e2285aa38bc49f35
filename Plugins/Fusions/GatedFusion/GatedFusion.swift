import BraidCore
import BraidNN
import BraidTensor

/// Gates that see all modalities decide how much of each comes through: the gated multimodal unit.
///
/// `h_m = tanh(x_m W_m)`, `g_m = σ([x_1; …; x_M] U_m)`, `z = Σ_m g_m ∘ h_m`. For two modalities the tied form is
/// `z = g ∘ h_1 + (1 − g) ∘ h_2`; with `gates: softmax` the gates of all modalities compete and sum to 1.
///
/// Shapes: `[B, d_m]` each → `[B, width]`. Parameters: `value.<modality>.weight [d_m, width]`; `gate.<modality>.weight`
/// (tied: `gate.weight`) `[Σ d_m, width]`, or one column with `per: modality`; biases with `bias`. Extras, when
/// wanted: `gate.<modality>`, `[B, width]` or `[B, 1]`, 0 where the modality is absent.
///
/// An absent modality contributes nothing: its features are zeros to the gates, its value and gate are 0. Softmax and
/// tied gates are shared out among the modalities that are present; independent gates of the others stay as they are.
///
/// Arevalo, Solorio, Montes-y-Gómez & González 2017, "Gated multimodal units for information fusion", arXiv 1702.01992.
/// The equations are the paper's, without biases. The authors' code gates on the projections `x_m W_m` instead of the
/// inputs (`gateInput: projections`) and normalises the batch before them, which is an encoder's business here.
public struct GatedFusion: Fusion {
  public struct Options: PartOptions {
    /// Width of the result.
    public var width = 64
    /// How the gates of the modalities relate.
    public var gates = Gates.independent
    /// A gate for every feature, or one number for the whole modality.
    public var per = Granularity.feature
    /// What the gates look at.
    public var gateInput = GateInput.inputs
    /// Whether values and gates have biases (the paper's have not).
    public var bias = false
    public init() {}
    public init(
      width: Int, gates: Gates = .independent, per: Granularity = .feature, gateInput: GateInput = .inputs,
      bias: Bool = false
    ) {
      (self.width, self.gates, self.per, self.gateInput, self.bias) = (width, gates, per, gateInput, bias)
    }
  }
  /// How gates share a feature among modalities.
  public enum Gates: String, Choice {
    /// Each its own logistic function.
    case independent
    /// Two modalities: g and 1 − g.
    case tied
    /// They sum to 1 over the modalities.
    case softmax
  }
  /// Whether a gate is one number a feature or one a modality.
  public enum Granularity: String, Choice { case feature, modality }
  /// What a gate is computed from.
  public enum GateInput: String, Choice {
    /// The modalities as they come.
    case inputs
    /// The projections `x_m W_m` before tanh, as in the authors' code.
    case projections
  }

  public static let about = About(
    "gated", "Gates that see all modalities decide how much of each comes through",
    equation: "h_m = tanh(x_m W_m); g_m = σ([x_1; …; x_M] U_m); z = Σ g_m ∘ h_m",
    paper: "Arevalo et al. 2017, Gated multimodal units for information fusion, arXiv 1702.01992")
  public static let accepts = Accepts.vectors

  public let output: Modality
  private let names: [String]
  private let options: Options
  private let values: [Linear]
  private let gates: [Linear]  // one a modality, or one in all when tied

  public init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    guard options.width > 0 else { throw SetupError("gated: width \(options.width); expected a number above 0.") }
    let found = modalities.map(\.name)
    switch options.gates {
    case .independent:
      guard !modalities.isEmpty else { throw SetupError("gated: joins one or more modalities; got none.") }
    case .tied:
      guard modalities.count == 2 else {
        throw SetupError("gated: tied gates join two modalities; got \(found). Use gates: softmax.")
      }
    case .softmax:
      guard modalities.count >= 2 else {
        throw SetupError("gated: softmax gates join two or more modalities; got \(found). Use gates: independent.")
      }
    }
    self.options = options
    names = found
    values = modalities.map {
      Linear(
        $0.width, options.width, bias: options.bias, activation: options.gateInput == .inputs ? .tanh : .none,
        in: scope["value"][$0.name])
    }
    let seen = options.gateInput == .inputs ? modalities.reduce(0) { $0 + $1.width } : modalities.count * options.width
    let scopes = options.gates == .tied ? [scope["gate"]] : modalities.map { scope["gate"][$0.name] }
    gates = scopes.map {
      Linear(
        seen, options.per == .feature ? options.width : 1, bias: options.bias,
        activation: options.gates == .softmax ? .none : .sigmoid, in: $0)
    }
    output = Modality("fused", .vector, width: options.width)
  }

  public func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let presence = inputs.mapFew(\.presence)
    var seen = inputs.mapFew(\.masked)  // [B, d_m]
    // masked again after the layer: its bias must not speak for an absent modality
    var values = self.values.indices.mapFew { index in  // [B, width]
      self.values[index](seen[index], &context).scaledRows(presence[index])
    }
    if options.gateInput == .projections {
      seen = values
      values = values.mapFew { $0.tanh() }
    }
    let joined = concatenate(seen)  // [B, Σ d_m]
    let made = gates.mapFew { $0(joined, &context) }  // [B, width] or [B, 1]
    let weights: Few<Tensor>
    switch options.gates {
    case .independent: weights = zip(made, presence).mapFew { $0.scaledRows($1) }
    case .tied: weights = shared(made[0], presence[0], presence[1])
    case .softmax: weights = competing(made, presence)
    }
    let parts = zip(weights, values).mapFew { $0 * $1 }  // [B, width]
    let fused = parts.dropFirst().reduce(parts[0], +)
    guard context.wantsExtras else { return Fused(fused) }
    return Fused(fused, extras: Dictionary(uniqueKeysWithValues: zip(names.map { "gate.\($0)" }, weights)))
  }

  /// g and 1 − g where both are present; where one is, it gets all.
  private func shared(_ gate: Tensor, _ first: Tensor?, _ second: Tensor?) -> Few<Tensor> {
    let pair = Few(gate, 1 - gate)
    guard first != nil || second != nil else { return pair }
    let ones = Tensor.ones(Shape(gate.shape[0]))
    let here = first ?? ones
    let there = second ?? ones
    let both = here * there  // [B]
    let column = Shape(gate.shape[0], 1)
    return zip(pair, Few(here, there)).mapFew { $0.scaledRows(both) + ($1 - both).reshaped(column) }
  }

  /// Softmax over the modalities that are present.
  private func competing(_ scores: Few<Tensor>, _ presence: Few<Tensor?>) -> Few<Tensor> {
    let (batch, columns) = (scores[0].shape[0], scores[0].shape[1])
    var mask: Tensor?  // [B, M]
    if presence.contains(where: { $0 != nil }) {
      mask = stack(presence.mapFew { $0 ?? .ones(Shape(batch)) }, axis: -1)
    }
    let weights = stack(scores, axis: -1).softmax(mask: mask)  // [B, columns, M]
    return scores.indices.mapFew { weights.slice(-1, $0..<($0 + 1)).reshaped(Shape(batch, columns)) }
  }
}
