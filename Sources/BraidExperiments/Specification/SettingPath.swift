import BraidCore

/// Where a setting stands in a file: keys joined by dots, numbers of list entries in brackets (`compare[0].train.epochs`).
struct SettingPath {
  enum Step { case key(String), index(Int) }
  let text: String
  /// What messages begin with.
  let place: String
  let steps: [Step]

  /// - Parameter place: what messages begin with, such as `--set train.epochs`.
  init(_ text: String, at place: String) throws {
    var steps: [Step] = []
    for part in text.split(separator: ".", omittingEmptySubsequences: false) {
      guard let match = part.wholeMatch(of: #/([^\[\]]+)((?:\[[0-9]+\])*)/#) else {
        throw SetupError("\(place): not a key path; expected keys joined by dots, such as compare[0].fusion.")
      }
      steps.append(.key(String(match.output.1)))
      for index in match.output.2.matches(of: #/[0-9]+/#) {
        guard let number = Int(index.output) else {
          throw SetupError("\(place): the number \(index.output) is too large.")
        }
        steps.append(.index(number))
      }
    }
    (self.text, self.place, self.steps) = (text, place, steps)
  }

  /// The tree with this value there. A part given by its name alone (`words: gru`) opens for `words.gru.width`; what does
  /// not exist is made, and refused later, where all unknown settings are.
  func assigning(_ value: Setting, in tree: Setting) throws -> Setting { try assign(value, steps[...], tree) }

  private func assign(_ value: Setting, _ steps: ArraySlice<Step>, _ tree: Setting) throws -> Setting {
    guard let step = steps.first else { return value }
    switch (step, tree) {
    case (.key(let key), .map(var map)):
      map[key] = try assign(value, steps.dropFirst(), map[key] ?? .null)
      return .map(map)
    case (.key(let key), .null):
      return .map([key: try assign(value, steps.dropFirst(), .null)])
    case (.key(let key), .text(let name)) where name == key:  // a part by its name alone
      return .map([key: try assign(value, steps.dropFirst(), .null)])
    case (.index(let index), .list(var list)):
      guard list.indices.contains(index) else {
        throw SetupError("\(place): the list has \(list.count) entries; found number \(index), counted from 0.")
      }
      list[index] = try assign(value, steps.dropFirst(), list[index])
      return .list(list)
    case (.key(let key), _):
      throw SetupError("\(place): \"\(key)\" would be within \(tree) (\(tree.kind)); expected a map there.")
    case (.index(let index), _):
      throw SetupError("\(place): [\(index)] would be within \(tree) (\(tree.kind)); expected a list there.")
    }
  }

  /// What stands there; nil if nothing does.
  func value(in tree: Setting) -> Setting? {
    steps.reduce(tree) { (tree: Setting?, step) in
      switch (step, tree) {
      case (.key(let key), .map(let map)?): map[key]
      case (.index(let index), .list(let list)?) where list.indices.contains(index): list[index]
      default: nil
      }
    }
  }
}
