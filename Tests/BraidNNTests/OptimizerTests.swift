import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// What an optimiser sees after a backward pass that found these gradients; parameters without one are not used in the
/// pass.
func gradients(_ given: [String: Tensor], of store: ParameterStore) -> Gradients {
  let context = Context.training(seed: 1, step: 0)
  let used = store.parameters.filter { given[$0.path] != nil }
  let leaves = used.map { context[$0] }
  let loss = Tensor.zeros([]).recorded("given gradients", from: leaves) { _, sink in
    for (parameter, leaf) in zip(used, leaves) { sink.add(given[parameter.path]!, to: leaf) }
  }
  return loss.gradients()
}

/// A fixture's parameters with their first values, in the order the fixture's maker had them.
func model(_ fixture: Fixture) throws -> ParameterStore {
  let scope = Scope(seed: 1)
  for path in ["a.weight", "b", "late", "one"] {
    let parameter = scope.parameter(path, try fixture.shape("parameter.\(path)"), .zeros)
    parameter.assign(try fixture.tensor("parameter.\(path)"))
  }
  return scope.store
}

/// The gradients a fixture has for a step.
func given(_ step: Int, _ fixture: Fixture, _ store: ParameterStore) throws -> [String: Tensor] {
  var found: [String: Tensor] = [:]
  for parameter in store.parameters {
    found[parameter.path] = try fixture.optional("input.gradient.\(step).\(parameter.path)")
  }
  return found
}

/// Takes a fixture's steps `range` and returns everything that is not as PyTorch has it after each.
func violations(
  _ optimizer: inout some Optimizer, _ store: ParameterStore, _ fixture: Fixture, _ range: Range<Int> = 0..<6,
  clip: Float? = nil
) throws -> [String] {
  let rates = try fixture.tensor("input.rates").elements
  var found: [String] = []
  for step in range {
    let gradients = gradients(try given(step, fixture, store), of: store)
    if let clip {
      let norm = Double(gradients.clip(of: store, norm: clip))
      let expected = try fixture.doubles("extra.norms")[step]
      if abs(norm - expected) > 1e-6 * expected { found.append("norm \(norm) in step \(step); expected \(expected)") }
    }
    optimizer.update(store, gradients, learningRate: rates[step])
    found += try fixture.violations(store.parameters.map { ("extra.value.\(step).\($0.path)", $0.value) })
  }
  return found
}

enum Case: String, CaseIterable {
  case sgd
  case sgdDecay = "sgd-decay"
  case sgdMomentum = "sgd-momentum"
  case sgdMomentumDecay = "sgd-momentum-decay"
  case sgdNesterov = "sgd-nesterov"
  case adam
  case adamDecay = "adam-decay"
  case adamw
  case adamwDecay = "adamw-decay"
  case rmsprop
  case rmspropMomentum = "rmsprop-momentum"
  case rmspropCentered = "rmsprop-centered"
  case rmspropCenteredMomentum = "rmsprop-centered-momentum"
  case adadelta
  case adadeltaDecay = "adadelta-decay"
  case groupsSGD = "groups-sgd"
  case groupsAdamW = "groups-adamw"
  case groupsRMSprop = "groups-rmsprop"
  case groupsAdadelta = "groups-adadelta"

  /// Of the fixtures `groups-…`: half the rate and twice the decay, no rate, no decay.
  static let groups = [
    ParameterGroup("a", rate: 0.5, weightDecay: 0.2), ParameterGroup("b", rate: 0),
    ParameterGroup("late", weightDecay: 0), ParameterGroup("one", weightDecay: 0),
  ]

  var optimizer: any Optimizer {
    switch self {
    case .sgd: SGD()
    case .sgdDecay: SGD(weightDecay: 0.05)
    case .sgdMomentum: SGD(momentum: 0.9)
    case .sgdMomentumDecay: SGD(momentum: 0.8, weightDecay: 0.1)
    case .sgdNesterov: SGD(momentum: 0.9, isNesterov: true, weightDecay: 0.02)
    case .adam: Adam()
    case .adamDecay: Adam(beta1: 0.8, beta2: 0.95, epsilon: 1e-3, weightDecay: 0.1)
    case .adamw: Adam.adamW()
    case .adamwDecay: Adam.adamW(beta1: 0.9, beta2: 0.98, epsilon: 1e-6, weightDecay: 0.3)
    case .rmsprop: RMSprop()
    case .rmspropMomentum: RMSprop(smoothing: 0.9, epsilon: 1e-4, momentum: 0.8, weightDecay: 0.1)
    case .rmspropCentered: RMSprop(smoothing: 0.95, isCentered: true)
    case .rmspropCenteredMomentum:
      RMSprop(smoothing: 0.8, epsilon: 1e-3, momentum: 0.9, isCentered: true, weightDecay: 0.05)
    case .adadelta: Adadelta()
    case .adadeltaDecay: Adadelta(smoothing: 0.95, epsilon: 1e-3, weightDecay: 0.1)
    case .groupsSGD: SGD(momentum: 0.9, weightDecay: 0.1, groups: Case.groups)
    case .groupsAdamW: Adam.adamW(weightDecay: 0.1, groups: Case.groups)
    case .groupsRMSprop: RMSprop(weightDecay: 0.1, groups: Case.groups)
    case .groupsAdadelta: Adadelta(weightDecay: 0.1, groups: Case.groups)
    }
  }
}

@Suite struct `Optimizers` {
  @Test(arguments: Case.allCases)
  func `take PyTorch's steps, also for parameters that get a gradient only now and then`(_ name: Case) throws {
    let fixture = try Fixture("optimizers/\(name.rawValue)")
    let store = try model(fixture)
    var optimizer = name.optimizer
    #expect(try violations(&optimizer, store, fixture) == [])
    let state = optimizer.state(of: store).filter { !$0.name.hasPrefix("optimizer.steps") }
    #expect(state.count == fixture.names(prefix: "extra.optimizer").count)
    #expect(try fixture.violations(state.map { ("extra.\($0.name)", $0.value) }) == [])
  }

  @Test(arguments: Case.allCases)
  func `with a setting changed are told apart from PyTorch's steps`(_ name: Case) throws {
    let fixture = try Fixture("optimizers/\(name.rawValue)")
    var wrong: any Optimizer =
      switch name {
      case .sgd, .sgdDecay: SGD(weightDecay: 1e-3)
      case .sgdMomentum, .sgdMomentumDecay, .sgdNesterov: SGD(momentum: 0.9, weightDecay: 0.02)
      case .adam, .adamDecay, .adamw, .adamwDecay: Adam(beta1: 0.9, epsilon: 1e-4, weightDecay: 0.3)
      case .rmsprop: RMSprop(smoothing: 0.98)
      case .rmspropMomentum: RMSprop(smoothing: 0.9, epsilon: 1e-4, momentum: 0.79, weightDecay: 0.1)
      case .rmspropCentered: RMSprop(smoothing: 0.95)
      case .rmspropCenteredMomentum: RMSprop(smoothing: 0.8, epsilon: 1e-3, momentum: 0.9, weightDecay: 0.05)
      case .adadelta: Adadelta(epsilon: 2e-6)
      case .adadeltaDecay: Adadelta(smoothing: 0.95, epsilon: 1e-3)
      case .groupsSGD: SGD(momentum: 0.9, weightDecay: 0.1)
      case .groupsAdamW: Adam.adamW(weightDecay: 0.1, groups: Array(Case.groups.dropFirst()))
      case .groupsRMSprop: RMSprop(weightDecay: 0.1, groups: Array(Case.groups.dropLast()))
      case .groupsAdadelta: Adadelta(weightDecay: 0.1, groups: Array(Case.groups.dropFirst(2)))
      }
    if name == .sgdMomentum { wrong = SGD(momentum: 0.9, isNesterov: true) }
    #expect(try !violations(&wrong, model(fixture), fixture).isEmpty)
  }

  @Test(arguments: Case.allCases)
  func `go on from a saved state as if they had never stopped`(_ name: Case) throws {
    let fixture = try Fixture("optimizers/\(name.rawValue)")
    let store = try model(fixture)
    var first = name.optimizer
    _ = try violations(&first, store, fixture, 0..<3)
    let saved = Dictionary(uniqueKeysWithValues: first.state(of: store).map { ($0.name, $0.value) })
    var second = name.optimizer
    try second.restore(saved, of: store)
    #expect(try violations(&second, store, fixture, 3..<6) == [])
  }

  @Test func `are values: a copy steps on its own`() throws {
    let fixture = try Fixture("optimizers/adam")
    let store = try model(fixture)
    var optimizer = Adam()
    _ = try violations(&optimizer, store, fixture, 0..<2)
    let values = store.parameters.map { $0.value.copy() }
    var copy = optimizer
    _ = try violations(&copy, store, fixture, 2..<6)
    for (parameter, value) in zip(store.parameters, values) { parameter.assign(value) }
    #expect(try violations(&optimizer, store, fixture, 2..<6) == [])
  }

  @Test func `refuse a state that lacks a tensor or has one of another size`() throws {
    let store = try model(Fixture("optimizers/adam"))
    let whole = store.parameters.flatMap { parameter in
      [
        ("optimizer.first.\(parameter.path)", parameter.value), ("optimizer.second.\(parameter.path)", parameter.value),
        ("optimizer.steps.\(parameter.path)", Tensor([2])),
      ]
    }
    var state = Dictionary(uniqueKeysWithValues: whole)
    var optimizer = Adam()
    try optimizer.restore(state, of: store)
    state["optimizer.second.b"] = Tensor([1, 2])
    #expect(
      throws: OptimizerStateError(
        "optimizer.second.b: found shape [2]; expected [7], as the parameter has")
    ) { try optimizer.restore(state, of: store) }
    state["optimizer.first.late"] = nil
    #expect(
      throws: OptimizerStateError(
        "optimizer.first.late: missing from the saved state. Restore with the optimizer and the model it was saved from"
      )
    ) { try optimizer.restore(state, of: store) }
    for wrong in [[1.5], [-1], [], [1, 2, 3], [0, .infinity], [0, 1e30]] as [[Float]] {
      state["optimizer.steps.one"] = Tensor(wrong)
      #expect(throws: OptimizerStateError.self) { try optimizer.restore(state, of: store) }
    }
  }

  /// From 2²⁴ on a `Float` skips every other whole number: a count saved as one would stand still, stop after stop.
  @Test func `Adam's steps are counted on beyond 2²⁴, however often it is stopped`() throws {
    func course(isStopped: Bool) throws -> (values: [Float], state: [[Float]]) {
      let scope = Scope(seed: 1)
      let parameter = scope.parameter("p", [2], .zeros)
      // so near 1 that 40 steps more or less are seen in the last bits
      func adam() -> Adam { Adam(beta2: 1 - 1e-7) }
      var optimizer = adam()
      try optimizer.restore(
        [
          "optimizer.first.p": Tensor([0.3, -0.2]), "optimizer.second.p": Tensor([0.4, 0.1]),
          "optimizer.steps.p": Tensor([Float(1 << 24 - 5)]),
        ], of: scope.store)
      for _ in 0..<45 {
        optimizer.update(
          scope.store, gradients(["p": Tensor([0.5, -0.3])], of: scope.store), learningRate: 0.1)
        guard isStopped else { continue }
        let saved = optimizer.state(of: scope.store).map { ($0.name, $0.value) }
        optimizer = adam()
        try optimizer.restore(Dictionary(uniqueKeysWithValues: saved), of: scope.store)
      }
      return (parameter.value.elements, optimizer.state(of: scope.store).map(\.value.elements))
    }
    let (whole, stopped) = (try course(isStopped: false), try course(isStopped: true))
    #expect(stopped.values == whole.values && stopped.state == whole.state)
    #expect(whole.state.last == [40, 1], "2²⁴ + 40")
  }

  @Test func `move nothing where the gradient is missing and nothing decays`() throws {
    let store = try model(Fixture("optimizers/sgd"))
    let before = store["b"]!.value.elements
    var optimizer = Adam.adamW()
    optimizer.update(store, gradients(["one": Tensor([1])], of: store), learningRate: 0.1)
    #expect(store["b"]!.value.elements == before)
  }
}

@Suite struct `Extreme gradients` {
  /// Squares of 1e20 overflow and those of 1e-30 vanish; neither may make a number that is none.
  @Test(arguments: Case.allCases, [0, 1e-30, 1e-10, 1e4, 1e18, 1e22] as [Float])
  func `leave finite parameters in every optimiser`(_ name: Case, _ size: Float) throws {
    let store = try model(Fixture("optimizers/\(name.rawValue)"))
    var optimizer = name.optimizer
    for sign in [1, 1, -1, 1] as [Float] {
      let found = Dictionary(
        uniqueKeysWithValues: store.parameters.map { ($0.path, Tensor(repeating: sign * size, $0.shape)) })
      optimizer.update(store, gradients(found, of: store), learningRate: 1e-3)
    }
    for parameter in store.parameters { #expect(parameter.value.isFinite, "\(parameter.path)") }
  }

  @Test func `whose squares overflow move nothing, centred or not, and NaN is not hidden`() {
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [2], .ones)
    for isCentered in [false, true] {
      var optimizer = RMSprop(isCentered: isCentered)
      optimizer.update(scope.store, gradients(["p": Tensor([1e22, -1e30])], of: scope.store), learningRate: 1e-3)
      #expect(parameter.value.elements == [1, 1])
    }
    var optimizer = RMSprop(isCentered: true)
    optimizer.update(scope.store, gradients(["p": Tensor([.nan, 0])], of: scope.store), learningRate: 1e-3)
    #expect(parameter.value.elements[0].isNaN && parameter.value.elements[1] == 1)
  }

  @Test func `that never change leave a centred variance of nothing, not below`() {
    // v − m² of a constant gradient is 0 once both means have settled, and rounding takes it below
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [5], .zeros)
    var optimizer = RMSprop(smoothing: 0.5, epsilon: 1, isCentered: true)
    for _ in 0..<80 {
      let found = gradients(["p": Tensor([0.1, 0.3, 0.7, 1.3, 2.9])], of: scope.store)
      optimizer.update(scope.store, found, learningRate: 1e-3)
    }
    #expect(parameter.value.isFinite && parameter.value.elements.allSatisfy { $0 < 0 })
  }
}

@Suite struct `Clipping` {
  @Test func `scales by the norm of all gradients together, as PyTorch does`() throws {
    let fixture = try Fixture("optimizers/clipped-adam")
    var adam = Adam()
    #expect(try violations(&adam, model(fixture), fixture, clip: 1) == [])
    let other = try Fixture("optimizers/clipped-sgd")
    var descent = SGD()
    #expect(try violations(&descent, model(other), other, clip: 0.5) == [])
    #expect(try !violations(&descent, model(other), other, clip: 0.51).isEmpty)
  }

  @Test func `of (3, 4) to norm 1 gives (0.6, 0.8) and says 5`() throws {
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [2], .zeros)
    let found = gradients(["p": Tensor([3, 4])], of: scope.store)
    #expect(found.clip(of: scope.store, norm: 1) == 5)
    try expectClose(found[parameter]!, [0.6, 0.8], 1e-6)
  }

  @Test func `leaves small gradients and those that are not finite as they are`() {
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [2], .zeros)
    let small = gradients(["p": Tensor([0.3, 0.4])], of: scope.store)
    #expect(small.clip(of: scope.store, norm: 1) == 0.5)
    #expect(small[parameter]!.elements == [0.3, 0.4])
    let broken = gradients(["p": Tensor([.infinity, 1])], of: scope.store)
    #expect(broken.clip(of: scope.store, norm: 1) == .infinity)
    #expect(broken[parameter]!.elements == [.infinity, 1])
  }

  @Test func `sums ten million squares without losing digits`() {
    let scope = Scope(seed: 1)
    let count = 10_000_000
    _ = scope.parameter("p", Shape(count), .zeros)
    let found = gradients(["p": Tensor(repeating: 0.1, Shape(count))], of: scope.store)
    #expect(abs(found.norm(of: scope.store) - 316.22778) < 1e-3)
  }

  @Test(arguments: [1e30, 1e19, 1e-19, 1e-30] as [Float])
  func `knows lengths whose squares no float can hold`(_ size: Float) throws {
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [4097], .zeros)
    let found = gradients(["p": Tensor([3 * size] + Array(repeating: 0, count: 4095) + [-4 * size])], of: scope.store)
    #expect(abs(found.norm(of: scope.store) / (5 * size) - 1) < 1e-6)
    guard size > 1 else { return }
    found.clip(of: scope.store, norm: 1)
    let clipped = try #require(found[parameter]).elements
    #expect(abs(clipped[0] - 0.6) < 1e-6 && abs(clipped[4096] + 0.8) < 1e-6)
  }
}

@Suite struct `Gradients of parameters` {
  @Test func `stay reachable after another pass has begun`() {
    let scope = Scope(seed: 1)
    let parameter = scope.parameter("p", [2], .zeros)
    let first = gradients(["p": Tensor([1, 2])], of: scope.store)
    let second = gradients(["p": Tensor([3, 4])], of: scope.store)
    #expect(first[parameter]?.elements == [1, 2])
    #expect(second[parameter]?.elements == [3, 4])
  }
}
