/// A sum of products by an equation: `einsum("bik,bkj->bij", a, b)` is y_bij = Σ_k a_bik b_bkj.
///
/// - An index of the operands that the result does not have is summed over. One that stands twice in an operand takes
///   its diagonal.
/// - An index of extent 1 in one operand and n in another is repeated. `...` stands for any number of axes in front (or
///   wherever it is written), aligned at the last of them and broadcast: `"...ij,...jk->...ik"`.
/// - The result is always written. There is no implicit order to remember.
///
/// Operands are joined pair by pair from left to right, and a sum is taken as soon as no later operand has the index;
/// write them in the order in which they should be multiplied. A pair with indices to sum over becomes one (batched)
/// matrix product, without a copy where the axes already lie in order. Every step is an operation with its derivative.
/// Stops on an equation that does not fit the operands.
public func einsum(_ equation: String, _ operands: Tensor...) -> Tensor {
  let parsed = Equation(equation, operands)
  var terms = zip(operands, parsed.inputs).map { Term($0, $1).withoutRepeats() }
  for index in terms.indices {
    // an extent of 1 where another operand has more: without the axis it is broadcast
    terms[index] = terms[index].dropping { label, extent in extent == 1 && parsed.extents[label] != 1 }
  }
  var result = terms[0]
  for (index, term) in terms.enumerated().dropFirst() {
    let later = terms[(index + 1)...].flatMap(\.labels)
    result = product(result, term, keeping: Set(parsed.output + later))
  }
  return result.summed(keeping: Set(parsed.output)).ordered(parsed.output).tensor
}

/// A tensor and what its axes are called.
private struct Term {
  let tensor: Tensor
  let labels: [Equation.Label]

  init(_ tensor: Tensor, _ labels: [Equation.Label]) { (self.tensor, self.labels) = (tensor, labels) }

  /// Diagonals of axes that are called the same.
  func withoutRepeats() -> Term {
    for (second, label) in labels.enumerated() {
      guard let first = labels[..<second].firstIndex(of: label) else { continue }
      let others = labels.indices.filter { $0 != first && $0 != second }.map { labels[$0] }
      return Term(tensor.diagonal(first, second), others + [label]).withoutRepeats()
    }
    return self
  }

  func dropping(_ isDropped: (_ label: Equation.Label, _ extent: Int) -> Bool) -> Term {
    let kept = labels.indices.filter { !isDropped(labels[$0], tensor.shape[$0]) }
    if kept.count == labels.count { return self }
    return Term(tensor.reshaped(Shape(kept.map { tensor.shape[$0] })), kept.map { labels[$0] })
  }

  /// Summed over every axis not kept, the last first.
  func summed(keeping kept: Set<Equation.Label>) -> Term {
    guard let axis = labels.lastIndex(where: { !kept.contains($0) }) else { return self }
    var rest = labels
    rest.remove(at: axis)
    return Term(tensor.sum(axis), rest).summed(keeping: kept)
  }

  /// The axes in this order, which names each of them once.
  func ordered(_ order: [Equation.Label]) -> Term {
    if order == labels { return self }
    return Term(tensor.permuted(order.map { label in labels.firstIndex(of: label) ?? labels.count }), order)
  }

  /// Product of the extents of these axes.
  func count(_ some: [Equation.Label]) -> Int {
    zip(labels, tensor.shape.dimensions).reduce(1) { some.contains($1.0) ? $0 * $1.1 : $0 }
  }
}

/// Two terms multiplied, and summed over what is not kept.
private func product(_ a: Term, _ b: Term, keeping kept: Set<Equation.Label>) -> Term {
  let a = a.summed(keeping: kept.union(b.labels))
  let b = b.summed(keeping: kept.union(a.labels))
  let shared = a.labels.filter(b.labels.contains)
  let batch = shared.filter(kept.contains)
  let inner = shared.filter { !kept.contains($0) }
  let left = a.labels.filter { !shared.contains($0) }
  let right = b.labels.filter { !shared.contains($0) }
  let (groups, m, k, n) = (a.count(batch), a.count(left), a.count(inner), b.count(right))
  func shaped(_ y: Tensor) -> Term {
    let extents = (batch + left).map { a.count([$0]) } + right.map { b.count([$0]) }
    return Term(y.reshaped(Shape(extents)), batch + left + right)
  }
  if inner.isEmpty {
    let a = a.ordered(batch + left).tensor
    let b = b.ordered(batch + right).tensor
    if left.isEmpty && right.isEmpty { return shaped(a * b) }
    return shaped(a.reshaped(groups, m, 1) * b.reshaped(groups, 1, n))  // [groups, m, n]
  }
  if left.isEmpty && right.isEmpty {
    let both = a.ordered(batch + inner).tensor * b.ordered(batch + inner).tensor
    return shaped(both.reshaped(groups, k).sum(1))  // [groups]
  }
  // an operand that already lies the other way round is read transposed
  let isTurnedA = a.labels == batch + inner + left
  let isTurnedB = b.labels == batch + right + inner
  let x = isTurnedA ? a.tensor : a.ordered(batch + left + inner).tensor
  let y = isTurnedB ? b.tensor : b.ordered(batch + inner + right).tensor
  return shaped(
    batchedMatmul(
      x.reshaped(isTurnedA ? Shape(groups, k, m) : Shape(groups, m, k)),
      y.reshaped(isTurnedB ? Shape(groups, n, k) : Shape(groups, k, n)), transposeA: isTurnedA, transposeB: isTurnedB))
}

/// `bik,bkj->bij`, taken apart and held against the operands' shapes.
private struct Equation {
  /// An index: a letter, or an axis that `...` stands for, counted from the last.
  enum Label: Hashable {
    case letter(Character)
    case dots(fromLast: Int)
  }
  let inputs: [[Label]]
  let output: [Label]
  /// What each index runs to.
  private(set) var extents: [Label: Int] = [:]

  init(_ equation: String, _ operands: [Tensor]) {
    let compact = equation.filter { $0 != " " }
    let sides = compact.replacing("->", with: ">").split(separator: ">", omittingEmptySubsequences: false).map(
      String.init)
    let terms = sides[0].split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    guard sides.count == 2 else {
      let letters = terms.joined()
      let once = Set(letters).filter { label in label.isLetter && letters.filter { $0 == label }.count == 1 }
      stop(
        "einsum",
        "\"\(equation)\" does not say what the result is; write it after one ->, such as \"\(sides[0])->\(String(once.sorted()))\""
      )
    }
    guard terms.count == operands.count else {
      stop("einsum", "\"\(equation)\" has \(terms.count) operands; \(operands.count) were given")
    }
    let dots = zip(terms, operands).map { term, operand in
      term.contains("...") ? operand.shape.rank - (term.count - 3) : 0
    }
    inputs = zip(terms, dots).map { Equation.labels($0, dots: $1, equation) }
    output = Equation.labels(sides[1], dots: sides[1].contains("...") ? dots.max() ?? 0 : 0, equation)
    for (number, (labels, operand)) in zip(inputs, operands).enumerated() {
      guard labels.count == operand.shape.rank, dots[number] >= 0 else {
        stop(
          "einsum",
          "\"\(equation)\": \"\(terms[number])\" for operand \(number) of shape \(operand.shape); expected an index for each of its \(operand.shape.rank) axes"
        )
      }
      for (axis, label) in labels.enumerated() {
        let extent = operand.shape[axis]
        let known = extents[label] ?? 1
        let before = labels[..<axis].firstIndex(of: label).map { operand.shape[$0] }
        guard known == extent || (known == 1 || extent == 1) && before ?? extent == extent else {
          stop(
            "einsum",
            "\"\(equation)\": \(Equation.name(label)) is \(known) and then \(extent) in operand \(number) of shape \(operand.shape); expected equal extents, or 1 in one operand"
          )
        }
        extents[label] = extent == 1 ? known : extent
      }
    }
    for (place, label) in output.enumerated() where extents[label] == nil || output[..<place].contains(label) {
      let what = extents[label] == nil ? "which no operand has" : "twice"
      stop(
        "einsum",
        "\"\(equation)\": the result has \(Equation.name(label)) \(what); expected each index of an operand at most once"
      )
    }
  }

  private static func name(_ label: Label) -> String {
    switch label {
    case .letter(let letter): "\(letter)"
    case .dots(let fromLast): "axis \(-fromLast) of ..."
    }
  }

  /// The indices of one term.
  private static func labels(_ term: String, dots: Int, _ equation: String) -> [Label] {
    let parts = term.replacing("...", with: "…")
    guard parts.allSatisfy({ $0.isASCII && $0.isLetter || $0 == "…" }), parts.filter({ $0 == "…" }).count <= 1 else {
      stop("einsum", "\"\(equation)\": \"\(term)\" is not made of the letters a–z and A–Z and at most one ...")
    }
    return parts.flatMap { part -> [Label] in
      if part != "…" { return [.letter(part)] }
      return (0..<max(dots, 0)).map { .dots(fromLast: dots - $0) }
    }
  }
}
