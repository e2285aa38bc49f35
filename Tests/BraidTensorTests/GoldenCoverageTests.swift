import BraidTensor
import BraidTesting
import Foundation
import Testing

/// The golden cases of every operation, by the file it stands in: the beginnings of their names. One list an operation,
/// and one for each of its settings that is computed in a way of its own: the smallest cases of one say nothing of
/// another. An operation that is added without golden values fails here.
private let golden: [String: [[String]]] = [
  "AdaptivePooling": [
    ["convolution/adaptive-average-even", "convolution/adaptive-average-uneven", "edges/adaptiveAveragePool"],
    ["convolution/adaptive-max-even", "convolution/adaptive-max-uneven", "edges/adaptiveMaximumPool"],
    ["convolution/adaptive-average-line", "edges/line-adaptiveAveragePool"],
    ["convolution/adaptive-max-line", "edges/line-adaptiveMaximumPool"],
    ["convolution/adaptive-average-global", "edges/global-average"],
    ["convolution/adaptive-max-global", "edges/global-maximum"],
  ],
  "Arithmetic": [
    ["operations/add"], ["operations/subtract"], ["operations/multiply"], ["operations/divide"],
    ["operations/maximum-"], ["operations/minimum"], ["reductions/pow"],
  ],
  "Attention": [
    [
      "attention/cross", "attention/values", "attention/causal", "attention/masked", "attention/one-of-each",
      "attention/wide-heads",
      "edges/attention",
    ]
  ],
  "BinaryCrossEntropy": [["operations/binaryCrossEntropy", "edges/binaryCrossEntropy"]],
  "Cholesky": [["linear-algebra/cholesky"]],
  "CircularConvolution": [["spectra/convolution"]],
  "Concatenate": [["operations/concatenate", "edges/concatenate"], ["operations/stack", "edges/stack"]],
  "ConnectionistTemporalClassification": [["temporal-classification/"]],
  "Convolution": [
    ["convolution/plain", "convolution/same", "convolution/strided", "edges/conv2d"],
    ["convolution/line-strided", "edges/conv1d"],
    ["convolution/grouped", "convolution/depthwise", "edges/grouped-conv2d"],
    ["convolution/line-grouped", "convolution/line-depthwise", "edges/grouped-conv1d"],
    ["convolution/dilated", "edges/dilated-conv2d"],
    ["convolution/line-strided", "edges/dilated-conv1d"],
  ],
  "CrossEntropy": [["operations/crossEntropy", "edges/crossEntropy"]],
  "Cumulative": [
    ["reductions/cumulative-sum", "edges/cumulative-sum"],
    ["reductions/cumulative-product", "edges/cumulative-product"],
    ["reductions/cumulative-maximum", "edges/cumulative-maximum"],
  ],
  "Digamma": [["reductions/digamma"]],
  "Einsum": [["einsum/"]],
  "Embedding": [["operations/embedding", "edges/embedding"]],
  "Expectation": [["distributions/expectation"]],
  "FourierTransform": [
    ["spectra/transform", "edges/transform"], ["spectra/power", "edges/spectrum"],
    ["spectra/inverse", "edges/inverse"],
  ],
  "Gather": [
    ["operations/gathered", "indexing/select", "edges/gathered"], ["indexing/gather", "edges/gather-"],
    ["indexing/scatter"],
  ],
  "GradientRouting": [["spectra/reversed"], ["spectra/straight"]],
  "GroupNormalization": [["normalization/group", "edges/groupNorm"]],
  "Linear": [["operations/linear", "edges/linear"]],
  "LogGamma": [["reductions/logGamma"]],
  "LogSumExp": [["reductions/logSumExp"]],
  "LowRankProduct": [["operations/lowRankProduct"]],
  "Matmul": [
    ["operations/matmul", "edges/matmul"], ["operations/batchedMatmul", "edges/batchedMatmul"],
    ["operations/outerProduct", "edges/outerProduct"],
  ],
  "MutualAttention": [["attention/mutual"]],
  "Norm": [["reductions/norm"]],
  "Normalization": [["normalization/layer", "edges/layerNorm"], ["normalization/batch", "edges/batchNorm"]],
  "PairedCrossEntropy": [["operations/pairedCrossEntropy"]],
  "Pooling": [
    ["convolution/max-odd", "convolution/max-dense", "edges/maximumPool"],
    ["convolution/average-odd", "convolution/average-dense", "edges/averagePool"],
    ["convolution/max-line", "edges/line-maximumPool"], ["convolution/average-line", "edges/line-averagePool"],
    ["convolution/average-counting-padding", "edges/counting-averagePool"],
    ["convolution/average-counting-line", "edges/counting-line-averagePool"],
  ],
  "RecurrentGRU": [["recurrent/gru", "edges/gru"]],
  "RecurrentLSTM": [["recurrent/lstm", "edges/lstm"]],
  "RecurrentRNN": [["recurrent/rnn", "edges/rnn"]],
  "Reductions": [
    ["operations/sum", "edges/sum"], ["operations/mean0", "operations/mean1", "operations/mean-", "edges/mean-"],
    ["operations/largest", "edges/largest"], ["reductions/smallest"], ["reductions/product"],
  ],
  "ReductionsOfAxes": [
    ["reductions/axes-sum"], ["reductions/axes-mean"], ["reductions/axes-largest"], ["reductions/axes-smallest"],
  ],
  "Reshape": [["operations/reshaped", "edges/reshaped"]],
  "SegmentSum": [["indexing/segment"]],
  "Select": [["indexing/either"], ["indexing/clamp", "edges/clamp"]],
  "SingularValues": [["linear-algebra/singular"]],
  "Slice": [
    ["operations/slice", "edges/slice"], ["operations/split", "edges/split"], ["operations/padded", "edges/padded"],
  ],
  "Softmax": [["operations/softmax"], ["operations/logSoftmax"]],
  "Solve": [["linear-algebra/solve"], ["linear-algebra/inverse"], ["linear-algebra/determinant"]],
  "Sort": [["indexing/sort"], ["indexing/top", "indexing/bottom", "edges/top"]],
  "Steps": [
    ["operations/meanOverSteps", "edges/meanOverSteps"], ["operations/maximumOverSteps", "edges/maximumOverSteps"],
    ["operations/lastStep", "edges/lastStep"], ["operations/scaledRows", "edges/scaledRows"],
  ],
  "Strided": [
    ["indexing/permute"], ["indexing/broadcast", "edges/broadcast"], ["indexing/diagonal"],
    ["indexing/framed", "edges/framed"],
  ],
  "SymmetricEigen": [["linear-algebra/eigen"]],
  "SymmetricPower": [["linear-algebra/power"]],
  "TensorProduct": [["tensor-product/", "edges/tensorProductLinear"]],
  "Transpose": [["operations/transposed"]],
  "TransposedConvolution": [
    ["convolution/transposed-plain", "convolution/transposed-doubling", "edges/transposedConv2d"],
    ["convolution/transposed-line", "edges/transposedConv1d"],
    ["convolution/transposed-grouped", "convolution/transposed-depthwise", "edges/grouped-transposedConv2d"],
    ["convolution/transposed-line-grouped", "edges/grouped-transposedConv1d"],
    ["convolution/transposed-output-padding", "edges/outputPadded-transposedConv2d"],
    ["convolution/transposed-line", "edges/outputPadded-transposedConv1d"],
  ],
  "TriangularSolve": [["linear-algebra/triangular"]],
  "Unary":
    [
      "relu", "sigmoid", "tanh", "gelu", "exp", "log-", "sqrt", "square", "softplus", "signedSqrt", "reciprocal",
      "leaky-relu", "elu", "silu", "quick-gelu",
    ].map {
      [$0 == "log-" ? "operations/unary-log" : "operations/unary-\($0)", "edges/unary-\($0)"]
    } + [
      ["operations/unary-negate", "edges/unary-negative"], ["operations/unary-absolute", "edges/unary-abs"],
      ["reductions/sin", "edges/unary-sin"], ["reductions/cos", "edges/unary-cos"],
    ],
  "Variance": [["reductions/variance", "edges/variance"], ["reductions/deviation", "edges/deviation"]],
]

/// The same for the layers of BraidNN, with all parameters' gradients.
private let layers = [
  "BatchNorm": "normalization/batch", "Conv1d": "convolution/line-strided", "Conv2d": "convolution/grouped-strided",
  "ConvTranspose1d": "convolution/transposed-line", "ConvTranspose2d": "convolution/transposed-output-padding",
  "Embedding": "encoders/embedding", "GRU": "recurrent/gru-layer", "GroupNorm": "normalization/group",
  "LSTM": "recurrent/lstm-layer", "LayerNorm": "normalization/layer", "LearnedPositions": "attention/positions-learned",
  "Linear": "testing/affine", "MLP": "encoders/mlp", "MultiHeadAttention": "attention/layer-",
  "RNN": "recurrent/rnn-layer", "SinusoidalPositions": "attention/positions",
  "TransformerDecoderLayer": "attention/decoder", "TransformerEncoderLayer": "attention/encoder",
]

/// Layers in which several operations meet: the smallest cases of those say nothing of what lies between them.
private let composed = ["attention/layer-", "attention/encoder-", "attention/decoder-"]

/// Public operations without golden values, and why. Files that have nothing public are parts of others.
private let without = [
  "Argmax": "places have no derivative; its values are worked out by hand in ArgmaxTests",
  "Comparison": "masks have no derivative; their values are worked out by hand in ComparisonTests",
  "Dropout": "a product with random numbers, which PyTorch does not share: TapeTests",
  "OneHot": "a choice has no derivative; its values are worked out by hand in OneHotTests",
]

/// Where an extent may not be: by the first of the names.
private let illegal: [String: Set<String>] = [
  "operations/crossEntropy": ["no elements"],  // the mean of nothing: ExtremeTests has what is given instead
  "operations/binaryCrossEntropy": ["no elements"],
  "operations/pairedCrossEntropy": ["no elements"],
  "spectra/reversed": ["an extent of 1", "no elements"],  // a view and a scaled copy, of any shape
  "spectra/straight": ["an extent of 1", "no elements"],
  "reductions/deviation": ["an extent of 1"],  // the root of 0 has no derivative there; ExtremeTests
]

@Suite struct GoldenCoverageTests {
  private static let files: [String: [Shape]] = (try? all()) ?? [:]

  /// The shapes of the operands of every golden case that has gradients.
  private static func all() throws -> [String: [Shape]] {
    let root = try Fixture.folder(above: #filePath)
    var shapes: [String: [Shape]] = [:]
    for family in Set(golden.values.joined().joined().map { String($0.prefix { $0 != "/" }) }) {
      for file in try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(family)") {
        let name = "\(family)/\(file.dropLast(".safetensors".count))"
        let fixture = try Fixture(name)
        guard !fixture.names(prefix: "gradient.").isEmpty else { continue }
        shapes[name] = try (fixture.names(prefix: "input.") + fixture.names(prefix: "parameter.")).map(fixture.shape)
      }
    }
    return shapes
  }

  @Test func `every file of operations is listed`() throws {
    let files = try Self.sources("BraidTensor/Operations").filter {
      $0.value.contains("public func ") || $0.value.contains("public static func ")
    }
    #expect(files.keys.sorted() == Set(golden.keys).union(without.keys).sorted())
  }

  @Test func `every layer has golden values`() throws {
    let found = try Self.sources("BraidNN").filter { $0.value.contains("public func callAsFunction(") }.keys
    // not Dropout, which draws its own numbers
    #expect(Set(found).subtracting(["Dropout"]).sorted() == layers.keys.sorted())
    let root = try Fixture.folder(above: #filePath)
    for (layer, name) in layers {
      let parts = name.split(separator: "/").map(String.init)
      let files = try FileManager.default.contentsOfDirectory(atPath: "\(root)/\(parts[0])")
      #expect(files.contains { $0.hasPrefix(parts[1]) }, "\(layer)")
    }
  }

  /// The texts of a folder's Swift files, by their names.
  private static func sources(_ path: String) throws -> [String: String] {
    let folder = URL(fileURLWithPath: try Fixture.folder(above: #filePath)).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Sources/\(path)").resolvingSymlinksInPath()
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return Dictionary(
      uniqueKeysWithValues: try files.filter { $0.pathExtension == "swift" }.map {
        ($0.deletingPathExtension().lastPathComponent, try String(contentsOf: $0, encoding: .utf8))
      })
  }

  @Test(arguments: composed) func `a layer of several operations has them, too`(_ prefix: String) {
    let shapes = Self.files.filter { $0.key.hasPrefix(prefix) }.values.joined().filter { $0.rank == 3 }
    #expect(shapes.contains { $0[0] == 0 } && shapes.contains { $0[0] == 1 && $0[1] == 1 }, "\(prefix)")
  }

  @Test(arguments: golden.keys.sorted())
  func `has golden values and gradients for an extent of 1, a prime extent and no elements`(_ file: String) throws {
    func isPrime(_ number: Int) -> Bool { number > 2 && !(2..<number).contains { number.isMultiple(of: $0) } }
    for names in try #require(golden[file]) {
      let shapes = Self.files.filter { file in names.contains { file.key.hasPrefix($0) } }.values.joined()
      let extents = Set(shapes.flatMap(\.dimensions))
      var missing: Set<String> = []
      if !extents.contains(1) && !shapes.contains([]) { missing.insert("an extent of 1") }
      if !extents.contains(where: isPrime) { missing.insert("a prime extent") }
      if !extents.contains(0) { missing.insert("no elements") }
      #expect(missing.subtracting(illegal[names[0]] ?? []) == [], "\(names)")
    }
  }
}
