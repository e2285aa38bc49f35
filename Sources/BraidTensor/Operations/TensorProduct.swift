import CBraidKernels

/// `activation(vec([1; x_1] ⊗ … ⊗ [1; x_M]) W + b)`, the linear map of a full tensor fusion (Zadeh et al. 2017, eq. 3),
/// as one operation that never holds the tensor.
///
/// The tensor is the product of a left and a right factor of about equal size. Blocks of its columns are made in a
/// small buffer, multiplied with their rows of W and forgotten; the reverse pass makes them again: dW = zᵀ g and dz = g
/// Wᵀ block by block.
/// - Parameters:
///   - inputs: x_m `[B, d_m]`, at least one.
///   - weight: `[∏(d_m + 1), outputs]`; rows in the order of the tensor, the last modality's index fastest.
///   - bias: `[outputs]`, optional.
/// - Returns: `[B, outputs]`.
public func tensorProductLinear(
  _ inputs: [Tensor], _ weight: Tensor, _ bias: Tensor?, activation: Activation = .none
) -> Tensor {
  tensorProductLinear(Few(inputs), weight, bias, activation: activation)
}

/// The same for a few inputs, without asking for memory for a list of them.
public func tensorProductLinear(
  _ inputs: Few<Tensor>, _ weight: Tensor, _ bias: Tensor?, activation: Activation = .none
) -> Tensor {
  guard let batch = inputs.first?.shape[0] else { stop("tensorProductLinear", "no inputs; expected at least one") }
  for input in inputs where input.shape.rank != 2 || input.shape[0] != batch {
    stop("tensorProductLinear", "inputs \(inputs.map(\.shape)); expected [B, d_m] with one batch size")
  }
  let rows = inputs.reduce(1) { $0 * ($1.shape[1] + 1) }
  guard weight.shape.rank == 2, weight.shape[0] == rows else {
    stop(
      "tensorProductLinear", "weight of shape \(weight.shape) for inputs \(inputs.map(\.shape)); expected [\(rows), _]")
  }
  let outputs = weight.shape[1]
  if let bias, bias.shape != Shape(outputs) {
    stop("tensorProductLinear", "bias of shape \(bias.shape) for \(outputs) outputs; expected [\(outputs)]")
  }
  let y = Tensor(uninitialized: Shape(batch, outputs))  // [B, outputs]
  let factors = TensorFactors(inputs)
  factors.eachBlock { first, count, z in
    factors.make(first, count, z.pointer)
    gemm(
      batch, outputs, count, z.pointer, false, weight.pointer + first * outputs, false, y.pointer,
      beta: first == 0 ? 0 : 1)
  }
  let before = activation.needsArgument ? Tensor(uninitialized: y.shape) : nil
  biasActivation(activation, bias, y, before, batch, outputs)

  let flops = 2 * Double(batch * rows) * Double(outputs)
  return y.recorded(
    "tensorProductLinear", from: inputs, weight, bias,
    saving: (inputs, weight, bias, activation, before, y, batch, outputs), flops: flops
  ) { saved, g, sink in
    let (inputs, weight, bias, activation, before, y, batch, outputs) = saved
    let gp = Tensor(uninitialized: y.shape)  // [B, outputs]: gradient of the activation's argument
    let gb = Tensor(uninitialized: Shape(outputs))
    biasActivationGradient(activation, before, y, g, gp, gb.pointer, 0, batch, outputs)
    if let bias { sink.add(gb, to: bias) }
    let factors = TensorFactors(inputs)
    sink.accumulate(into: weight) { gw, beta in
      factors.eachBlock { first, count, z in
        factors.make(first, count, z.pointer)
        gemm(count, outputs, batch, z.pointer, true, gp.pointer, false, gw + first * outputs, beta: beta)
      }
    }
    guard inputs.contains(where: { sink.wants($0) }) else { return }
    let dleft = Tensor.zeros(factors.left.shape), dright = Tensor.zeros(factors.right.shape)
    factors.eachBlock { first, count, dz in
      gemm(batch, count, outputs, gp.pointer, false, weight.pointer + first * outputs, true, dz.pointer)
      let (lefts, rights) = (factors.left.shape[1], factors.right.shape[1])
      let places = (
        factors.left.pointer, factors.right.pointer, dz.pointer, dleft.pointer, dright.pointer, lefts, rights, first,
        count
      )
      Parallel.split(batch, work: 2 * batch * count, with: places) { places, samples in
        let (left, right, dz, dleft, dright, lefts, rights, first, count) = places
        let at = samples.lowerBound
        braid_product_block_gradient(
          left + at * lefts, right + at * rights, dz + at * count, dleft + at * lefts, dright + at * rights,
          samples.count, lefts, rights, first, count)
      }
    }
    factors.spread(dleft, over: 0..<factors.split, &sink)
    factors.spread(dright, over: factors.split..<inputs.count, &sink)
  }
}

/// The tensor `[1; x_1] ⊗ … ⊗ [1; x_M]` as two factors, each small enough to hold.
struct TensorFactors {
  let inputs: Few<Tensor>
  /// The left factor is the product of the inputs before this one, the right factor of the others.
  let split: Int
  /// `[B, ∏_{m < split} (d_m + 1)]` and `[B, ∏_{m ≥ split} (d_m + 1)]`.
  let left: Tensor, right: Tensor

  init(_ inputs: Few<Tensor>) {
    self.inputs = inputs
    // the split with the smallest factors in sum
    func size(_ range: Range<Int>) -> Int { range.reduce(1) { $0 * (inputs[$1].shape[1] + 1) } }
    let split =
      inputs.indices.min { size(0..<$0) + size($0..<inputs.count) < size(0..<$1) + size($1..<inputs.count) } ?? 0
    self.split = split
    let batch = inputs[0].shape[0]
    left = TensorFactors.products(inputs[..<split], batch: batch)[split]
    right = TensorFactors.products(inputs[split...], batch: batch)[inputs.count - split]
  }

  /// The partial products, from the empty one `[B, 1]` of ones on.
  private static func products(_ inputs: Slice<Few<Tensor>>, batch: Int) -> Few<Tensor> {
    var products = Few<Tensor>()
    products.append(.ones(Shape(batch, 1)))
    for x in inputs {
      let so = products[products.count - 1], n = so.shape[1], d = x.shape[1]
      let next = Tensor(uninitialized: Shape(batch, n * (d + 1)))
      braid_product_with_one(so.pointer, x.pointer, next.pointer, batch, n, d)
      products.append(next)
    }
    return products
  }

  /// Columns of the tensor in blocks that stay in the cache, with one buffer `[B, count]` for all.
  func eachBlock(_ body: (_ first: Int, _ count: Int, _ buffer: Tensor) -> Void) {
    let batch = left.shape[0], columns = left.shape[1] * right.shape[1]
    let most = min(max(65536 / max(batch, 1), 64), columns)
    let buffer = Tensor(uninitialized: Shape(batch, most))
    for first in stride(from: 0, to: columns, by: most) { body(first, min(most, columns - first), buffer) }
  }

  /// z = columns `first ..< first + count` of the tensor.
  func make(_ first: Int, _ count: Int, _ z: UnsafeMutablePointer<Float>) {
    let (lefts, rights) = (left.shape[1], right.shape[1])
    let places = (left.pointer, right.pointer, z, lefts, rights, first, count)
    Parallel.split(left.shape[0], work: left.shape[0] * count, with: places) { places, samples in
      let (left, right, z, lefts, rights, first, count) = places
      let at = samples.lowerBound
      braid_product_block(
        left + at * lefts, right + at * rights, z + at * count, samples.count, lefts, rights, first, count)
    }
  }

  /// Hands a factor's gradient on to the inputs it is the product of, last to first.
  func spread(_ gradient: Tensor, over range: Range<Int>, _ sink: inout GradientSink) {
    let batch = left.shape[0]
    let products = TensorFactors.products(inputs[range], batch: batch)
    var gradient = gradient
    for (place, m) in range.enumerated().reversed() {
      let x = inputs[m], so = products[place], n = so.shape[1], d = x.shape[1]
      let rest = Tensor(uninitialized: so.shape)
      braid_product_with_one_gradient(so.pointer, x.pointer, gradient.pointer, rest.pointer, nil, 0, batch, n, d)
      sink.accumulate(into: x) { gx, beta in
        braid_product_with_one_gradient(so.pointer, x.pointer, gradient.pointer, nil, gx, beta, batch, n, d)
      }
      gradient = rest
    }
  }
}
