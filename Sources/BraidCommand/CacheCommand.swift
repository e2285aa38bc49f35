import ArgumentParser
import BraidData
import Foundation

/// `braid cache`.
struct CacheCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cache",
    abstract: "Say what work is kept for other runs, or remove it.",
    discussion: """
      Decoded pictures, words as numbers and frozen encoders' features, shared by all experiments: what is removed is made \
      again when it is needed. BRAID_CACHE names another folder (off: nothing is kept), BRAID_CACHE_LIMIT its size in \
      gigabytes; what was used longest ago goes first.
      """)

  @Flag(help: "Remove everything that is kept.") var clear = false

  func run() async throws {
    guard let store = ContentStore.current else { return print("Nothing is kept: BRAID_CACHE is off.") }
    if clear {
      store.clear()
      return print("\(store.folder): cleared")
    }
    let entries = store.entries()
    let total = entries.map(\.bytes).reduce(0, +)
    print("\(store.folder): \(entries.count) kept, \(size(total)) of at most \(size(store.limit))")
    for (kind, kept) in Dictionary(grouping: entries, by: \.kind).sorted(by: { $0.key < $1.key }) {
      print("  \(kind): \(kept.count), \(size(kept.map(\.bytes).reduce(0, +)))")
    }
  }

  /// `7.9 MB`.
  private func size(_ bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var (value, unit) = (Double(bytes), 0)
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(bytes) bytes" : String(format: "%.1f", value) + " \(units[unit])"
  }
}
