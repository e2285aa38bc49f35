import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as something a runner looks at between two waits, so that it ends in order.
enum StopSignals {
  private static let last = Atomic<Int32>(0)

  /// From now on the signals end nothing by themselves. One that was ignored stays so: a program started with `nohup` goes
  /// on when its terminal is gone. Workers are not affected: a program begins with the system's own ways.
  static func listen() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { StopSignals.last.store($0, ordering: .relaxed) }
      if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }
  }

  /// The signal that came; nil while none has.
  static var received: Int32? {
    let number = last.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }
}
