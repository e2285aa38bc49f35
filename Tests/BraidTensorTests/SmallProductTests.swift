import BraidTensor
import CBraidKernels
import Testing

/// The small-product kernel against sums in `Double`.
@Suite struct SmallProductTests {
  /// Worst error of the kernel relative to Σ|a||b|, over shapes around every tile and panel edge.
  private func worstError(transposeA: Bool, transposeB: Bool, beta: Float, wrong: Bool = false) -> Double {
    var stream = RandomStream(seed: 1, .sampling)
    var worst = 0.0
    for m in [1, 2, 3, 4, 5, 6, 7, 11, 13, 25] {
      for n in [1, 7, 8, 9, 15, 16, 17, 31, 33, 40] {
        for k in [1, 3, 8, 9, 17, 255, 256, 257] {
          let a = stream.uniform(Shape(m * k), from: -1).elements, b = stream.uniform(Shape(k * n), from: -1).elements
          let old = stream.uniform(Shape(m * n), from: -1).elements
          var c = old
          let handled = braid_gemm_small(
            transposeA ? 1 : 0, transposeB ? 1 : 0, m, n, k, 0.5, a, transposeA ? m : k, b, transposeB ? k : n, beta, &c, n)
          if handled == 0 { return 0 }  // a processor without a kernel here: the library does it
          if wrong { c[c.count - 1] += 1e-3 }
          for i in 0..<m {
            for j in 0..<n {
              var sum = Double(beta) * Double(old[i * n + j]), size = abs(sum)
              for p in 0..<k {
                let product =
                  0.5 * Double(a[transposeA ? p * m + i : i * k + p]) * Double(b[transposeB ? j * k + p : p * n + j])
                sum += product
                size += abs(product)
              }
              worst = max(worst, abs(Double(c[i * n + j]) - sum) / max(size, 1e-30))
            }
          }
        }
      }
    }
    return worst
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)], [Float(0), 1, 0.3])
  func `agrees with sums in double precision at every edge`(_ transposed: (Bool, Bool), _ beta: Float) {
    // Each of up to 257 additions rounds once: 257 · 2⁻²⁴ ≈ 1.5e-5 of Σ|a||b| at worst, √257 · 2⁻²⁴ ≈ 1e-6 as a rule.
    #expect(worstError(transposeA: transposed.0, transposeB: transposed.1, beta: beta) < 2e-6)
  }

  @Test func `the bound notices one wrong element`() throws {
    var probe: [Float] = [0]
    try #require(braid_gemm_small(0, 0, 1, 1, 1, 1, [1], 1, [1], 1, 0, &probe, 1) != 0)
    #expect(worstError(transposeA: false, transposeB: false, beta: 0, wrong: true) > 2e-6)
  }
}
