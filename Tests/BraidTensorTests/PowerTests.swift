import BraidTensor
import BraidTesting
import Testing

private let parity: Parity = {
  var cases: [String: Operation] = [
    "pow-": { try pow($0("x"), $0("p")) },
    "pow-negative-base": { try pow($0("x"), 3) },
    "sin": { try $0("x").sin() },
    "cos": { try $0("x").cos() },
  ]
  for p: Float in [-2, -0.5, 0, 0.5, 1, 2, 3] { cases["pow-number\(p)"] = { try pow($0("x"), p) } }
  return Parity(family: "reductions", operations: cases)
}()

@Suite struct PowerTests {
  @Test func `no golden case has been lost`() { #expect(parity.names.count == 19) }

  @Test(arguments: parity.names) func `powers, sines and cosines agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a negative number has whole powers only`() {
    #expect(pow(Tensor([-2, -2]), Tensor([3, 2])).elements == [-8, 4])
    #expect(pow(Tensor([-2]), 0.5).scalar.isNaN)
    #expect(pow(Tensor([0, 5, .infinity]), 0).elements == [1, 1, 1])
  }

  @Test func `sine and cosine keep their digits far from zero`() {
    // sin(10⁴) and cos(10⁴) to 12 digits
    #expect(abs(Double(Tensor([1e4]).sin().scalar) + 0.305614388888) < 6e-8)
    #expect(abs(Double(Tensor([1e4]).cos().scalar) + 0.952155368259) < 6e-8)
    #expect(Tensor([.infinity]).sin().scalar.isNaN)
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 13, .sampling)
    let x = stream.uniform([3, 5], from: 0.5, to: 2)
    let p = stream.normal([5])
    let power = differences([x, p]) { pow($0[0], $0[1]) }
    let angles = differences([p]) { concatenate([$0[0].sin(), $0[0].cos()]) }
    #expect(power.violations == [] && angles.violations == [])
    #expect(power.count == 20 && angles.count == 5)
  }
}
