import BraidCore
import BraidNN
import BraidTensor

// What a probe reads from its file.
extension Probe {
  /// The modalities of the file, in the order they are joined.
  func modalities(_ file: Safetensors) throws -> [String] {
    let found = file.names.filter { $0.hasPrefix("input.") }.map { String($0.dropFirst("input.".count)) }
    guard !found.isEmpty else { throw SetupError("\(file.source): no tensor \"input.<modality>\".") }
    let wanted =
      order.isEmpty ? (file.metadata["modalities"] ?? "").split(separator: ",").map { String($0) } : order
    if wanted.isEmpty { return found.sorted() }
    guard Set(wanted) == Set(found), wanted.count == found.count else {
      throw SetupError(
        "\(file.source): the order names \(wanted.joined(separator: ", ")); the file has \(found.sorted().joined(separator: ", "))."
      )
    }
    return wanted
  }

  /// `input.<name>` with its masks.
  func features(_ file: Safetensors, _ name: String) throws -> Features {
    let values = try file.tensor("input.\(name)")
    guard values.shape.rank == 2 || values.shape.rank == 3 else {
      throw SetupError("\(file.source): \"input.\(name)\" has shape \(values.shape); expected [B, d] or [B, T, d].")
    }
    let steps =
      values.shape.rank == 3 ? try mask(file, "steps.\(name)", Shape(values.shape[0], values.shape[1])) : nil
    return Features(values, steps: steps, presence: try mask(file, "presence.\(name)", Shape(values.shape[0])))
  }

  /// A mask of 0 and 1 of the given shape, nil when the file has none.
  func mask(_ file: Safetensors, _ name: String, _ shape: Shape) throws -> Tensor? {
    guard file.contains(name) else { return nil }
    let mask = try file.tensor(name)
    guard mask.shape == shape else {
      throw SetupError("\(file.source): \"\(name)\" has shape \(mask.shape); expected \(shape).")
    }
    guard mask.elements.allSatisfy({ $0 == 0 || $0 == 1 }) else {
      throw SetupError("\(file.source): \"\(name)\" holds numbers other than 0 and 1.")
    }
    return mask
  }

  /// The target of the file and what it says of the outputs.
  func target(_ file: Safetensors, outputs known: Int = 0) throws -> (
    specification: TargetSpecification, answers: Target?
  ) {
    func names(_ count: Int) -> [String] { (0..<count).map { "\($0)" } }
    for (name, isLabels) in [("target.labels", true), ("target.values", false)] where file.contains(name) {
      let values = try file.tensor(name)
      guard values.shape.rank == 2, known == 0 || values.shape[1] == known else {
        throw SetupError(
          "\(file.source): \"\(name)\" has shape \(values.shape); expected [B, \(known == 0 ? "outputs" : "\(known)")]."
        )
      }
      return isLabels
        ? (.labels(names(values.shape[1])), .labels(values)) : (.values(names(values.shape[1])), .values(values))
    }
    guard file.contains("target.classes") else {
      guard outputs <= 1_000_000 else { throw SetupError("--outputs: found \(outputs); a probe has at most 1000000.") }
      guard outputs > 0 else {
        throw SetupError("\(file.source): no target.classes, target.labels or target.values; give one, or --outputs N.")
      }
      return (.classes(names(outputs)), nil)
    }
    let classes = try file.integers("target.classes")
    guard try file.shape("target.classes").rank == 1 else {
      throw SetupError(
        "\(file.source): \"target.classes\" has shape \(try file.shape("target.classes")); expected [B].")
    }
    let count = known > 0 ? known : max(outputs, Int(classes.max() ?? 0) + 1)
    if let bad = classes.first(where: { $0 < 0 || Int($0) >= count }) {
      throw SetupError("\(file.source): \"target.classes\" holds \(bad); expected 0 ..< \(count).")
    }
    return (.classes(names(count)), .classes(classes))
  }
}

extension Safetensors {
  /// Whether a tensor is stored as whole numbers.
  func isWholeNumbers(_ name: String) throws -> Bool {
    switch try elementType(name) {
    case .float64, .float32, .float16, .bfloat16: false
    default: true
    }
  }
}
