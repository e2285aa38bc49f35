import BraidTensor
import BraidTesting
import Foundation

/// The golden cases of a folder of `Tests/Fixtures` that belong together, and how each is computed here.
struct Parity: Sendable {
  let family: String
  /// What the errors of all its cases are printed under; nil: what each case's name begins with.
  var title: String?
  /// By the beginning of the case's name; the longest that fits counts.
  let operations: [String: Operation]

  /// The cases that are computed by one of the operations, from the folder.
  var names: [String] {
    let folder = (try? Fixture.folder(above: #filePath)).map { "\($0)/\(family)" } ?? ""
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return files.filter { $0.hasSuffix(".safetensors") }.map { String($0.dropLast(".safetensors".count)) }
      .filter { name in operations.keys.contains { name.hasPrefix($0) } }.sorted()
  }

  private func compute(_ name: String) -> Operation? {
    operations.filter { name.hasPrefix($0.key) }.max { $0.key.count < $1.key.count }?.value
  }

  /// What differs from the golden values: the output and all gradients; the same gradients collected twice over, in
  /// memory that held NaN; and each gradient with every other operand a constant.
  func violations(_ name: String) throws -> [String] {
    let fixture = try Fixture("\(family)/\(name)", of: title)
    guard let compute = compute(name) else { return ["\(name) has no computation"] }
    let inputs = fixture.names(prefix: "gradient.input.").map { String($0.dropFirst("gradient.input.".count)) }
    let upstream = try fixture.tensor("upstream")
    var found: [Closeness] = []

    func run(_ recorded: [String], collecting: Bool, times: Int) throws -> (Tensor, [(String, Tensor?)]) {
      let tape = Tape()
      var leaves: [String: Tensor] = [:]
      for input in recorded {
        let value = try fixture.tensor("input.\(input)")
        leaves[input] = tape.watch(value, collectingIn: collecting ? Tensor(repeating: .nan, value.shape) : nil)
      }
      let operands = Operands(fixture: fixture) { try leaves[$0] ?? fixture.tensor("input.\($0)") }
      let output = try compute(operands)
      let total = try times == 2 ? output + compute(operands) : output
      // what no input decides (an empty result of a constant) is not recorded
      let gradients = total.isRecorded ? total.gradients(upstream: upstream) : nil
      return (output, leaves.map { ($0.key, gradients?[$0.value]) })
    }

    let (output, gradients) = try run(inputs, collecting: false, times: 1)
    found.append(try fixture.closeness(of: output, to: "output"))
    for (input, gradient) in gradients {
      found.append(try fixture.closeness(of: gradient, to: "gradient.input.\(input)"))
    }
    for (input, gradient) in try run(inputs, collecting: true, times: 2).1 {
      found.append(try fixture.closeness(of: gradient.map { $0 * 0.5 }, to: "gradient.input.\(input)"))
    }
    for input in inputs where inputs.count > 1 {
      let (_, alone) = try run([input], collecting: false, times: 1)
      found.append(try fixture.closeness(of: alone[0].1, to: "gradient.input.\(input)"))
    }
    return found.filter { !$0.isWithin }.map(\.description)
  }
}

extension Operands {
  /// Whole numbers of the case, such as places along an axis.
  func indices(_ name: String) throws -> Indices {
    try Indices(fixture.integers("input.\(name)"), fixture.shape("input.\(name)"))
  }

  /// Stops the case unless the indices that came with its output are the golden ones.
  func expect(_ found: Indices, _ name: String = "indices") throws {
    let expected = try Indices(fixture.integers("extra.\(name)"), fixture.shape("extra.\(name)"))
    if found != expected { throw Mismatch("\(fixture.name): places \(found); expected \(expected)") }
  }
}

/// A derivative by the tape beside central differences, for operations on a few tensors.
func differences(
  _ inputs: [Tensor], step: Double = 2e-2, _ compute: (_ inputs: [Tensor]) -> Tensor
) -> GradientCheck {
  checkGradients(
    inputs: inputs.enumerated().map { (name: "input \($0)", tensor: $1) }, step: step
  ) { inputs, _ in compute(inputs) }
}
