import BraidCore
import BraidNN
import BraidTensor

// What lies under a mask does not exist. Forgotten key masks, means over padding and biases that speak for absent
// modalities are found here.
extension FusionCheck {
  /// Catches a mask that is used where it says nothing, or treated differently from none.
  public static let fullMasksAreNeutral = FusionCheck(
    "full-masks-are-neutral", "masks of ones say the same as no masks"
  ) { subject in
    try subject.forEachCase { each in
      let (fusion, _) = try each.build()
      return differences(evaluated(fusion, each.features(3, masks: .full)), evaluated(fusion, each.features(3)))
    }
  }

  /// Catches content of padding steps and of absent modalities that reaches outputs, extras or gradients.
  public static let maskedContent = FusionCheck(
    "masked-content", "content under a mask changes neither outputs nor gradients, and gets no gradient itself"
  ) { subject in
    try subject.forEachCase { each in
      let (fusion, store) = try each.build()
      let clean = each.features(5, masks: .mixed)
      let garbage = clean.map { features in
        let values = features.values.copy()
        for place in features.hiddenPlaces { values.pointer[place] = place % 2 == 0 ? 1e4 : -1e4 }
        // an absent sample's own step mask is content too: claim that all its steps are real
        let steps = features.steps?.copy()
        if let steps, let presence = features.presence {
          let time = steps.shape[1]
          for place in 0..<steps.count where presence.pointer[place / time] == 0 { steps.pointer[place] = 1 }
        }
        return Features(values, steps: steps, presence: features.presence)
      }
      let before = FusionRun(fusion, store, clean)
      let after = FusionRun(fusion, store, garbage)
      var wrong = differences(after.fused, before.fused)
      for (a, b) in zip(after.parameterGradients, before.parameterGradients) {
        let zero = Tensor.zeros(store[a.path]!.shape)
        let closeness = Closeness(
          "the gradient of \(a.path)", (a.gradient ?? zero).elements.map(Double.init),
          (b.gradient ?? zero).elements.map(Double.init),
          tolerance: 2e-5)
        if !closeness.isWithin { wrong.append(closeness.description) }
      }
      for (modality, (features, gradient)) in zip(each.modalities, zip(clean, before.inputGradients)) {
        guard let gradient else { continue }
        if let place = features.hiddenPlaces.first(where: { gradient.pointer[$0] != 0 }) {
          wrong.append(
            "element \(place) of \(modality.name) is under a mask and gets the gradient \(gradient.pointer[place])")
        }
      }
      return wrong
    }
  }

  /// Catches results that depend on how far a batch was padded.
  public static let extraPadding = FusionCheck("extra-padding", "padding sequences further changes nothing") {
    subject in
    try subject.forEachCase { each in
      guard each.modalities.contains(where: { $0.kind == .sequence }) else { return [] }
      let (fusion, _) = try each.build()
      let features = each.features(5, masks: .mixed)
      return differences(evaluated(fusion, features.map { $0.padded(by: 2) }), evaluated(fusion, features))
    }
  }

  /// Catches divisions by the number of real steps or of present modalities, and softmax over nothing.
  public static let nothingPresent = FusionCheck(
    "nothing-present",
    "a modality without any real step or sample, and no modality at all, give finite outputs and gradients"
  ) { subject in
    try subject.forEachCase { each in
      let (fusion, store) = try each.build()
      let batch = 3
      var wrong: [String] = []
      func check(_ what: String, _ features: [Features]) {
        wrong += FusionRun(fusion, store, features).unfinite.map { "\(what): \($0)" }
        let fused = evaluated(fusion, features)
        let garbage = features.map { features in
          let values = features.values.copy()
          for place in features.hiddenPlaces { values.pointer[place] = 1e4 }
          return Features(values, steps: features.steps, presence: features.presence)
        }
        wrong += differences(evaluated(fusion, garbage), fused).map { "\(what), other content there: \($0)" }
      }
      for index in each.modalities.indices {
        var features = each.features(batch)
        features[index].presence = .zeros([batch])
        check("\(each.modalities[index].name) absent", features)
        guard each.modalities[index].kind == .sequence else { continue }
        features = each.features(batch)
        features[index].steps = .zeros([batch, each.times[index]])
        check("\(each.modalities[index].name) without a real step", features)
      }
      check(
        "all absent",
        each.features(batch).map { features in
          var features = features
          features.presence = .zeros([batch])
          return features
        })
      return wrong
    }
  }
}

extension Features {
  /// The elements of `values` that lie under a mask, as places in its memory.
  var hiddenPlaces: [Int] {
    let rows = isSequence ? values.shape[0] * values.shape[1] : values.shape[0]
    let width = values.shape[-1]
    let time = rows / max(values.shape[0], 1)
    return (0..<rows).filter { row in
      presence.map { $0.pointer[row / time] == 0 } == true || (isSequence && steps.map { $0.pointer[row] == 0 } == true)
    }.flatMap { row in (0..<width).map { row * width + $0 } }
  }

  /// The same sequence with more padding steps, full of numbers that must not matter. Vectors stay as they are.
  func padded(by more: Int) -> Features {
    guard isSequence else { return self }
    let (batch, time, width) = (values.shape[0], values.shape[1], values.shape[2])
    let wide = Tensor(repeating: 7, [batch, time + more, width])
    let mask = Tensor.zeros([batch, time + more])
    for sample in 0..<batch {
      for place in 0..<(time * width) {
        wide.pointer[sample * (time + more) * width + place] = values.pointer[sample * time * width + place]
      }
      for step in 0..<time {
        mask.pointer[sample * (time + more) + step] = steps?.pointer[sample * time + step] ?? 1
      }
    }
    return Features(wide, steps: mask, presence: presence)
  }
}
