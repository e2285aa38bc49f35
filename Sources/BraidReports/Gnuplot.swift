import BraidExperiments
import Foundation

/// The chart program, found on the path at run time.
struct Gnuplot {
  let executable: URL

  /// Nil when there is none: a report then has its tables and says how to get the charts.
  static func find(path: String = ProcessInfo.processInfo.environment["PATH"] ?? "") -> Gnuplot? {
    for folder in path.split(separator: ":") {
      let file = URL(fileURLWithPath: String(folder)).appendingPathComponent("gnuplot")
      if FileManager.default.isExecutableFile(atPath: file.path) { return Gnuplot(executable: file) }
    }
    return nil
  }

  /// Draws a script and returns the picture as SVG; nil when gnuplot refuses, with its words in `complaint`.
  /// - Parameter script: without terminal and output, which are set here.
  func draw(_ script: String, width: Int, height: Int) -> (svg: String?, complaint: String) {
    let process = Process()
    process.executableURL = executable
    let preamble = """
      set encoding utf8
      set terminal svg size \(width),\(height) dynamic noenhanced font 'Helvetica,13' background '#ffffff'
      set border linecolor '#888888'
      set grid linecolor '#dddddd' linetype 1
      set key noenhanced

      """
    let (input, output, errors) = (Pipe(), Pipe(), Pipe())
    defer { for pipe in [output, errors] { pipe.close() } }  // the other is closed when all is written
    (process.standardInput, process.standardOutput, process.standardError) = (input, output, errors)
    let end = ProcessEnd(of: process)
    do { try process.run() } catch { return (nil, "\(error)") }
    // Written from the side: a script longer than the pipe's buffer must not wait for a picture nobody reads yet.
    let text = Data((preamble + script + "\n").utf8)
    let writer = Thread {
      try? input.fileHandleForWriting.write(contentsOf: text)
      try? input.fileHandleForWriting.close()
    }
    writer.start()
    let svg = output.fileHandleForReading.readDataToEndOfFile()
    let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    end.wait()
    guard process.terminationStatus == 0, !svg.isEmpty else { return (nil, complaint) }
    return (String(decoding: svg, as: UTF8.self), complaint)
  }

  /// A name as a gnuplot string, whatever it holds.
  ///
  /// In single quotes: within double quotes gnuplot would run what stands between backquotes as a shell command.
  static func quoted(_ text: String) -> String {
    let line = String(text.unicodeScalars.map { $0.value < 32 ? " " : Character($0) })
    return "'" + line.replacingOccurrences(of: "'", with: "''") + "'"
  }

  /// A name as the label of a tic, which gnuplot reads as a number format: a per cent sign is written twice.
  static func tic(_ text: String) -> String { quoted(text.replacingOccurrences(of: "%", with: "%%")) }
}
