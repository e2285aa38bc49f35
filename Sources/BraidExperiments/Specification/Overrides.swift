import BraidCore

extension SettingsDocument {
  /// This document with settings of the command line laid over it: `train.epochs=3`, `seeds=[1, 2]`,
  /// `compare[0].fusion=gated`.
  ///
  /// The value is read as YAML.
  public func overriding(_ assignments: [String]) throws -> SettingsDocument {
    var result = self
    for assignment in assignments {
      guard let equals = assignment.firstIndex(of: "="), equals != assignment.startIndex else {
        throw SetupError("--set \(assignment): expected KEY=VALUE, such as train.epochs=3.")
      }
      let path = String(assignment[..<equals])
      let text = "value: " + assignment[assignment.index(after: equals)...]
      let value: SettingsDocument
      do { value = try SettingsDocument(text, named: "--set \(path)") } catch let error as SetupError {
        throw SetupError(error.description.replacing(#/^(--set [^:]*):\d+:/#) { "\($0.output.1):" })  // it has no lines
      }
      guard value.root.count == 1, let setting = value.root["value"] else {
        throw SetupError("--set \(assignment): the value is not one YAML value.")
      }
      let place = try SettingPath(path, at: "--set \(path)")
      guard case .map(let root) = try place.assigning(setting, in: .map(result.root)) else { continue }
      result.root = root
    }
    return result
  }
}
