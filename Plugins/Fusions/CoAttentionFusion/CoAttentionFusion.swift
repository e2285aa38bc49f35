import BraidCore
import BraidNN
import BraidTensor

/// Iterative co-attention: sequences look at each other, take in what they found, and look again, T times.
///
/// For t = 1 … T, all modalities at once: `S = X_i X_jᵀ / √d`; `c_ij = softmax_rows(S) X_j`; `X_i ← Update(X_i, c_i)`;
/// after T steps `z = [mean X_1; …; mean X_M]` over real steps. For two modalities `c_1 = c_12`. For more, which no
/// paper defines, every ordered pair attends and `c_i` is the mean of `c_ij` over the other modalities that are there.
///
/// Shapes: `[B, T_m, d_m]` each → `[B, M width]`. Parameters: `project.<modality>.weight [d_m, width]`, `.bias` (not
/// with `width: 0`), and those of the update (see `CoAttentionUpdate`) under `update.<modality>`, or
/// `step.<t>.update.<modality>` when not tied.
///
/// Extras, when wanted: `attention.<query>.<key>.<t>`, `[B, T_q, T_k]`, and `change.<t>`, `[B]`, the length of
/// `z_t − z_{t−1}`: whether the iteration settles. Padding steps and absent modalities are never attended to; the mean
/// of an absent one is 0.
///
/// Two modalities and T = 1 are parallel co-attention with a dot score (Lu et al. 2016, arXiv 1606.00061, has learned
/// scores and pools them to one vector); iterating is in the line of Nam et al. 2017, arXiv 1611.00471, and Nguyen &
/// Okatani 2018, arXiv 1804.00775. The equations above are SPEC's own, and the tests compare with them.
public struct CoAttentionFusion: Fusion {
  public struct Options: PartOptions {
    /// Width every modality is mapped to by a linear layer; 0: none, the widths must be equal.
    public var width = 64
    /// T, how often they look at each other.
    public var steps = 3
    /// How a step takes in what it found.
    public var update = CoAttentionUpdate.Kind.residualNorm
    /// Whether what was found goes through a linear layer before a residual update.
    public var contextLayer = true
    /// Whether all T steps share the update's weights.
    public var tied = true
    /// Whether each direction has its own softmax or both use one map.
    public var maps = Maps.separate
    public init() {}
    public init(
      width: Int = 64, steps: Int = 3, update: CoAttentionUpdate.Kind = .residualNorm, contextLayer: Bool = true,
      tied: Bool = true, maps: Maps = .separate
    ) {
      (self.width, self.steps, self.update, self.contextLayer) = (width, steps, update, contextLayer)
      (self.tied, self.maps) = (tied, maps)
    }
  }
  /// How the scores become maps of attention, one for each way.
  public enum Maps: String, Choice {
    /// `softmax_rows(S)` one way, `softmax_rows(Sᵀ)` the other.
    case separate
    /// `A = softmax_rows(S)` both ways: `c_1 = A X_2`, `c_2 = Aᵀ X_1`, the earlier modality asking. Columns of A do not
    /// sum to 1, so `c_2` is larger where many steps of the first look.
    case shared
  }

  public static let about = About(
    "co-attention", "Sequences attend to each other and are updated, several times",
    equation: "S = Q Vᵀ/√d; Q ← Update(Q, softmax(S) V); V ← Update(V, softmax(Sᵀ) Q); T times; z = [mean Q; mean V]",
    paper:
      "After Lu et al. 2016, arXiv 1606.00061; Nam et al. 2017, arXiv 1611.00471; "
      + "Nguyen & Okatani 2018, arXiv 1804.00775"
  )
  public static let accepts = Accepts.sequences

  public let output: Modality
  private let names: [String]
  private let options: Options
  private let projections: [Linear]
  private let updates: [[CoAttentionUpdate]]  // by step (one when tied), then modality

  public init(_ options: Options, joining modalities: [Modality], in scope: Scope) throws {
    let found = modalities.map { "\($0.name) \($0.width)" }.joined(separator: ", ")
    guard modalities.count >= 2 else { throw SetupError("co-attention: joins two or more modalities; got \(found).") }
    guard options.width >= 0, options.steps >= 1 else {
      throw SetupError(
        "co-attention: width \(options.width), steps \(options.steps); expected width ≥ 0 and steps ≥ 1.")
    }
    let width = options.width > 0 ? options.width : modalities[0].width
    guard options.width > 0 || modalities.allSatisfy({ $0.width == width }) else {
      throw SetupError("co-attention: with width 0 all modalities need one width; got \(found). Set width.")
    }
    projections = options.width == 0 ? [] : modalities.map { Linear($0.width, width, in: scope["project"][$0.name]) }
    updates = (0..<(options.tied ? 1 : options.steps)).map { step in
      let place = options.tied ? scope["update"] : scope["step.\(step + 1).update"]
      return modalities.map {
        CoAttentionUpdate(options.update, width, contextLayer: options.contextLayer, in: place[$0.name])
      }
    }
    (self.options, names) = (options, modalities.map(\.name))
    output = Modality("fused", .vector, width: modalities.count * width)
  }

  public func callAsFunction(_ inputs: [Features], _ context: inout Context) -> Fused {
    let masks = inputs.mapFew(\.stepMask)  // [B, T_m]
    var states = inputs.mapFew(\.masked)  // [B, T_m, d_m]
    if !projections.isEmpty { states = zip(projections, states).mapFew { $0($1, &context) } }  // [B, T_m, width]
    let shares = shares(masks, batch: states[0].shape[0])
    var extras: [String: Tensor]? = context.wantsExtras ? [:] : nil
    var before = context.wantsExtras ? joined(states.mapFew(\.detached), masks) : nil
    for step in 1...options.steps {
      let found = look(states, masks, shares, step, &extras)
      let update = updates[options.tied ? 0 : step - 1]
      states = states.indices.mapFew { update[$0](states[$0], found[$0], &context) }
      if let old = before {
        let new = joined(states.mapFew(\.detached), masks)
        extras?["change.\(step)"] = (new - old).squared().sum(-1).squareRoot()  // [B]
        before = new
      }
    }
    return Fused(joined(states, masks), extras: extras ?? [:])  // [B, M width]
  }

  /// What every modality finds in the others: `[B, T_m, width]` each. The maps go to the extras, if any are wanted.
  private func look(
    _ states: Few<Tensor>, _ masks: Few<Tensor?>, _ shares: Few<Tensor?>, _ step: Int,
    _ extras: inout [String: Tensor]?
  ) -> Few<Tensor> {
    let scale = 1 / Float(states[0].shape[2]).squareRoot()
    var found = states.mapFew { _ in Few<Tensor>() }
    switch options.maps {
    case .separate:
      for i in states.indices {
        for j in states.indices where j > i {
          let pair = mutualAttention(
            states[i], states[j], scale: scale, aMask: masks[i], bMask: masks[j], wantsWeights: extras != nil)
          found[i].append(pair.fromB)
          found[j].append(pair.fromA)
          if let ofJ = pair.ofB, let ofI = pair.ofA {
            extras?["attention.\(names[i]).\(names[j]).\(step)"] = ofJ.scaledRows(masks[i])  // [B, T_i, T_j]
            extras?["attention.\(names[j]).\(names[i]).\(step)"] = ofI.scaledRows(masks[j])  // [B, T_j, T_i]
          }
        }
      }
    case .shared:
      for i in states.indices {
        for j in states.indices where j > i {
          let scores = batchedMatmul(states[i], states[j], transposeB: true, scale: scale)  // [B, T_i, T_j]
          let map = scores.softmax(mask: masks[j]).scaledRows(masks[i])
          found[i].append(batchedMatmul(map, states[j]))
          found[j].append(batchedMatmul(map, states[i], transposeA: true))
          extras?["attention.\(names[i]).\(names[j]).\(step)"] = map.detached
        }
      }
    }
    return zip(found, shares).mapFew { contexts, share in
      let sum = contexts.dropFirst().reduce(contexts[0], +)
      if let share { return sum.scaledRows(share) }
      return contexts.count == 1 ? sum : sum * (1 / Float(contexts.count))
    }
  }

  /// 1 / (number of other modalities that have a real step), `[B]` for every modality; nil where that is the same for
  /// all samples.
  private func shares(_ masks: Few<Tensor?>, batch: Int) -> Few<Tensor?> {
    guard masks.count > 2, masks.contains(where: { $0 != nil }) else { return masks.mapFew { _ in nil } }
    let there = masks.map { mask in
      (0..<batch).map { sample -> Float in
        guard let mask else { return 1 }
        let time = mask.shape[1]
        return (0..<time).contains { mask.pointer[sample * time + $0] != 0 } ? 1 : 0
      }
    }
    return masks.indices.mapFew { own in
      Tensor(
        (0..<batch).map { sample in
          1 / max(1, there.indices.reduce(0) { $1 == own ? $0 : $0 + there[$1][sample] })
        })
    }
  }

  /// The time means side by side: `[B, M width]`.
  private func joined(_ states: Few<Tensor>, _ masks: Few<Tensor?>) -> Tensor {
    concatenate(zip(states, masks).mapFew { $0.meanOverSteps($1) })
  }
}
