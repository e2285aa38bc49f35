import BraidCore
import BraidNN
import BraidTensor

extension FusionCheck {
  /// Catches a part nobody could look up.
  public static let describesItself = FusionCheck(
    "describes-itself", "has a name in lower case, a line of summary and an equation"
  ) {
    subject in
    var wrong: [String] = []
    let about = subject.about
    let allowed = about.name.allSatisfy { ($0.isLowercase && $0.isASCII) || $0.isNumber || $0 == "-" }
    if about.name.isEmpty || !allowed { wrong.append("the name \"\(about.name)\" is not lower-case words joined by -") }
    if about.summary.isEmpty || about.summary.contains("\n") { wrong.append("the summary is not one line") }
    if about.equation.isEmpty { wrong.append("there is no equation") }
    return wrong
  }

  /// Catches options that are lost or changed on the way through an experiment file.
  public static let optionsRoundTrip = FusionCheck(
    "options-round-trip", "options survive being written and read, and an unknown setting is refused by name"
  ) { subject in
    var wrong: [String] = []
    let settings = try subject.settings()
    let again = try subject.readBack(settings)
    if settings != again { wrong.append("written \(Setting.map(settings)), read \(Setting.map(again))") }
    for (key, value) in settings where value == .null {
      wrong.append("setting \"\(key)\" has no value; give it a default")
    }
    do {
      _ = try subject.readBack(["no-such-setting": .bool(true)])
      wrong.append("an unknown setting is accepted")
    } catch let error as SetupError {
      if !error.description.contains("no-such-setting") {
        wrong.append("the refusal does not name the setting: \(error)")
      }
    }
    return wrong
  }

  /// Catches outputs that are not what `output` says, at batch 1, 2 and 7, with and without masks.
  public static let outputShape = FusionCheck(
    "output-shape", "the output is of the declared kind and width for any batch, and finite"
  ) {
    subject in
    try subject.forEachCase { each in
      let (fusion, _) = try each.build()
      var wrong = fusion.output.name == "fused" ? [] : ["the output is called \"\(fusion.output.name)\", not \"fused\""]
      for batch in [1, 2, 7] {
        for masks in [FusionCase.Masks.none, .mixed] {
          let fused = evaluated(fusion, each.features(batch, masks: masks))
          let shape = fused.values.shape
          let isRight =
            switch fusion.output.kind {
            case .vector: shape == Shape(batch, fusion.output.width)
            case .sequence: shape.rank == 3 && shape[0] == batch && shape[2] == fusion.output.width
            }
          if !isRight {
            wrong.append(
              "batch \(batch): shape \(shape); declared \(fusion.output.kind.rawValue) of \(fusion.output.width)")
          }
          if let steps = fused.steps, shape.rank != 3 || steps.shape != Shape(batch, shape[1]) {
            wrong.append("batch \(batch): steps of shape \(steps.shape) for values \(shape)")
          }
          if !fused.values.isFinite { wrong.append("batch \(batch): the output is not finite") }
          if let chosen = fused.logProbability,
            chosen.shape != Shape(batch) || chosen.elements.contains(where: { !($0 <= 0) })
          {
            wrong.append(
              "batch \(batch): log-probability of shape \(chosen.shape): \(chosen.elements); expected [\(batch)], at most 0"
            )
          }
        }
      }
      return wrong
    }
  }

  /// Catches first weights that depend on anything but seed and path.
  public static let sameSeedSameWeights = FusionCheck(
    "same-seed-same-weights", "first weights depend on the seed and the path only"
  ) {
    subject in
    try subject.forEachCase { each in
      let (_, one) = try each.build(seed: 3)
      let (_, two) = try each.build(seed: 3)
      let (_, other) = try each.build(seed: 4)
      guard one.parameters.map(\.path) == two.parameters.map(\.path) else {
        return ["the parameters differ from one making to the next"]
      }
      var wrong: [String] = []
      for (a, b) in zip(one.parameters, two.parameters) where a.value.elements != b.value.elements {
        wrong.append("\(a.path) differs from one making to the next")
      }
      for (a, b) in zip(one.parameters, other.parameters) {
        let isConstant = Set(a.value.elements).count <= 1
        if !isConstant && a.value.elements == b.value.elements { wrong.append("\(a.path) does not depend on the seed") }
      }
      return wrong
    }
  }

  /// Catches hidden state and randomness from elsewhere.
  public static let reproducible = FusionCheck(
    "reproducible", "the same pass gives the same bits, in training and in evaluation"
  ) {
    subject in
    try subject.forEachCase { each in
      let (fusion, _) = try each.build()
      let features = each.features(5, masks: .mixed)
      func pass(_ context: Context) -> [Float] {
        var context = context
        return fusion(features, &context).values.elements
      }
      var wrong: [String] = []
      let evaluation = pass(.evaluation())
      if pass(.training(seed: 1, step: 2)) != pass(.training(seed: 1, step: 2)) {
        wrong.append("training passes of one step differ")
      }
      if pass(.evaluation()) != evaluation {
        wrong.append("an evaluation after a training pass differs from one before")
      }
      return wrong
    }
  }

  /// Catches overflow.
  public static let extremeValues = FusionCheck("extreme-values", "inputs of ±10⁴ give finite outputs and gradients") {
    subject in
    try subject.forEachCase { each in
      let (fusion, store) = try each.build()
      let features = each.features(4).map {
        Features(Tensor($0.values.elements.map { $0 < 0 ? -1e4 : 1e4 }, $0.values.shape))
      }
      return FusionRun(fusion, store, features).unfinite
    }
  }
}

extension FusionRun {
  /// What of the pass is NaN or infinite, as sentences.
  var unfinite: [String] {
    var wrong = fused.values.isFinite ? [] : ["the output is not finite"]
    for (name, extra) in fused.extras.sorted(by: { $0.key < $1.key }) where !extra.isFinite {
      wrong.append("extra \(name) is not finite")
    }
    for (path, gradient) in parameterGradients where gradient?.isFinite == false {
      wrong.append("the gradient of \(path) is not finite")
    }
    for (index, gradient) in inputGradients.enumerated() where gradient?.isFinite == false {
      wrong.append("the gradient of input \(index) is not finite")
    }
    return wrong
  }
}
