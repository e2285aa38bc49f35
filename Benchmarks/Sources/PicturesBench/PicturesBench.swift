import ArgumentParser
import BraidData
import Foundation

/// Reads JPEG files one after the other into `[3, 224, 224]` numbers in 0 … 1, as a loader does, and prints how
/// long that took: one JSON object.
@main struct PicturesBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "braid-bench-pictures", abstract: "Time reading a folder of JPEG files.")

  @Argument(help: "The folder.") var folder: String
  @Option(help: "Which part of the folder, such as 1/2.") var share = "0/1"

  func run() throws {
    let parts = share.split(separator: "/").compactMap { Int($0) }
    guard parts.count == 2, parts[0] >= 0, parts[0] < parts[1] else {
      throw ValidationError("--share \(share): expected a part of a whole, such as 1/2.")
    }
    let side = 224
    let files = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".jpg") }.sorted()
    let own = files.enumerated().filter { $0.offset % parts[1] == parts[0] }.map(\.element)
    let reader = PictureReader(width: side, height: side)
    var tensor = [Float](repeating: 0, count: reader.count)  // [3, 224, 224]
    var sum = 0.0
    let start = DispatchTime.now().uptimeNanoseconds
    for file in own {
      try reader.read(bytes(of: URL(fileURLWithPath: "\(folder)/\(file)")), named: file, into: &tensor)
      sum += Double(tensor[side * side / 2])
    }
    let seconds = Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9
    print("{\"pictures\": \(own.count), \"seconds\": \(seconds), \"sum\": \(sum)}")
  }
}
