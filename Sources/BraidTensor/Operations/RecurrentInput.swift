import CBraidKernels

/// The products x W of a recurrence, made when their step comes: they are still in the cache when the step reads them,
/// and where nothing is recorded one step's memory serves all. Few samples would use the processor badly that way: then
/// all steps' products are one.
struct RecurrentInput {
  private let run: Recurrence
  private let x: Tensor
  /// `[T, B, d]` in processing order, masked rows zero; one step of it where that is enough, x where it is read in
  /// place.
  let xs: Tensor
  /// `[T, B, G·h]`: the products, then what the step makes of them; one step of it where that is enough.
  let gates: Tensor
  private let weight: PackedMatrix?
  private let keeps: Bool
  /// Whether nothing needs copying: unless rows of a step lie so that they drive each other out of the cache.
  private let readsInPlace: Bool

  /// - Parameter keeps: whether all steps are wanted afterwards.
  init(_ run: Recurrence, _ x: Tensor, _ inputWeight: Tensor, keeps: Bool) {
    let columns = inputWeight.shape[1]
    let isStepwise = run.batch >= 32
    (self.run, self.x, self.keeps) = (run, x, keeps || !isStepwise)
    let places = self.keeps ? run.time : 1
    gates = Tensor(uninitialized: Shape(places, run.batch, columns))
    readsInPlace = !self.keeps && run.steps == nil && run.time * run.width % 256 != 0
    if isStepwise {
      xs = readsInPlace ? x : Tensor(uninitialized: Shape(places, run.batch, run.width))
      weight = PackedMatrix(inputWeight.pointer, stride: columns, run.width, columns)
    } else {
      xs = run.timeMajor(x)
      weight = nil
      gemm(run.time * run.batch, columns, run.width, xs.pointer, false, inputWeight.pointer, false, gates.pointer)
    }
  }

  /// The rows of step number s for `count` samples from `first` on.
  func rows(_ s: Int, _ first: Int, _ count: Int) -> UnsafeMutablePointer<Float> {
    let place = (keeps ? s : 0) * run.batch + first, step = run.step(s), width = run.width
    let gate = gates.pointer + place * gates.shape[2]
    if let weight {
      let (from, stride) = (x.pointer + (first * run.time + step) * width, run.time * width)
      let rows = xs.pointer + place * width
      if !readsInPlace {
        braid_gather_step(
          from, stride, run.mask(step).map { $0 + first * run.time }, run.time, rows, count, width)
      }
      weight.product(count, readsInPlace ? from : rows, rows: readsInPlace ? stride : width, gate, beta: 0)
    }
    return gate
  }
}
