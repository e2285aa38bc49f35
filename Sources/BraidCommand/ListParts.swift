import ArgumentParser
import BraidCore
import Foundation

/// `braid list [kind]`.
struct ListParts: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the parts an experiment file can name.")

  @Argument(help: "encoder, fusion, head, loss, metric or data; all when left out.") var kind: PartKind?
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let kinds = kind.map { [$0] } ?? PartKind.allCases
    if json {
      var map: [String: Setting] = [:]
      for kind in kinds {
        map[kind.rawValue] = .list(
          kind.shelf(of: BraidCommand.catalogue).map {
            .map(["name": .text($0.about.name), "summary": .text($0.about.summary)])
          })
      }
      return try printJSON(.map(map))
    }
    let width = kinds.flatMap { $0.shelf(of: BraidCommand.catalogue).map(\.about.name.count) }.max() ?? 0
    for (index, kind) in kinds.enumerated() {
      if index > 0 { print("") }
      print(kind.rawValue)
      for row in kind.shelf(of: BraidCommand.catalogue) {
        print("  " + row.about.name.padding(toLength: width + 2, withPad: " ", startingAt: 0) + row.about.summary)
      }
    }
  }
}
