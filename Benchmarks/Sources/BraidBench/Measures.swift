import BraidTensor
import CBenchProbe

/// Blocks asked of the system's allocator in one call of `step`, once everything is warm; nil where the program cannot
/// see them.
func allocationsPerStep(_ step: () -> Void) -> Double? {
  guard probe_counts_allocations() else { return nil }
  for _ in 0..<20 { step() }
  let steps = 10
  let before = probe_allocations()
  for _ in 0..<steps { step() }
  return Double(probe_allocations() - before) / Double(steps)
}

/// What one small operation costs beside its arithmetic, in microseconds: a chain of products of tensors of one element,
/// forward and backward, shared out among the products.
func smallOperationMicroseconds(operations: Int = 200) -> (time: Double, allocations: Double?) {
  let factor = Tensor(repeating: 1.0001, [1])
  func chain() {
    let tape = Tape()
    var x = tape.watch(factor)
    for _ in 0..<operations { x = x * factor }
    _ = tape.gradients(of: x)
  }
  let allocations = allocationsPerStep(chain)
  return (timed(budget: 0.02, chain).minimum * 1e3 / Double(operations), allocations.map { $0 / Double(operations) })
}

/// The machine's rate for a 1024³ product, in GFLOP/s, as Braid multiplies and as the installed BLAS does. The better
/// one is what shares are of.
func productRates(threads: Int, groups: Int = 7, budget: Double = 0.25) -> (own: Double, library: Double) {
  let n = 1024
  var stream = RandomStream(seed: 0, .sampling)
  let a = stream.uniform([1024, 1024])
  let b = stream.uniform([1024, 1024])  // [n, n]
  let y = Tensor(uninitialized: [1024, 1024])
  func rate(_ milliseconds: Double) -> Double { 2 * Double(n * n) * Double(n) / milliseconds / 1e6 }
  let own = timed(groups: groups, budget: budget) { _ = matmul(a, b) }.median
  probe_set_blas_threads(Int32(threads))
  let library = timed(groups: groups, budget: budget) { probe_blas_product(a.pointer, b.pointer, y.pointer, Int32(n)) }
    .median
  return (rate(own), rate(library))
}
