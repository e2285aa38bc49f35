import AttentionFusion
import BraidCore
import BraidNN
import BraidTensor
import CoAttentionFusion
import ConcatFusion
import GatedFusion
import TensorFusion

/// A model of the comparison: makes its parameters in a scope, and maps fixed inputs to logits or to a loss.
struct Workload: Sendable {
  /// What a model reads: of sequences, the first so many modalities.
  enum Inputs: Sendable {
    case vectors
    case sequences(modalities: Int)
    case images, wide
  }
  let name: String
  let inputs: Inputs
  /// Whether the forward pass ends in a loss of its own (contrastive) instead of logits.
  var isLoss = false
  /// Floating-point operations of the forward products that read the inputs.
  var inputOperations: Double {
    let (batch, steps) = (Double(Sizes.batch), Double(Sizes.batch * Sizes.time))
    switch inputs {
    case .vectors: return 2 * batch * zip(Sizes.widths, Sizes.hidden).reduce(0) { $0 + Double($1.0 * $1.1) }
    case .wide: return 2 * 256 * Double(Sizes.widths[0] + Sizes.widths[1]) * 128
    case .images: return 2 * batch * 28 * 28 * 25 * 32
    case .sequences:
      switch name {
      case "lstm": return 2 * steps * Double(Sizes.widths[0]) * 512
      case "coattention": return 2 * steps * Double(Sizes.widths[0] + Sizes.widths[1]) * 64
      default: return 2 * steps * Double(Sizes.widths[0]) * 128  // transformer
      }
    }
  }
  let make: @Sendable (Scope) throws -> ([Tensor], inout Context) -> Tensor
}

/// Sizes shared by all workloads; see README.md beside the package.
enum Sizes {
  static let batch = 64, time = 50, classes = 7
  static let names = ["text", "audio", "video"]
  static let widths = [300, 74, 35]
  static let hidden = [128, 32, 32]
}

/// Linear → ReLU → Linear: the head of every vector workload.
private func makeHead(_ inputs: Int, _ scope: Scope) -> (Tensor, inout Context) -> Tensor {
  let first = Linear(inputs, 64, activation: .relu, in: scope["first"])
  let second = Linear(64, Sizes.classes, in: scope["second"])
  return { x, context in second(first(x, &context), &context) }
}

/// The three vector encoders: Linear → ReLU → Linear → ReLU.
private func makeEncoders(_ scope: Scope) -> ([Tensor], inout Context) -> Few<Tensor> {
  let layers = zip(Sizes.names, zip(Sizes.widths, Sizes.hidden)).map { name, sizes in
    [
      Linear(sizes.0, sizes.1, activation: .relu, in: scope[name]["first"]),
      Linear(sizes.1, sizes.1, activation: .relu, in: scope[name]["second"]),
    ]
  }
  return { xs, context in zip(xs, layers).mapFew { x, layer in layer[1](layer[0](x, &context), &context) } }
}

/// What a fusion makes of the modalities' values. Their list is kept from step to step, and with it its memory.
private func makeJoined(_ fusion: any Fusion) -> (Few<Tensor>, inout Context) -> Tensor {
  var inputs: [Features] = []
  return { values, context in
    inputs.append(contentsOf: values.lazy.map { Features($0) })
    defer { inputs.removeAll(keepingCapacity: true) }
    return fusion(inputs, &context).values
  }
}

private func vectors(_ name: String, _ makeFusion: @escaping @Sendable (Scope, [Modality]) throws -> any Fusion)
  -> Workload
{
  Workload(name: name, inputs: .vectors) { scope in
    let encode = makeEncoders(scope["encoder"])
    let fusion = try makeFusion(
      scope["fusion"], zip(Sizes.names, Sizes.hidden).map { Modality($0, .vector, width: $1) })
    let (join, head) = (makeJoined(fusion), makeHead(fusion.output.width, scope["head"]))
    return { xs, context in head(join(encode(xs, &context), &context), &context) }
  }
}

let workloads: [Workload] = [
  vectors("concat") { scope, modalities in try ConcatFusion(.init(), joining: modalities, in: scope) },
  vectors("gated") { scope, modalities in
    var options = GatedFusion.Options()
    options.width = 128
    options.bias = true
    return try GatedFusion(options, joining: modalities, in: scope)
  },
  Workload(name: "lmf", inputs: .vectors) { scope in
    let (rank, width) = (8, 128)
    let encode = makeEncoders(scope["encoder"])
    // [1; x] W for every rank at once: the constant's row is a bias.
    let factors = zip(Sizes.names, Sizes.hidden).map { Linear($1, rank * width, in: scope["factor"][$0]) }
    let weights = scope.parameter("rank", [rank], .normal(deviation: 1))
    let bias = scope.parameter("bias", [width], .zeros)
    let head = makeHead(width, scope["head"])
    return { xs, context in
      let parts = zip(encode(xs, &context), factors).mapFew { $1($0, &context) }  // [B, rank · width]
      let summed = lowRankProduct(parts, context[weights]) + context[bias]  // [B, width]
      return head(summed, &context)
    }
  },
  vectors("tfn") { scope, modalities in
    var options = TensorFusion.Options()
    options.width = 128
    options.activation = .relu
    return try TensorFusion(options, joining: modalities, in: scope)
  },
  vectors("attention") { scope, modalities in
    var options = AttentionFusion.Options()
    options.form = .tokens
    options.width = 128
    options.heads = 4
    return try AttentionFusion(options, joining: modalities, in: scope)
  },
  Workload(name: "coattention", inputs: .sequences(modalities: 2)) { scope in
    var options = CoAttentionFusion.Options()
    options.width = 64
    options.steps = 3
    options.update = .residualNorm
    let fusion = try CoAttentionFusion(
      options, joining: (0..<2).map { Modality(Sizes.names[$0], .sequence, width: Sizes.widths[$0]) },
      in: scope["fusion"])
    let (join, head) = (makeJoined(fusion), makeHead(fusion.output.width, scope["head"]))
    return { xs, context in head(join(Few(xs.prefix(2)), &context), &context) }
  },
  Workload(name: "lenet", inputs: .images) { scope in
    let first = Conv2d(1, 32, window: (5, 5), padding: (2, 2), activation: .relu, in: scope["first"])
    let second = Conv2d(32, 64, window: (5, 5), padding: (2, 2), activation: .relu, in: scope["second"])
    let hidden = Linear(3136, 128, activation: .relu, in: scope["hidden"])
    let last = Linear(128, Sizes.classes, in: scope["last"])
    return { xs, context in
      let maps = context.inSlices(
        of: Few(xs.prefix(1)), floats: 33 * 28 * 28 + (32 + 64) * 14 * 14, weights: 25 * (32 + 32 * 64)
      ) { samples, context in
        let a = maxPool2d(first(xs[0].slice(0, samples), &context), window: (2, 2))  // [n, 32, 14, 14]
        let b = maxPool2d(second(a, &context), window: (2, 2))  // [n, 64, 7, 7]
        return b.reshaped(Shape(samples.count, 3136))
      }  // [B, 3136]
      return last(hidden(maps, &context), &context)
    }
  },
  Workload(name: "lstm", inputs: .sequences(modalities: 1)) { scope in
    let recurrent = LSTM(Sizes.widths[0], 128, in: scope["lstm"])
    let last = Linear(128, Sizes.classes, in: scope["last"])
    return { xs, context in last(recurrent(xs[0], &context).last, &context) }
  },
  Workload(name: "transformer", inputs: .sequences(modalities: 1)) { scope in
    let project = Linear(Sizes.widths[0], 128, in: scope["project"])
    let layers = (0..<2).map {
      TransformerEncoderLayer(128, heads: 4, feedForward: 512, isPreNorm: true, in: scope["layer"]["\($0)"])
    }
    let last = Linear(128, Sizes.classes, in: scope["last"])
    return { xs, context in
      var x = project(xs[0], &context)
      for layer in layers { x = layer(x, &context) }
      return last(x.meanOverSteps(nil), &context)
    }
  },
  Workload(name: "contrastive", inputs: .wide, isLoss: true) { scope in
    let towers = (0..<2).map { index in
      (
        Linear(Sizes.widths[index], 128, activation: .relu, in: scope["\(index)"]["first"]),
        Linear(128, 64, in: scope["\(index)"]["second"])
      )
    }
    return { xs, context in
      let sides = zip(xs, towers).mapFew { x, tower in unitRows(tower.1(tower.0(x, &context), &context)) }
      return pairedCrossEntropy(matmul(sides[0], sides[1], transposeB: true), scale: 1 / 0.07)  // [B, B]
    }
  },
]

/// Rows divided by their Euclidean norm.
private func unitRows(_ x: Tensor) -> Tensor { x / x.squared().sum(-1, keepingAxis: true).squareRoot() }
