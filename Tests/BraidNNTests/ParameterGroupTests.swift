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
