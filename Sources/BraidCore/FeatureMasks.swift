import BraidTensor

extension Features {
  /// Steps and presence in one mask: `[B, T]`, 1 for real steps of samples that have the modality. Nil when all are
  /// real, and for vectors.
  public var stepMask: Tensor? {
    guard isSequence else { return nil }
    guard let presence else { return steps }
    let (batch, time) = (values.shape[0], values.shape[1])
    let mask = Tensor(uninitialized: Shape(batch, time))  // [B, T]
    for sample in 0..<batch {
      for step in 0..<time {
        mask.pointer[sample * time + step] = presence.pointer[sample] * (steps?.pointer[sample * time + step] ?? 1)
      }
    }
    return mask
  }

  /// The values with zeros under every mask, so that nothing computed from them depends on what stood there.
  public var masked: Tensor { values.scaledRows(isSequence ? stepMask : presence) }
}
