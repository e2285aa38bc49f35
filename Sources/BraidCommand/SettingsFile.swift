import BraidCore
import Foundation

/// The settings in a JSON file.
func readSettings(_ path: String) throws -> [String: Setting] {
  guard let data = FileManager.default.contents(atPath: path) else { throw SetupError("\(path): no such file, or unreadable.") }
  guard case .map(let map)? = try? JSONDecoder().decode(Setting.self, from: data) else {
    throw SetupError("\(path): expected a map of settings.")
  }
  return map
}
