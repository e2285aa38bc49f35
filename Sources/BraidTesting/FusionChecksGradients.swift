import BraidCore
import BraidNN
import BraidTensor

extension FusionCheck {
  /// Catches parameters that are declared and never trained (weights kept out of the computation, biases that a softmax
  /// cancels): a gradient that is zero, or only rounding beside those of the other parameters.
  public static let everyParameterLearns = FusionCheck(
    "every-parameter-learns", "every declared parameter receives a gradient"
  ) {
    subject in
    try subject.forEachCase { each in
      let (fusion, store) = try each.build()
      var largest = [Float](repeating: 0, count: store.parameters.count)
      for seed in 1...3 as ClosedRange<UInt64> {
        let run = FusionRun(fusion, store, each.features(6, seed: seed), seed: seed)
        for (index, (_, gradient)) in run.parameterGradients.enumerated() {
          largest[index] = max(largest[index], gradient?.elements.map(abs).max() ?? 0)
        }
      }
      let floor = 1e-5 * (largest.max() ?? 0)
      return zip(store.parameters, largest).filter { $1 <= floor }.map {
        "\($0.path) of shape \($0.shape) receives \($1 == 0 ? "none" : "only rounding, \($1)")"
      }
    }
  }

  /// Catches wrong derivatives, of every parameter and every input, without and with masks.
  public static let gradients = FusionCheck("gradients", "derivatives agree with central differences") { subject in
    try subject.forEachCase { each in
      let (fusion, store) = try each.build()
      // biases that are all 0 put the ReLU of an absent modality exactly on its kink, and hide derivatives of their own
      for parameter in store.parameters where Set(parameter.value.elements).count == 1 {
        var stream = RandomStream(seed: 1, .sampling, path: parameter.path)
        parameter.assign(parameter.value + stream.normal(parameter.shape, deviation: 0.2))
      }
      return [FusionCase.Masks.none, .mixed].flatMap { masks in
        let features = each.features(3, masks: masks)
        let inputs = zip(each.modalities, features).map { (name: $0.name, tensor: $1.values) }
        return checkGradients(of: store, inputs: inputs, most: 24) { values, context in
          fusion(zip(values, features).map { Features($0, steps: $1.steps, presence: $1.presence) }, &context)
            .differentiable
        }.violations
      }
    }
  }

  /// Catches extras that do not mean what their names say: `attention.<query>.<key>…` are weights (not negative; rows
  /// of keys sum to 1, for each key modality or over all of them, or to 0 where there is nothing to attend to),
  /// `gate.<modality>` lie in 0 … 1. And a result that depends on whether anyone looks.
  public static let extras = FusionCheck(
    "extras",
    "extras have the batch as their first axis, are finite, are what their names say, and do not change the output"
  ) { subject in
    try subject.forEachCase { each in
      let (fusion, _) = try each.build()
      var wrong: [String] = []
      for masks in [FusionCase.Masks.none, .mixed] {
        let fused = evaluated(fusion, each.features(5, masks: masks))
        for (name, extra) in fused.extras.sorted(by: { $0.key < $1.key }) {
          let words = name.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
          if extra.shape.rank < 1 || extra.shape[0] != 5 { wrong.append("\(name): shape \(extra.shape) for 5 samples") }
          if !extra.isFinite { wrong.append("\(name): not finite") }
          if words.contains("") { wrong.append("\(name): not words joined by dots") }
          let named = words.dropFirst().filter { word in each.modalities.contains { $0.name == word } }.count
          if words[0] == "gate" {
            if named != 1 { wrong.append("\(name): a gate is called gate.<modality>") }
            if extra.elements.contains(where: { $0 < 0 || $0 > 1 }) { wrong.append("\(name): outside 0 … 1") }
          }
          if words[0] == "attention", named != 2 {
            wrong.append("\(name): attention is called attention.<query>.<key>")
          }
        }
        wrong += attentionComplaints(fused.extras)
        var unwatched = Context.evaluation()
        if fusion(each.features(5, masks: masks), &unwatched).values.elements != fused.values.elements {
          wrong.append("the output is another when no extras are asked for")
        }
      }
      return wrong
    }
  }
}

/// Complaints about attention that is not weights: rows (last axis) over one key modality sum to 1 or 0, or all rows of
/// a query over all its key modalities together do.
private func attentionComplaints(_ extras: [String: Tensor]) -> [String] {
  func sums(_ weights: Tensor) -> [Double] {
    let keys = weights.shape[-1]
    return (0..<(weights.count / max(keys, 1))).map { row in
      (0..<keys).reduce(0) { $0 + Double(weights.pointer[row * keys + $1]) }
    }
  }
  func areShares(_ sums: [Double]) -> Bool { sums.allSatisfy { min(abs($0 - 1), abs($0)) <= 1e-4 } }
  let maps = extras.filter { $0.key.hasPrefix("attention.") }.sorted { $0.key < $1.key }
  var wrong = maps.filter { $0.value.elements.contains { $0 < 0 } }.map { "\($0.key): a weight is negative" }
  // attention.<query>.<key>.<step>: the key modality aside, what belongs together
  let groups = Dictionary(grouping: maps) { map in
    map.key.split(separator: ".").enumerated().filter { $0.offset != 2 }.map(\.element).joined(separator: ".")
  }
  for (_, group) in groups.sorted(by: { $0.key < $1.key }) {
    let each = group.map { sums($0.value) }
    let isOneRow = each.allSatisfy { $0.count == each[0].count }
    let together = isOneRow ? each[0].indices.map { row in each.reduce(0) { $0 + $1[row] } } : []
    if isOneRow && areShares(together) { continue }
    for (map, sums) in zip(group, each) where !areShares(sums) { wrong.append("\(map.key): rows do not sum to 1 or 0") }
  }
  return wrong
}
