import BraidCore

extension SettingsDocument {
  /// This document with settings of the command line laid over it: `train.epochs=3`, `seeds=[1, 2]`,
  /// `compare[0].fusion=gated`.
  ///
  /// The value is read as YAML. A part given by its name alone (`words: gru`) opens for `encoders.words.gru.width=32`.
  /// What does not exist is made here and refused later, where all unknown settings are.
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
      guard
        case .map(let root) = try assign(setting, to: try steps(path)[...], in: .map(result.root), path: path)
      else { continue }
      result.root = root
    }
    return result
  }
}

private enum Step { case key(String), index(Int) }

private func steps(_ path: String) throws -> [Step] {
  var result: [Step] = []
  for part in path.split(separator: ".", omittingEmptySubsequences: false) {
    guard let match = part.wholeMatch(of: #/([^\[\]]+)((?:\[[0-9]+\])*)/#) else {
      throw SetupError("--set \(path): not a key path; expected keys joined by dots, such as compare[0].fusion.")
    }
    result.append(.key(String(match.output.1)))
    for index in match.output.2.matches(of: #/[0-9]+/#) {
      guard let number = Int(index.output) else {
        throw SetupError("--set \(path): the number \(index.output) is too large.")
      }
      result.append(.index(number))
    }
  }
  return result
}

private func assign(_ value: Setting, to steps: ArraySlice<Step>, in tree: Setting, path: String) throws -> Setting {
  guard let step = steps.first else { return value }
  switch (step, tree) {
  case (.key(let key), .map(var map)):
    map[key] = try assign(value, to: steps.dropFirst(), in: map[key] ?? .null, path: path)
    return .map(map)
  case (.key(let key), .null):
    return .map([key: try assign(value, to: steps.dropFirst(), in: .null, path: path)])
  case (.key(let key), .text(let name)) where name == key:  // a part by its name alone
    return .map([key: try assign(value, to: steps.dropFirst(), in: .null, path: path)])
  case (.index(let index), .list(var list)):
    guard list.indices.contains(index) else {
      throw SetupError("--set \(path): the list has \(list.count) entries; found number \(index), counted from 0.")
    }
    list[index] = try assign(value, to: steps.dropFirst(), in: list[index], path: path)
    return .list(list)
  case (.key(let key), _):
    throw SetupError("--set \(path): \"\(key)\" would be within \(tree) (\(tree.kind)); expected a map there.")
  case (.index(let index), _):
    throw SetupError("--set \(path): [\(index)] would be within \(tree) (\(tree.kind)); expected a list there.")
  }
}
