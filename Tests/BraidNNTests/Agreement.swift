import BraidNN
import BraidTensor
import BraidTesting

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

/// Mean and variance of many numbers.
func moments(_ numbers: [Float]) -> (mean: Double, variance: Double) {
  let mean = numbers.reduce(0) { $0 + Double($1) } / Double(numbers.count)
  return (mean, numbers.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) } / Double(numbers.count))
}
