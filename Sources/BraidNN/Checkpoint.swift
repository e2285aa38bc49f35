import BraidTensor

extension ParameterStore {
  /// Writes every parameter under its path to a safetensors file (32-bit, in the order of making).
  /// - Throws: `SafetensorsError` naming the file when it cannot be written.
  public func save(to path: String, metadata: [String: String] = [:]) throws {
    try Safetensors.write(parameters.map { ($0.path, .float32($0.value)) }, metadata: metadata, to: path)
  }

  /// Replaces the values of all parameters by those of a file, which must hold exactly these paths with these shapes.
  /// Nothing changes unless everything fits.
  /// - Parameter prefix: what stands before each path in the file, such as `parameter.`; other names are then left alone.
  /// - Throws: `SafetensorsError` naming the file and every parameter that is missing, unknown or of another shape.
  public func load(from file: Safetensors, prefix: String = "") throws {
    var wrong: [String] = []
    for parameter in parameters {
      let name = prefix + parameter.path
      guard file.contains(name) else {
        wrong.append("\"\(name)\" is missing (expected shape \(parameter.shape))")
        continue
      }
      let shape = try file.shape(name)
      if shape != parameter.shape { wrong.append("\"\(name)\" has shape \(shape); expected \(parameter.shape)") }
    }
    let known = Set(parameters.map { prefix + $0.path })
    for name in file.names where name.hasPrefix(prefix) && !known.contains(name) {
      wrong.append("\"\(name)\" belongs to no parameter of this model")
    }
    guard wrong.isEmpty else {
      let shown = wrong.prefix(10).joined(separator: "; ")
      throw SafetensorsError("\(file.source): \(shown)\(wrong.count > 10 ? "; and \(wrong.count - 10) more" : "").")
    }
    let values = try parameters.map { try file.tensor(prefix + $0.path) }
    for (parameter, value) in zip(parameters, values) { parameter.assign(value) }
  }

  /// The same from a path.
  public func load(from path: String, prefix: String = "") throws {
    try load(from: Safetensors(contentsOf: path), prefix: prefix)
  }
}
