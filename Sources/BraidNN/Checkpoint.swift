import BraidTensor

extension ParameterStore {
  /// What a checkpoint holds: parameters, then buffers, each in the order of making.
  private var saved: [(path: String, value: Tensor)] {
    parameters.map { ($0.path, $0.value) } + buffers.map { ($0.path, $0.value) }
  }

  /// Writes every parameter and buffer under its path to a safetensors file (32-bit).
  /// - Parameter others: stores whose parameters and buffers the file holds as well, after this one's.
  /// - Throws: `SafetensorsError` naming the file when it cannot be written.
  public func save(to path: String, metadata: [String: String] = [:], with others: [ParameterStore] = []) throws {
    let all = ([self] + others).flatMap(\.saved)
    try Safetensors.write(all.map { ($0.path, .float32($0.value)) }, metadata: metadata, to: path)
  }

  /// Replaces the values of all parameters and buffers by those of a file, which must hold exactly these paths with
  /// these shapes. Nothing changes unless everything fits.
  /// - Parameters:
  ///   - prefix: what stands before each path in the file, such as `parameter.`; other names are then left alone.
  ///   - beginning: of the paths that are looked at, such as `encoder.words.`; what else the file holds is left alone.
  ///   - others: stores that are loaded from the file as well: with this one they have exactly its paths.
  /// - Throws: `SafetensorsError` naming the file and every parameter that is missing, unknown or of another shape.
  public func load(
    from file: Safetensors, prefix: String = "", within beginning: String = "", with others: [ParameterStore] = []
  ) throws {
    let places = ([self] + others).flatMap(\.saved)
    var wrong: [String] = []
    for (path, value) in places {
      let name = prefix + path
      guard file.contains(name) else {
        wrong.append("\"\(name)\" is missing (expected shape \(value.shape))")
        continue
      }
      let shape = try file.shape(name)
      if shape != value.shape { wrong.append("\"\(name)\" has shape \(shape); expected \(value.shape)") }
    }
    let known = Set(places.map { prefix + $0.path })
    for name in file.names where name.hasPrefix(prefix + beginning) && !known.contains(name) {
      wrong.append("\"\(name)\" belongs to no parameter of this model")
    }
    guard wrong.isEmpty else {
      let shown = wrong.prefix(10).joined(separator: "; ")
      throw SafetensorsError("\(file.source): \(shown)\(wrong.count > 10 ? "; and \(wrong.count - 10) more" : "").")
    }
    let values = try places.map { try file.tensor(prefix + $0.path) }
    for (place, value) in zip(places, values) { place.value.pointer.update(from: value.pointer, count: value.count) }
  }

  /// The same from a path.
  public func load(from path: String, prefix: String = "", with others: [ParameterStore] = []) throws {
    try load(from: Safetensors(contentsOf: path), prefix: prefix, with: others)
  }
}
