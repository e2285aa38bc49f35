import CBraidKernels

/// Connectionist temporal classification (Graves et al. 2006, "Connectionist temporal classification: labelling unsegmented
/// sequence data with recurrent neural networks", equations 3 to 16): what it costs that a sequence is read as some labels,
/// without being told at which step each is. `L_i = −log Σ_paths Π_t softmax(x_it)_path(t)` over all paths that become
/// sample i's labels when repetitions are drawn together and blanks left out.
///
/// Sums are taken of logarithms in double precision, so that long sequences lose nothing. Labels for which there are not
/// steps enough (one each, and one more between two equal ones) cost ∞ and give no gradient (PyTorch's is NaN; its
/// `zero_infinity` makes both 0). No labels: all real steps are blanks. No real step and no labels: 0.
///
/// Derivative: with γ_tk the probability, the labels being known, that step t writes class k, dx_tk = g (softmax(x_t)_k −
/// γ_tk); 0 at steps that are not real.
/// - Parameters:
///   - logits: `[batch, time, classes]`, the blank one of the classes.
///   - labels: of each sample, in their order, none of them the blank. Stops otherwise, naming sample and place.
///   - steps: `[batch, time]`, 0 where there is no step; all are real by default.
///   - blank: the class that means no label, 0 by default.
/// - Returns: `[batch]`. Their mean is the loss of a batch; PyTorch's `reduction="mean"` divides each by its number of
///   labels first.
public func connectionistTemporalClassification(
  _ logits: Tensor, _ labels: [[Int32]], steps: Tensor? = nil, blank: Int32 = 0
) -> Tensor {
  let name = "connectionistTemporalClassification"
  guard logits.shape.rank == 3, logits.shape[2] > 0 else {
    stop(name, "logits of shape \(logits.shape); expected [batch, time, classes] with at least one class")
  }
  let batch = logits.shape[0], time = logits.shape[1], classes = logits.shape[2]
  guard labels.count == batch else {
    stop(
      name,
      "\(labels.count) sequences of labels for logits of shape \(logits.shape); expected \(batch), one a sample")
  }
  if let steps, steps.shape != Shape(batch, time) {
    stop(name, "steps of shape \(steps.shape) for logits of shape \(logits.shape); expected [\(batch), \(time)]")
  }
  guard (0..<classes).contains(Int(blank)) else { stop(name, "blank \(blank); expected one of 0 ..< \(classes)") }
  for (sample, labels) in labels.enumerated() {
    for (place, label) in labels.enumerated() where label == blank || !(0..<classes).contains(Int(label)) {
      let found = "label \(label) at place \(place) of sample \(sample)"
      stop(name, "\(found); expected one of 0 ..< \(classes), but not the blank \(blank)")
    }
  }
  // what stands at steps that are not real, and be it NaN, gets no gradient either
  let real = steps.map { select($0.reshaped(batch, time, 1), logits, .zeros([])) } ?? logits
  let l = real.logSoftmax()  // [batch, time, classes]
  let y = Tensor(uninitialized: Shape(batch))
  let gamma = l.isRecorded ? Tensor.zeros(l.shape) : nil  // [batch, time, classes]
  let size = braid_temporal_classification_workspace(time, labels.map(\.count).max() ?? 0)
  // a state of a step is two logarithms and two exponentials, some hundred elements passed over
  Parallel.split(batch, work: 100 * batch * size) { samples in
    let floats = Tensor(uninitialized: Shape(2 * size))  // the room of `size` doubles
    let memory = UnsafeMutableRawPointer(floats.pointer).bindMemory(to: Double.self, capacity: size)
    for sample in samples {
      let labels = labels[sample], own = l.pointer + sample * time * classes
      let mask = steps.map { UnsafePointer($0.pointer + sample * time) }
      let logP = braid_temporal_classification(own, mask, labels, labels.count, blank, time, classes, memory)
      y.pointer[sample] = Float(-logP)
      guard let gamma else { continue }
      braid_temporal_classification_posterior(
        own, mask, labels, labels.count, blank, time, classes, logP, memory, gamma.pointer + sample * time * classes)
    }
    withExtendedLifetime(floats) {}
  }
  return y.recorded(
    "connectionistTemporalClassification", from: l, saving: (l, gamma, time * classes),
    flops: 4 * Double(time * labels.reduce(0) { $0 + 2 * $1.count + 1 })
  ) { saved, g, sink in
    let (l, gamma, size) = saved
    guard let gamma else { return }
    sink.accumulate(into: l) { gl, beta in
      for sample in 0..<g.count {
        braid_scale(-g.pointer[sample], gamma.pointer + sample * size, beta, gl + sample * size, size)
      }
    }
  }
}
