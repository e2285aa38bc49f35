import BraidCore
import BraidNN
import BraidTensor

/// Training cannot go on: a value stopped being finite. Names epoch, step and the first part that produced it.
public struct TrainingFailure: Error, CustomStringConvertible {
  public let description: String
}

/// The first place along a pass whose values are not finite, in words: data before encoders before fusion before head.
///
/// Called only once a loss is known not to be finite, so it may read everything.
func firstNonFinite(in pass: Pass, of model: FusionModel, identifiers: [String]) -> String {
  func sample(_ tensor: Tensor) -> String {
    let width = max(tensor.count / max(tensor.shape[0], 1), 1)
    guard let bad = tensor.elements.firstIndex(where: { !$0.isFinite }) else { return "" }
    let number = pass.batch.samples[min(bad / width, pass.batch.count - 1)]
    return " (sample \"\(identifiers.indices.contains(number) ? identifiers[number] : "\(number)")\")"
  }
  for name in pass.modalities.map(\.name) {
    if let values = pass.batch.inputs[name]?.values, !values.isFinite {
      return "the data of modality \"\(name)\"\(sample(values))"
    }
  }
  switch pass.batch.target {
  case .labels(let values) where !values.isFinite, .values(let values) where !values.isFinite:
    return "the target\(sample(values))"
  default: break
  }
  // A parameter that is no longer finite poisons everything after it: it was the last update that went too far.
  for parameter in model.store.parameters where !parameter.value.isFinite {
    return "the parameter \(parameter.path), after the step before (try a lower learning rate or train.clipNorm)"
  }
  for (modality, features) in zip(pass.modalities, pass.encoded) where !features.values.isFinite {
    return "the encoder of \"\(modality.name)\"\(sample(features.values))"
  }
  if !pass.fused.values.isFinite {
    return "the fusion \"\(type(of: model.fusion).about.name)\"\(sample(pass.fused.values))"
  }
  if !pass.prediction.output.isFinite {
    return "the head \"\(type(of: model.head).about.name)\"\(sample(pass.prediction.output))"
  }
  return "the loss"
}
