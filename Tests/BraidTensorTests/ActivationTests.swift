import BraidTensor
import BraidTesting
import Testing

@Suite struct ActivationTests {
  @Test func `have names in files, with the slope where it is not the usual one`() {
    #expect(
      Activation.allCases.map(\.rawValue) == [
        "none", "relu", "sigmoid", "tanh", "gelu", "leaky-relu", "elu", "silu", "quick-gelu", "softplus",
      ])
    let steep = Activation.leakyRelu(slope: 0.2)
    #expect(steep.rawValue == "leaky-relu(0.2)")
    for activation in Activation.allCases + [steep] { #expect(Activation(rawValue: activation.rawValue) == activation) }
    #expect(Activation(rawValue: "leaky-relu(0.01)") == .leakyRelu())
    for wrong in ["", "Relu", "leaky-relu(", "leaky-relu()", "leaky-relu(x)", "leaky-relu(inf)", "relu(1)"] {
      #expect(Activation(rawValue: wrong) == nil, "\(wrong)")
    }
  }

  @Test(arguments: Activation.allCases + [.leakyRelu(slope: 0.2)])
  func `of a linear map are what they are alone, and have its derivative`(_ activation: Activation) throws {
    var stream = RandomStream(seed: 3, .sampling)
    let x = stream.normal([5, 7]), w = stream.normal([7, 3]), b = stream.normal([3])
    let alone = activation(linear(x, w, b))
    try expectClose(linear(x, w, b, activation: activation), alone.elements.map(Double.init), 1e-6)
    let check = checkGradients(inputs: [("x", x), ("w", w), ("b", b)], step: 2e-3) { tensors, _ in
      linear(tensors[0], tensors[1], tensors[2], activation: activation)
    }
    #expect(check.violations == [])
  }
}
