import BraidTensor
import BraidTesting
import Foundation
import Testing

/// The names of all golden cases, from their folder.
let caseNames: [String] = {
  let folder = (try? Fixture.folder(above: #filePath)).map { "\($0)/operations" } ?? ""
  let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
  return files.filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(".safetensors".count)) }.sorted()
}()

/// Inputs that have a golden gradient.
private func differentiated(_ fixture: Fixture) -> [String] {
  fixture.names(prefix: "gradient.input.").map { String($0.dropFirst("gradient.input.".count)) }
}

/// What the errors of a case are printed under: each function of one tensor under its own name.
private func title(_ name: String) -> String? { name.hasPrefix("unary-") ? "operations/\(name)" : nil }

@Suite struct `Operations agree with PyTorch in double precision` {
  @Test func `no golden case has been lost`() {
    #expect(caseNames.count == 228)
    #expect(caseNames.filter { operation(for: $0) == nil } == [])
  }

  @Test(arguments: caseNames) func `output and all gradients`(_ name: String) throws {
    let fixture = try Fixture("operations/\(name)", of: title(name))
    let compute = try #require(operation(for: name))
    let tape = Tape()
    var leaves: [String: Tensor] = [:]
    for input in differentiated(fixture) { leaves[input] = tape.watch(try fixture.tensor("input.\(input)")) }
    let output = try compute(Operands(fixture: fixture) { try #require(leaves[$0]) })
    let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
    var found: [(String, Tensor?)] = [("output", output)]
    for (input, leaf) in leaves { found.append(("gradient.input.\(input)", gradients[leaf])) }
    #expect(try fixture.violations(found) == [])
  }

  /// Each operation's derivative must add to a gradient that is there already, in memory that held something else.
  @Test(arguments: caseNames) func `gradients of a second use are added`(_ name: String) throws {
    let fixture = try Fixture("operations/\(name)", of: title(name))
    let compute = try #require(operation(for: name))
    let tape = Tape()
    var leaves: [String: Tensor] = [:]
    for input in differentiated(fixture) {
      let value = try fixture.tensor("input.\(input)")
      leaves[input] = tape.watch(value, collectingIn: Tensor(repeating: .nan, value.shape))
    }
    let operands = Operands(fixture: fixture) { try #require(leaves[$0]) }
    let twice = try compute(operands) + compute(operands)
    let gradients = twice.gradients(upstream: try fixture.tensor("upstream"))
    for (input, leaf) in leaves {
      let half = gradients[leaf].map { $0 * 0.5 }
      #expect(try fixture.violations([("gradient.input.\(input)", half)]) == [])
    }
  }

  @Test(arguments: caseNames) func `an operand that is a constant changes nothing for the others`(_ name: String) throws
  {
    let fixture = try Fixture("operations/\(name)", of: title(name))
    let compute = try #require(operation(for: name))
    let inputs = differentiated(fixture)
    for recorded in inputs where inputs.count > 1 {
      let tape = Tape()
      let leaf = tape.watch(try fixture.tensor("input.\(recorded)"))
      let output = try compute(Operands(fixture: fixture) { $0 == recorded ? leaf : try fixture.tensor("input.\($0)") })
      let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
      #expect(try fixture.violations([("gradient.input.\(recorded)", gradients[leaf])]) == [])
    }
  }

  /// Negative control: the comparison sees a gradient that is wrong by a thousandth, and one that is missing.
  @Test func `a slightly wrong gradient is noticed`() throws {
    let fixture = try Fixture("operations/multiply-row")
    let golden = try fixture.tensor("gradient.input.b")
    #expect(try fixture.violations([("gradient.input.b", golden)]) == [])
    #expect(try fixture.violations([("gradient.input.b", golden * 1.001)]).count == 1)
    #expect(try fixture.violations([("gradient.input.b", nil)]).count == 1)
  }
}
