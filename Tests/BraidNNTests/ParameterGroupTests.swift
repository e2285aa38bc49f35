import BraidNN
import BraidTensor
import Testing

private func store() -> ParameterStore {
  let scope = Scope(seed: 1)
  for path in ["encoder.text.weight", "encoder.text.norm.gain", "encoder.text2.weight", "head.weight"] {
    _ = scope.parameter(path, [2], .ones)
  }
  return scope.store
}

/// How far one step of plain descent with a gradient of ones takes each parameter.
private func steps(_ groups: [ParameterGroup], rate: Float = 0.5, weightDecay: Double = 0) -> [String: Float] {
  let store = store()
  let ones = Dictionary(uniqueKeysWithValues: store.parameters.map { ($0.path, Tensor.ones($0.shape)) })
  var optimizer = SGD(weightDecay: weightDecay, groups: groups)
  optimizer.update(store, gradients(ones, of: store), learningRate: rate)
  return Dictionary(uniqueKeysWithValues: store.parameters.map { ($0.path, 1 - $0.value.elements[1]) })
}

@Suite struct `Parameter groups` {
  @Test func `hold what lies under their prefix, whole names only`() {
    let found = steps([ParameterGroup("encoder.text", rate: 0.5)])
    #expect(
      found == [
        "encoder.text.weight": 0.25, "encoder.text.norm.gain": 0.25, "encoder.text2.weight": 0.5, "head.weight": 0.5,
      ])
    #expect(ParameterGroup("head.weight").holds("head.weight"))
  }

  @Test func `give way to a longer prefix, in whatever order they stand`() {
    let outer = ParameterGroup("encoder", rate: 0)
    let inner = ParameterGroup("encoder.text.norm", rate: 2)
    for groups in [[outer, inner], [inner, outer]] {
      #expect(
        steps(groups) == [
          "encoder.text.weight": 0, "encoder.text.norm.gain": 1, "encoder.text2.weight": 0, "head.weight": 0.5,
        ])
    }
  }

  @Test func `have a decay of their own, or the optimiser's`() {
    let found = steps(
      [ParameterGroup("encoder.text.norm", weightDecay: 0), ParameterGroup("head", rate: 2)], weightDecay: 1)
    #expect(
      found == [
        "encoder.text.weight": 1, "encoder.text.norm.gain": 0.5, "encoder.text2.weight": 1, "head.weight": 2,
      ])
  }

  @Test func `are found by patterns`() {
    func held(_ pattern: String) -> [String] {
      store().parameters.map(\.path).filter(ParameterGroup(pattern).holds)
    }
    let (weight, gain) = ("encoder.text.weight", "encoder.text.norm.gain")
    let (second, head) = ("encoder.text2.weight", "head.weight")
    #expect(held("*.weight") == [weight, second, head])
    #expect(held("*.{bias,gain}") == [gain])
    #expect(held("*{bias,gain}") == [gain])
    #expect(held("encoder.*.weight") == [weight, second])
    #expect(held("encoder.{text2,image}") == [second])
    #expect(held("{encoder.text2,head}.weight") == [second, head])
    #expect(held("*.norm") == [gain], "all under any norm")
    #expect(held("*") == [weight, gain, second, head])
    #expect(held("*ex*") == [weight, gain, second])
    #expect(held("*.weigh") == [] && held("weight") == [] && held("*.") == [] && held("*.{weight") == [])
  }

  /// Without decay for what decays badly, and an encoder at its own rate.
  @Test func `by pattern go with those by path: rates multiply, and the pattern's decay counts`() {
    let groups = [
      ParameterGroup("encoder.text", rate: 0.5, weightDecay: 2), ParameterGroup("*.gain", weightDecay: 0),
      ParameterGroup("*", rate: 2),
    ]
    for groups in [groups, groups.reversed()] {
      // 0.5 · (rate 0.5 · 2) · (1 + decay 2), 0.5 · 0.5 · 1, 0.5 · 2 · (1 + decay 1)
      #expect(
        steps(groups, weightDecay: 1) == [
          "encoder.text.weight": 1.5, "encoder.text.norm.gain": 0.25, "encoder.text2.weight": 2, "head.weight": 2,
        ])
    }
    let still = steps([ParameterGroup("encoder", rate: 0), ParameterGroup("*.{gain,bias}", weightDecay: 0)])
    #expect(still["encoder.text.norm.gain"] == 0, "what stays as it is stays so")
  }

  @Test func `stop where a pattern matches nothing`() async {
    let typo = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = steps([ParameterGroup("*.{bias,gian}", weightDecay: 0)])
    }
    let message = String(decoding: typo?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      message.contains(
        "ParameterGroup: no parameter's path is \"*.{bias,gian}\" or begins with \"*.{bias,gian}.\""))
  }

  @Test func `stop where a prefix matches nothing or a setting is negative`() async {
    let nothing = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = steps([ParameterGroup("encoder.tex")])
    }
    let first = String(decoding: nothing?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      first.contains(
        "ParameterGroup: no parameter's path is \"encoder.tex\" or begins with \"encoder.tex.\""))
    let negative = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
      _ = ParameterGroup("head", rate: -1)
    }
    let second = String(decoding: negative?.standardErrorContent ?? [], as: UTF8.self)
    #expect(
      second.contains(
        "ParameterGroup: rate -1.0 and weight decay as elsewhere of \"head\" must be finite and not negative"))
  }
}
