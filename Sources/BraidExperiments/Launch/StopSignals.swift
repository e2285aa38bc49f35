import Foundation
import Synchronization

/// Ctrl-C and SIGTERM as something a program looks at between two waits, so that it ends in order.
///
/// A terminal signals the runner and, where they are of its group, the workers too; the runner signals its workers as well.
/// To both it means the same: finish what is being written, then end.
enum StopSignals {
  private static let last = Atomic<Int32>(0)
  private static let interrupts = Atomic<Int>(0)

  /// From now on the signals end nothing by themselves. One that was ignored stays so: a program started with `nohup` goes
  /// on when its terminal is gone.
  static func listen() {
    for number in [SIGINT, SIGTERM, SIGHUP] {
      let before = signal(number) { number in
        StopSignals.last.store(number, ordering: .relaxed)
        if number == SIGINT { StopSignals.interrupts.add(1, ordering: .relaxed) }
      }
      if unsafeBitCast(before, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self) { signal(number, SIG_IGN) }
    }
  }

  /// The signal that came last; nil while none has.
  static var received: Int32? {
    let number = last.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// Whether Ctrl-C came again: whoever sits there does not want to wait.
  static var isImpatient: Bool { interrupts.load(ordering: .relaxed) > 1 }

  /// Ends this process as the signal would have, so that whoever waits for it sees why.
  static func obey(_ number: Int32) -> Never {
    signal(number, SIG_DFL)
    // to the process, not to this thread, which may have signals blocked: those of a pool have
    kill(getpid(), number)
    sleep(1)
    exit(128 + number)
  }
}
