import BraidCore
import BraidNN
import BraidTensor
import Foundation

/// Numbers of samples spread evenly over a split.
func spread(_ wanted: Int, over count: Int) -> [Int] {
  let kept = min(wanted, count)
  return (0..<kept).map { ($0 * 2 + 1) * count / (2 * kept) }
}

/// Some test samples as a person recognises them.
func views(of samples: [Int], in data: any Dataset) throws -> [SampleView] {
  let identifiers = data.identifiers(.test)
  return try samples.map { sample in
    let batch = try data.batch(.test, [sample])
    let evaluation = Evaluation(batch, data.target, scores: [Float](repeating: 0, count: data.target.names.count))
    var view = SampleView(
      identifier: identifiers[sample], right: AnswerText(evaluation, 0).right, pictures: [], words: [])
    for preview in data.preview(.test, sample) {
      switch preview {
      case .image(let modality, let bytes): view.pictures.append(.init(modality: modality, bytes: Data(bytes)))
      case .words(let modality, let words): view.words.append(.init(modality: modality, words: words))
      }
    }
    return view
  }
}

extension Evaluation {
  /// The answers to one batch.
  init(_ batch: Batch, _ target: TargetSpecification, scores: [Float]) {
    switch batch.target {
    case .classes(let numbers):
      self.init(target: target, count: batch.count, scores: scores, classes: numbers.map(Int.init))
    case .labels(let tensor), .values(let tensor):
      self.init(target: target, count: batch.count, scores: scores, values: tensor.elements)
    }
  }
}

extension Composition {
  /// What the fusion lets be seen of some test samples: its extras, one sample at a time, so that nothing of it is
  /// padding.
  func answers(to samples: [Int], in data: any Dataset) throws -> [SampleAnswer] {
    let identifiers = data.identifiers(.test)
    return try samples.map { sample in
      let batch = try data.batch(.test, [sample])
      var context = Context.evaluation(exportingExtras: true)
      let pass = Denormals.flushed { model(batch, &context) }
      let evaluation = Evaluation(batch, data.target, scores: model.head.scores(pass.prediction).elements)
      let text = AnswerText(evaluation, 0)
      var grids: [String: [Int]] = [:]
      for (modality, features) in zip(pass.modalities, pass.encoded) {
        if let grid = features.grid { grids[modality.name] = [grid.rows, grid.columns] }
      }
      let extras = pass.fused.extras.sorted { $0.key < $1.key }.compactMap { name, tensor -> SampleAnswer.Extra? in
        guard tensor.shape.rank >= 1, tensor.shape[0] == 1, tensor.isFinite else { return nil }  // [1, …]: one sample's
        return .init(name: name, shape: Array(tensor.shape.dimensions.dropFirst()), values: tensor.elements)
      }
      return SampleAnswer(
        identifier: identifiers[sample], seed: seed, predicted: text.predicted, isRight: text.isRight, extras: extras,
        grids: grids)
    }
  }
}
