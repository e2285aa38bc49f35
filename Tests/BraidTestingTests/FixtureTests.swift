import BraidNN
import BraidTensor
import BraidTesting
import Testing

@Suite struct FixtureTests {
  @Test func `a fixture gives tensors, exact numbers, whole numbers and names`() throws {
    let fixture = try Fixture("testing/affine")
    #expect(
      fixture.names(prefix: "gradient.") == [
        "gradient.input.x", "gradient.parameter.bias", "gradient.parameter.weight",
      ])
    #expect(try fixture.integers("input.ids") == [2, 0, 1])
    #expect(try fixture.shape("input.ids") == [1, 3])
    // inputs were drawn as float32, so nothing is lost
    #expect(try fixture.tensor("input.x").elements.map(Double.init) == fixture.doubles("input.x"))
    #expect(fixture.tolerance == 2e-6)
    #expect(try fixture.optional("input.steps") == nil)
  }

  @Test func `a computation with its gradients agrees with the golden values, and a wrong one does not`() throws {
    let fixture = try Fixture("testing/affine")
    let scope = Scope(seed: 1)
    let layer = Linear(2, 5, activation: .tanh, in: scope)
    try fixture.load(into: scope.store)
    var context = Context.evaluation(recording: true)
    let x = try #require(context.tape).watch(fixture.tensor("input.x"))
    let y = layer(x, &context)
    let gradients = y.gradients(upstream: try fixture.tensor("upstream"))
    let found: [(String, Tensor?)] = [
      ("output", y), ("gradient.input.x", gradients[x]), ("gradient.parameter.weight", gradients[layer.weight]),
    ]
    #expect(try fixture.violations(found) == [])
    #expect(try expectClose(y, fixture, "output") < 2e-6)
    // negative controls: another tensor, another shape, no gradient at all
    #expect(try fixture.violations([("gradient.input.x", -gradients[x]!)]).count == 1)
    #expect(try fixture.violations([("gradient.input.x", y)]).first?.contains("shape [3, 5]; expected [3, 2]") == true)
    #expect(try fixture.violations([("gradient.input.x", nil)]).count == 1)
    #expect(throws: Mismatch.self) { try expectClose(-y, fixture, "output") }
  }

  @Test func `a tensor is a view with NaN on both sides`() throws {
    let x = try Fixture("testing/affine").tensor("input.x")
    #expect((x.pointer - 1).pointee.isNaN && (x.pointer + x.count).pointee.isNaN)
  }

  @Test func `the table of errors has the worst of every operation, those nearest their tolerance first`() throws {
    let fixture = try Fixture("testing/affine", of: "table of errors")
    let golden = try fixture.tensor("output")
    let found = [golden * 1.000_001, golden, golden * 2]
    #expect(try fixture.violations(found.map { ("output", $0) }).count == 1)
    let line = ErrorTable.text().split(separator: "\n").first { $0.hasPrefix("table of errors ") }
    let words = try #require(line).split(separator: " ")
    // what fails its test is not in the table: one case, two tensors, 1e-6 of 2e-6
    #expect(words[3] == "1" && words[4] == "2" && words[6] == "2.0e-06" && words[9] == "testing/affine")
    #expect(abs(try #require(Double(words[5])) - 1e-6) < 2e-7)
    let cases = ErrorTable.text(everyCase: true)
    #expect(cases.contains { $0 == "\n" } && cases.contains("float32 products of two terms"))
  }

  @Test func `a fixture that is missing says where it was looked for`() {
    #expect(throws: SafetensorsError.self) { try Fixture("testing/absent") }
    #expect(throws: SafetensorsError.self) { try Fixture("testing/affine", root: "/nowhere") }
  }
}

@Suite struct ClosenessTests {
  @Test func `the error of an element is relative to the larger of itself and the root mean square`() {
    // rms of 3, 4 is √12.5 = 3.5355…; the 3 is off by 0.1, the 4 by 0.1
    let closeness = Closeness("x", [3.1, 4.1], [3, 4], tolerance: 0.02)
    #expect(abs(closeness.worst - 0.1 / 12.5.squareRoot()) < 1e-12)
    #expect(closeness.index == 0)
    #expect(!closeness.isWithin)
    #expect(Closeness("x", [3.1, 4.1], [3, 4], tolerance: 0.03).isWithin)
  }

  @Test func `zeros are compared absolutely, NaN agrees with NaN only`() {
    #expect(Closeness("x", [1e-3], [0], tolerance: 1e-4).worst == 1e-3)
    #expect(Closeness("x", [.nan], [.nan], tolerance: 0).isWithin)
    #expect(Closeness("x", [1], [.nan], tolerance: 1).worst == .infinity)
    #expect(Closeness("x", [.nan], [1], tolerance: 1).worst == .infinity)
    #expect(Closeness("x", [.infinity], [.infinity], tolerance: 0).isWithin)
    #expect(!Closeness("x", [-.infinity], [.infinity], tolerance: 1e9).isWithin)
    #expect(!Closeness("x", [1, 2], [1], tolerance: 1).isWithin)
  }
}

@Suite struct GradientCheckTests {
  private func input(_ shape: Shape) -> [(name: String, tensor: Tensor)] {
    var stream = RandomStream(seed: 5, .sampling)
    return [("x", stream.normal(shape))]
  }

  @Test func `right derivatives of inputs and parameters pass`() {
    let scope = Scope(seed: 1)
    let layer = Linear(3, 4, activation: .tanh, in: scope)
    let check = checkGradients(of: scope.store, inputs: input([5, 3])) { x, context in layer(x[0], &context) }
    #expect(check.violations == [])
    #expect(check.count == 15 + 12 + 4)
    #expect(check.worst < 5e-3)
  }

  @Test func `a derivative with the wrong sign, a missing term or none at all is caught`() {
    func wrong(_ x: Tensor, _ factor: Float) -> Tensor {
      let y = x.squared().detached
      return y.recorded("wrong square", from: x) { g, sink in
        let gx = Tensor(zip(g.elements, x.elements).map { factor * 2 * $0 * $1 }, x.shape)
        sink.add(gx, to: x)
      }
    }
    #expect(checkGradients(inputs: input([7])) { x, _ in wrong(x[0], 1) }.violations == [])
    #expect(checkGradients(inputs: input([7])) { x, _ in wrong(x[0], -1) }.violations.count == 1)
    #expect(checkGradients(inputs: input([7])) { x, _ in wrong(x[0], 0.97) }.violations.count == 1)
    #expect(checkGradients(inputs: input([7])) { x, _ in x[0].squared().detached }.violations.count == 1)
  }

  @Test func `kinks at an element, near it and everywhere do not stand in the way`() {
    let x: [(name: String, tensor: Tensor)] = [("x", Tensor([0, 0.005, -0.03, 2, -2, 3, -3, 4]))]
    let check = checkGradients(inputs: x) { x, _ in x[0].relu() }
    #expect(check.violations == [])
    #expect(check.count == 8)
    #expect(checkGradients(inputs: [("x", .zeros([4]))]) { x, _ in x[0].relu() }.violations == [])
    // a hundred kinks within reach of each element
    let kinks = Tensor((0..<100).map { Float($0) * 4e-4 - 0.02 }, [100, 1])
    func comb(_ x: Tensor) -> Tensor { (x.reshaped(1, -1) - kinks).relu() }
    #expect(checkGradients(inputs: [("x", Tensor([0, 0.01, -0.01]))]) { x, _ in comb(x[0]) }.violations == [])
    #expect(
      checkGradients(inputs: [("x", Tensor([0, 0.01, -0.01]))]) { x, _ in comb(x[0]) + 3 * (x[0] - x[0].detached) }
        .violations.count == 1)
  }

  @Test func `a jump nearby does not stand in the way, one that is everywhere does`() {
    func step(_ x: Tensor, at place: Float) -> Tensor { Tensor(x.elements.map { $0 < place ? 0 : 1 }, x.shape) }
    let x: [(name: String, tensor: Tensor)] = [("x", Tensor([0.5, 1.5]))]
    #expect(checkGradients(inputs: x) { x, _ in x[0] * step(x[0], at: 0.505) }.violations == [])
    #expect(checkGradients(inputs: x) { x, _ in x[0] * step(x[0], at: 0.5) }.violations.count == 1)
  }

  @Test func `a steep function is compared in smaller pieces`() {
    let check = checkGradients(inputs: input([9])) { x, _ in (x[0] * 40).tanh() }
    #expect(check.violations == [])
    #expect(
      !checkGradients(inputs: input([9])) { x, _ in (x[0] * 40).tanh() + (x[0] - x[0].detached) }.violations.isEmpty)
  }
}
