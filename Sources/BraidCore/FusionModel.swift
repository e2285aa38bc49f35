import BraidNN
import BraidTensor

/// Encoders, adapters, a fusion and a head, composed: one forward pass.
public struct FusionModel {
  /// The modalities in the order the fusion joins them.
  public let modalities: [Modality]
  /// One a modality, in order.
  public let encoders: [any Encoder]
  let adapters: [Adapter]
  /// What joins their features.
  public let fusion: any Fusion
  /// What makes a prediction of the joined features.
  public let head: any Head
  /// Where every parameter is kept.
  public let store: ParameterStore

  /// - Parameters:
  ///   - encoders: one a modality, in order; their outputs carry the modalities' names.
  ///   - adapters: one a modality, as `Adapter.needed` returns them; the fusion was made for their outputs.
  public init(
    encoders: [any Encoder], adapters: [Adapter]? = nil, fusion: any Fusion, head: any Head, in scope: Scope
  ) {
    self.encoders = encoders
    self.adapters = adapters ?? encoders.map { _ in .none }
    modalities = zip(encoders, self.adapters).map { $1.output(of: $0.output) }
    (self.fusion, self.head, store) = (fusion, head, scope.store)
  }

  /// One forward pass. Stops when the batch lacks a modality.
  public func callAsFunction(_ batch: Batch, _ context: inout Context) -> Pass {
    var encoded: [Features] = []
    for (encoder, adapter) in zip(encoders, adapters) {
      let name = encoder.output.name
      guard let input = batch.inputs[name] else {
        stop("model", "the batch has no modality \"\(name)\"; it has \(batch.inputs.keys.sorted())")
      }
      encoded.append(adapter(encoder(input, &context), &context))
    }
    let fused = fusion(encoded, &context)
    let prediction = head(fused, &context)
    return Pass(batch: batch, modalities: modalities, encoded: encoded, fused: fused, prediction: prediction)
  }
}
