import BraidTensor

/// What a layer reads, in words: `[..., 300]`, `[batch, 3, height, width]`.
struct LayerInput {
  /// Around the number of features or channels.
  let before: StaticString, after: StaticString
  /// Where they lie.
  let axis: Int
  /// Numbers of axes that will do.
  let ranks: ClosedRange<Int>

  static let rows = LayerInput(before: "..., ", after: "", axis: -1, ranks: 1...8)
  static let sequences = LayerInput(before: "batch, time, ", after: "", axis: -1, ranks: 3...3)
  static let lines = LayerInput(before: "batch, ", after: ", length", axis: 1, ranks: 3...3)
  static let pictures = LayerInput(before: "batch, ", after: ", height, width", axis: 1, ranks: 4...4)
  static let channels = LayerInput(before: "batch, ", after: ", ...", axis: 1, ranks: 2...8)

  /// Stops unless x is what the layer reads, naming a parameter by its path: the operation underneath would stop, too,
  /// but knows no paths. Three comparisons where nothing is wrong.
  /// - Parameters:
  ///   - extent: how many features or channels the layer reads.
  ///   - path: of the parameter that reads them.
  ///   - argument: what decides that where the layer is made.
  @inline(__always)
  func check(_ x: Tensor, _ extent: Int, _ path: @autoclosure () -> String, madeWith argument: StaticString) {
    if ranks.contains(x.shape.rank), x.shape[axis] == extent { return }
    refuse(x, extent, path(), argument)
  }

  @inline(never)
  func refuse(_ x: Tensor, _ extent: Int, _ path: String, _ argument: StaticString) -> Never {
    let form = "[\(before)\(extent)\(after)]"
    guard ranks.contains(x.shape.rank) else {
      stop(path, "the layer reads \(form), found an input of shape \(x.shape); give it that many axes")
    }
    stop(
      path,
      "the layer reads \(form), found an input of shape \(x.shape); give it \(extent) there, or make the layer with "
        + "\(argument): \(x.shape[axis])")
  }
}
