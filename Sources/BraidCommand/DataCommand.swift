import ArgumentParser
import BraidCore
import BraidExperiments
import Foundation

/// `braid data`.
struct DataCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "data", abstract: "List the data sets, or prepare one.",
    subcommands: [ListData.self, PrepareData.self])
}

/// `braid data list`.
struct ListData: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the data sets and whether they are prepared.")
  @Flag(help: "Print JSON.") var json = false

  func run() async throws {
    let catalogue = BraidCommand.catalogue
    let rows = catalogue.datasets.values.sorted { $0.about.name < $1.about.name }.map { entry in
      let preparation = catalogue.preparations[entry.about.name]?.make
      let isPrepared = preparation.map { $0.isPrepared(URL(fileURLWithPath: $0.folder)) }
      return (about: entry.about, folder: preparation?.folder, isPrepared: isPrepared)
    }
    if json {
      return try printJSON(
        .list(
          rows.map { row in
            .map([
              "name": .text(row.about.name), "summary": .text(row.about.summary),
              "folder": row.folder.map { .text($0) } ?? .null, "prepared": row.isPrepared.map { .bool($0) } ?? .null,
            ])
          }))
    }
    for row in rows {
      let state = row.isPrepared.map {
        $0 ? "prepared in \(row.folder!)" : "prepare it: braid data prepare \(row.about.name)"
      }
      print("\(row.about.name): \(row.about.summary)" + (state.map { "\n  \($0)" } ?? ""))
    }
  }
}

/// `braid data prepare NAME`.
struct PrepareData: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prepare", abstract: "Make a data set from what is installed on this machine.",
    discussion: "Whole or not at all: an interrupted preparation leaves nothing half-written.")

  @Argument(help: "The data set's name; `braid data list` prints them.") var name: String
  @Option(help: "Where to make it; the data set's own folder when left out.") var folder: String?
  @Option(
    help: ArgumentHelp("Override a setting of the preparation; may be given several times.", valueName: "key=value"))
  var set: [String] = []
  @Flag(help: "Make it again although it is there.") var again = false

  func run() async throws {
    let catalogue = BraidCommand.catalogue
    guard let entry = catalogue.preparations[name] else {
      let known = catalogue.preparations.keys.sorted()
      throw SetupError(
        "no data set called \"\(name)\" can be prepared. Known: \(known.joined(separator: ", "))."
          + suggestion(for: name, among: known))
    }
    let target = URL(fileURLWithPath: folder ?? entry.make.folder)
    if !again, entry.make.isPrepared(target) { return print("\(name) is prepared in \(target.relativePath).") }
    var settings: [String: Setting] = [:]
    for assignment in set {
      guard let equals = assignment.firstIndex(of: "=") else {
        throw SetupError("--set: found \"\(assignment)\"; expected key=value.")
      }
      let (key, value) = (String(assignment[..<equals]), assignment[assignment.index(after: equals)...])
      // read as an experiment file would read it, so that numbers are numbers
      settings[key] = try SettingsDocument("value: \(value)", named: "--set \(key)").root["value"] ?? .null
    }
    print(entry.make.licences)
    try entry.make.prepare(settings, "--set", target) { print($0) }
  }
}
