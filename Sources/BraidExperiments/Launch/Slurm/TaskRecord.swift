/// What a task wrote of itself, a line an event.
struct TaskRecord: Equatable {
  /// Exit statuses of the workers that ended by themselves, by cell.
  var statuses: [String: Int32] = [:]
  /// The cell it was at.
  var current: String?
  /// Where it began last.
  var node: String?
  /// The line of its preparation that failed.
  var unprepared: String?
  /// Whether it has gone through all of its cells, or was told to stop.
  var isFinished = false, isStopped = false

  init(_ text: String) {
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 2).map(String.init)
      switch (words.first, words.count) {
      case ("start", 3):
        node = words[2]
        (isFinished, isStopped, unprepared, current) = (false, false, nil, nil)  // what was before it was requeued
      case ("cell", 2): current = words[1]
      case ("end", 3): (statuses[words[1]], current) = (Int32(words[2]), nil)
      case ("unprepared", 2...): unprepared = words.dropFirst().joined(separator: " ")
      case ("finished", 1): isFinished = true
      case ("stopped", 1): isStopped = true
      default: break  // cut short
      }
    }
  }
}
