import BraidTensor
import CBraidKernels
import Testing

/// The product kernel against sums in `Double`.
@Suite struct ProductTests {
  struct Form: Sendable, CustomTestStringConvertible {
    var transposeA = false, transposeB = false
    var beta: Float = 0
    var hasBias = false, rectifies = false
    /// Whether the kernel gets the memory it asks for.
    var hasWorkspace = false
    var testDescription: String {
      "a\(transposeA ? "ᵀ" : "") b\(transposeB ? "ᵀ" : "") + \(beta) c" + (hasBias ? " + bias" : "")
        + (rectifies ? ", rectified" : "")
    }
  }

  /// Worst error of the kernel relative to Σ|a||b| + |c| + |bias|; nil when the processor has no kernel (the library does it there).
  private func worstError(_ form: Form, _ ms: [Int], _ ns: [Int], _ ks: [Int], wrong: Bool = false) -> Double? {
    var stream = RandomStream(seed: 1, .sampling)
    var worst = 0.0
    for m in ms {
      for n in ns {
        for k in ks {
          let a = stream.uniform(Shape(m * k), from: -1), b = stream.uniform(Shape(k * n), from: -1)
          let old = stream.uniform(Shape(m * n), from: -1), bias = stream.uniform(Shape(n), from: -1)
          let c = form.beta == 0 ? Tensor(repeating: .nan, old.shape) : old.copy()
          guard multiply(form, m, n, k, a, b, c, bias) else { return nil }
          if wrong { c.pointer[m * n - 1] += 1e-3 }
          // [m, k] and [n, k], so that the sums below read along k
          let left = form.transposeA ? a.reshaped(k, m).transposed() : a
          let right = form.transposeB ? b : b.reshaped(k, n).transposed()
          for i in 0..<m {
            for j in 0..<n {
              let before = form.beta == 0 ? 0 : Double(form.beta) * Double(old.pointer[i * n + j])
              let shift = form.hasBias ? Double(bias.pointer[j]) : 0
              var sum = before + shift
              var size = abs(before) + abs(shift)
              let (x, y) = (left.pointer + i * k, right.pointer + j * k)
              for p in 0..<k {
                let product = 0.5 * Double(x[p]) * Double(y[p])
                sum += product
                size += abs(product)
              }
              let error = abs(Double(c.pointer[i * n + j]) - (form.rectifies ? max(sum, 0) : sum)) / max(size, 1e-30)
              worst = error <= worst ? worst : error  // a NaN is kept
            }
          }
        }
      }
    }
    return worst
  }

  /// c = f(0.5 op(a) op(b) + beta c + bias), whole matrices without gaps.
  private func multiply(
    _ form: Form, _ m: Int, _ n: Int, _ k: Int, _ a: Tensor, _ b: Tensor, _ c: Tensor, _ bias: Tensor
  ) -> Bool {
    var operands = braid_gemm_operands(
      transpose_a: form.transposeA ? 1 : 0, transpose_b: form.transposeB ? 1 : 0, m: m, n: n, k: k, a: a.pointer,
      lda: form.transposeA ? m : k, b: b.pointer, ldb: form.transposeB ? k : n, c: c.pointer, ldc: n)
    var end = braid_gemm_end(
      alpha: 0.5, beta: form.beta, bias: form.hasBias ? UnsafePointer(bias.pointer) : nil,
      rectifies: form.rectifies ? 1 : 0)
    let needed = form.hasWorkspace ? braid_gemm_workspace(operands.transpose_a, m, n, k) : 0
    let workspace = needed == 0 ? nil : Tensor(repeating: .nan, Shape(needed))
    return braid_gemm(&operands, &end, workspace?.pointer) != 0
  }

  // Each of up to 700 additions rounds once: 700 · 2⁻²⁴ ≈ 4e-5 of Σ|a||b| at worst, √700 · 2⁻²⁴ ≈ 1.6e-6 as a rule.
  private let bound = 2e-6

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)], [Float(0), 1, 0.3])
  func `agrees with sums in double precision at every edge of tiles and panels`(
    _ transposed: (Bool, Bool), _ beta: Float
  ) {
    for (hasBias, rectifies) in [(false, false), (true, true)] {
      let form = Form(
        transposeA: transposed.0, transposeB: transposed.1, beta: beta, hasBias: hasBias, rectifies: rectifies)
      let (ms, ns) = ([1, 2, 3, 4, 5, 6, 7, 11, 13, 25], [1, 7, 9, 15, 16, 17, 31, 33])
      let worst = worstError(form, ms, ns, [1, 3, 8, 17, 321])
      #expect(worst ?? 0 < bound)
    }
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)], [Float(0), 1])
  func `agrees with them where large products are cut into blocks`(_ transposed: (Bool, Bool), _ beta: Float) {
    let form = Form(
      transposeA: transposed.0, transposeB: transposed.1, beta: beta, hasBias: true, rectifies: beta == 1,
      hasWorkspace: true)
    #expect(worstError(form, [193, 205], [33, 513], [128, 321]) ?? 0 < bound)
    #expect(worstError(form, [194], [70], [1024]) ?? 0 < bound)  // a stride at which rows of a are copied
    #expect(worstError(form, [385], [7], [700]) ?? 0 < bound)
  }

  @Test(arguments: [Float(0), 1]) func `agrees with them where panels of a far operand are asked for`(_ beta: Float) {
    for transposeA in [false, true] {
      let form = Form(transposeA: transposeA, beta: beta)
      #expect(worstError(form, [11, 25, 64], [512], [256, 321]) ?? 0 < bound)
      #expect(worstError(form, [49], [417], [643]) ?? 0 < bound)
    }
  }

  @Test func `the bounds notice one wrong element`() throws {
    for form in [Form(), Form(transposeA: true, hasWorkspace: true)] {
      guard let worst = worstError(form, [200], [40], [130], wrong: true) else { return }
      #expect(worst > bound)
    }
  }

  @Test(arguments: [false, true]) func `a packed operand gives the bits of the one it was made from`(
    _ transposeB: Bool
  ) {
    var stream = RandomStream(seed: 3, .sampling)
    for (m, n, k) in [(1, 1, 1), (5, 16, 7), (12, 17, 40), (14, 50, 33), (64, 96, 321), (25, 33, 700)] {
      let a = stream.uniform([m, k], from: -1), b = stream.uniform(transposeB ? [n, k] : [k, n], from: -1)
      let bias = stream.uniform([n], from: -1), whole = stream.uniform([m, n], from: -1), packed = whole.copy()
      let size = braid_gemm_packed_size(n, k)
      if size == 0 { return }  // the processor has no kernel
      let panels = Tensor(repeating: .nan, Shape(size))
      let ldb = transposeB ? k : n
      braid_gemm_pack(transposeB ? 1 : 0, n, k, b.pointer, ldb, panels.pointer)
      var end = braid_gemm_end(alpha: 0.5, beta: 0.3, bias: bias.pointer, rectifies: 1)
      var operands = braid_gemm_operands(
        transpose_a: 0, transpose_b: transposeB ? 1 : 0, m: m, n: n, k: k, a: a.pointer, lda: k, b: b.pointer, ldb: ldb,
        c: whole.pointer, ldc: n)
      _ = braid_gemm(&operands, &end, nil)
      (operands.b, operands.c) = (UnsafePointer(panels.pointer), packed.pointer)
      braid_gemm_with_packed(&operands, &end)
      #expect(packed.elements == whole.elements, "\(m) · \(n) · \(k)")
    }
  }

  @Test(arguments: [(false, false), (true, false), (false, true), (true, true)])
  func `nothing beside the result is written, nothing beside the operands used`(_ transposed: (Bool, Bool)) {
    let (transposeA, transposeB) = transposed
    for m in [1, 2, 11, 13, 14, 27, 200] {
      for n in [1, 7, 17, 31, 33, 50, 513] {
        let k = 19, gap = 5
        // operands with gaps of NaN between the rows, 0.5 elsewhere
        func operand(_ rows: Int, _ columns: Int) -> Tensor {
          Tensor((0..<(rows * (columns + gap))).map { $0 % (columns + gap) < columns ? 0.5 : .nan })
        }
        let a = transposeA ? operand(k, m) : operand(m, k), b = transposeB ? operand(n, k) : operand(k, n)
        let c = Tensor(repeating: 2, Shape(m * (n + gap)))
        var operands = braid_gemm_operands(
          transpose_a: transposeA ? 1 : 0, transpose_b: transposeB ? 1 : 0, m: m, n: n, k: k, a: a.pointer,
          lda: (transposeA ? m : k) + gap, b: b.pointer, ldb: (transposeB ? k : n) + gap, c: c.pointer, ldc: n + gap)
        var end = braid_gemm_end(alpha: 1, beta: 1, bias: nil, rectifies: 0)
        let needed = braid_gemm_workspace(operands.transpose_a, m, n, k)
        let workspace = needed == 0 ? nil : Tensor(repeating: .nan, Shape(needed))
        guard braid_gemm(&operands, &end, workspace?.pointer) != 0 else { return }
        let expected: [Float] = (0..<c.count).map { $0 % (n + gap) < n ? 2 + Float(k) / 4 : 2 }
        #expect(c.elements == expected, "\(m) · \(n)")
      }
    }
  }

  @Test func `ranges of rows and columns have the bits of the whole`() {
    var stream = RandomStream(seed: 2, .sampling)
    let (m, n, k) = (400, 96, 700)
    let a = stream.normal([m, k]), b = stream.normal([k, n])
    let whole = matmul(a, b).elements
    let upper = matmul(a.slice(0, 0..<12), b).elements, lower = matmul(a.slice(0, 12..<m), b).elements
    #expect(upper + lower == whole)
    #expect(matmul(a, b.slice(1, 32..<96)).elements == Tensor(whole, [m, n]).slice(1, 32..<96).elements)
  }
}
