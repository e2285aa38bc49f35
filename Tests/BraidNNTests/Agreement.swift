import BraidNN
import BraidTensor
import BraidTesting
import Testing

/// What is not as a fixture has it when its computation is done here: the output, and the gradient of every input that
/// has one.
/// - Parameter compute: gets the inputs by name, those with a gradient recorded.
func disagreement(_ name: String, _ compute: (_ input: (String) -> Tensor, Fixture) throws -> Tensor) throws -> [String]
{
  let fixture = try Fixture(name)
  let tape = Tape()
  var inputs: [String: Tensor] = [:]
  for key in fixture.names(prefix: "input.") {
    let isRecorded = fixture.file.contains("gradient.\(key)")
    inputs[String(key.dropFirst("input.".count))] =
      isRecorded ? tape.watch(try fixture.tensor(key)) : try fixture.tensor(key)
  }
  let output = try compute({ inputs[$0]! }, fixture)
  let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
  return try fixture.violations(
    [("output", output)]
      + inputs.filter { $0.value.isRecorded || fixture.file.contains("gradient.input.\($0.key)") }
      .map { ("gradient.input.\($0.key)", gradients[$0.value]) })
}

/// What is not as a fixture has it of a layer: the output, and the gradients of its inputs and parameters.
/// - Parameters:
///   - inputs: those that have a gradient, by name.
///   - parameters: what `gradient.` is followed by for each of the layer's, and the parameter.
func disagreement(
  _ fixture: Fixture, inputs: [String] = ["x"], parameters: [(String, Parameter)], _ context: inout Context,
  _ compute: (_ input: [String: Tensor], inout Context) -> Tensor
) throws -> [String] {
  let tape = try #require(context.tape)
  var leaves: [String: Tensor] = [:]
  for name in inputs { leaves[name] = tape.watch(try fixture.tensor("input.\(name)")) }
  let output = compute(leaves, &context)
  let gradients = output.gradients(upstream: try fixture.tensor("upstream"))
  return try fixture.violations(
    [("output", output)] + leaves.map { ("gradient.input.\($0)", gradients[$1]) }
      + parameters.map { ("gradient.\($0)", gradients[$1]) })
}

/// Mean and variance of many numbers.
func moments(_ numbers: [Float]) -> (mean: Double, variance: Double) {
  let mean = numbers.reduce(0) { $0 + Double($1) } / Double(numbers.count)
  return (mean, numbers.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(numbers.count))
}
