import CBraidBLAS
import CBraidKernels
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// How many threads one computation uses, and the numeric library's settings, which may change bits: both are recorded
/// with every run.
public enum Threads {
  /// Sets how many threads operations use in this process; 1 at the start. Results are the same bits every time at one
  /// number of threads, and the same within rounding at any.
  public static func set(_ count: Int) { Team.shared.size.store(max(count, 1), ordering: .relaxed) }

  /// Does some work with its own number of threads: operations that the calling thread begins meanwhile use so many, those
  /// of other threads what they used.
  /// - Throws: what the work throws.
  public static func with<Result>(_ count: Int, _ work: () throws -> Result) rethrows -> Result {
    try with(count, sharing: Parallel.worthwhile, work)
  }

  /// The same, and what a thread's part must be worth. Tests lower it, so that little work is shared out as well.
  static func with<Result>(_ count: Int, sharing least: Int, _ work: () throws -> Result) rethrows -> Result {
    let before = pthread_getspecific(own)
    let bits = max(least, 1) << countBits | min(max(count, 1), 1 << countBits - 1)
    pthread_setspecific(own, UnsafeRawPointer(bitPattern: bits))
    defer { pthread_setspecific(own, before) }
    return try work()
  }

  /// How many threads an operation begun by the calling thread uses.
  public static var count: Int { sharing.count }

  /// The same, and what the part of each must be worth.
  static var sharing: (count: Int, least: Int) {
    guard let own = pthread_getspecific(own) else {
      return (Team.shared.size.load(ordering: .relaxed), Parallel.worthwhile)
    }
    let bits = Int(bitPattern: own)
    return (bits & (1 << countBits - 1), bits >> countBits)
  }

  /// Of a thread's own numbers those that hold the count; the others are what a part must be worth.
  private static let countBits = 16

  /// Under which the system keeps a thread's own numbers, as the bits of a pointer; nil where there are none.
  private static let own: pthread_key_t = {
    var key = pthread_key_t()
    if pthread_key_create(&key, nil) != 0 { stop("threads", "the system has no room for another value a thread") }
    return key
  }()

  /// OpenBLAS' version and build, such as `OpenBLAS 0.3.21 …`.
  public static var libraryConfiguration: String { String(cString: openblas_get_config()) }
  /// The processor kernels OpenBLAS chose, such as `Zen`.
  public static var coreType: String { String(cString: openblas_get_corename()) }
}

/// Work cut into as many ranges as there are threads. Who does which range never depends on timing.
public enum Parallel {
  /// Calls `body` with ranges that make up `0 ..< count`, at the same time where that pays, and returns when all are
  /// done.
  /// - Parameters:
  ///   - unit: ranges begin at multiples of it (rows of a tile, for instance).
  ///   - work: of the whole, in elements passed over or multiplications; below `worthwhile` a part one thread does it
  ///     all.
  ///   - body: writes to its own range only. What it captures is a block of memory a call, where it is shared out.
  public static func split(_ count: Int, unit: Int = 1, work: Int, _ body: (Range<Int>) -> Void) {
    let parts = parts(of: count, unit, work)
    if parts <= 1 { return body(0..<count) }
    withoutActuallyEscaping(body) { body in
      share(SharedWork(count: count, unit: unit, parts: parts, values: body) { body, range in body(range) })
    }
  }

  /// The same for a body that captures nothing and is handed what it needs: sharing out then asks for no memory.
  /// - Parameter values: what `body` gets in every thread.
  public static func split<Values>(
    _ count: Int, unit: Int = 1, work: Int, with values: Values,
    _ body: @escaping (_ values: Values, _ range: Range<Int>) -> Void
  ) {
    let parts = parts(of: count, unit, work)
    if parts <= 1 { return body(values, 0..<count) }
    share(SharedWork(count: count, unit: unit, parts: parts, values: values, body: body))
  }

  /// Among how many threads to share out, 1 where that does not pay.
  @inline(__always)
  private static func parts(of count: Int, _ unit: Int, _ work: Int) -> Int {
    let (threads, least) = Threads.sharing
    if threads == 1 { return 1 }
    return min(threads, (count + unit - 1) / unit, work / least)
  }

  private static func share<Values>(_ work: SharedWork<Values>) {
    withUnsafePointer(to: work) { Team.shared.run(work.parts, SharedWork<Values>.self, UnsafeRawPointer($0)) }
  }

  /// What a part must be worth: some ten microseconds. Waking a thread takes one or two, but what it writes then lies in
  /// another core's cache, and the next operation pays for that. Of the vector workloads the smallest (concat) loses a
  /// fifth by being shared, the others gain up to two fifths over four times this bound.
  static let worthwhile = 1 << 16
}

/// The threads that help the caller. Made when first needed, they wait for work for the rest of the process: awake for
/// a moment, since a step's next operation follows at once, then asleep.
private final class Team: Sendable {
  static let shared = Team()
  let size = Atomic<Int>(1)
  /// Whether a computation is using the team. Another one at that moment does its parts itself.
  private let isTaken = Atomic<Bool>(false)
  private let helpers = Locked<[Helper]>([])

  /// Does all parts of the work that lies there, each in a thread of its own where one is to be had.
  @inline(never)
  func run(_ parts: Int, _ kind: any Work.Type, _ work: UnsafeRawPointer) {
    guard isTaken.compareExchange(expected: false, desired: true, ordering: .acquiring).exchanged else {
      for part in 0..<parts { kind.run(work, part) }
      return
    }
    let helpers = helpers.withLock { helpers in
      while helpers.count < parts - 1 { helpers.append(Helper()) }
      return helpers
    }
    let arithmetic = braid_arithmetic()
    for part in 1..<parts {
      helpers[part - 1].start(Job(kind: kind, work: work, part: part, arithmetic: arithmetic))
    }
    kind.run(work, 0)
    for part in 1..<parts { helpers[part - 1].wait() }
    isTaken.store(false, ordering: .releasing)
  }
}

/// Work in parts, of whatever type.
private protocol Work {
  /// Does one part of what lies there.
  static func run(_ work: UnsafeRawPointer, _ part: Int)
}

/// Ranges that make up `0 ..< count`, and what is done for each.
private struct SharedWork<Values>: Work {
  let count, unit, parts: Int
  let values: Values
  let body: (Values, Range<Int>) -> Void

  static func run(_ work: UnsafeRawPointer, _ part: Int) {
    let work = work.assumingMemoryBound(to: SharedWork<Values>.self).pointee
    let units = (work.count + work.unit - 1) / work.unit
    let first = units * part / work.parts * work.unit
    work.body(work.values, first..<min(units * (part + 1) / work.parts * work.unit, work.count))
  }
}

/// One part of some work, for a helper.
private struct Job {
  let kind: any Work.Type
  let work: UnsafeRawPointer
  let part: Int
  /// The caller's floating-point settings: who does a part must not show in it.
  let arithmetic: UInt64
}

/// One waiting thread.
private final class Helper: Sendable {
  /// Pieces of work handed over, and finished, so far.
  private let handed = Atomic<Int>(0), finished = Atomic<Int>(0)
  /// Where the job lies, a `Job`: written before it is handed over.
  private let job: UInt
  private let isAsleep = Atomic<Bool>(false)
  private let bell = DispatchSemaphore(value: 0)
  /// Looks for work before going to sleep: some tenths of a millisecond.
  private static let patience = 1 << 13

  init() {
    job = UInt(bitPattern: UnsafeMutablePointer<Job>.allocate(capacity: 1))
    let own = Unmanaged.passRetained(self).toOpaque()  // lives as long as the process
    #if canImport(Glibc)
      var thread = pthread_t()
    #else
      var thread: pthread_t?
    #endif
    let status = pthread_create(
      &thread, nil,
      { raw in
        #if canImport(Glibc)
          Unmanaged<Helper>.fromOpaque(raw.unsafelyUnwrapped).takeUnretainedValue().work()
        #else
          Unmanaged<Helper>.fromOpaque(raw).takeUnretainedValue().work()
        #endif
      }, own)
    if status != 0 { stop("threads", "the system refuses another thread (error \(status)); set fewer threads") }
  }

  func start(_ job: Job) {
    UnsafeMutablePointer<Job>(bitPattern: self.job).unsafelyUnwrapped.initialize(to: job)
    handed.add(1, ordering: .sequentiallyConsistent)
    if isAsleep.exchange(false, ordering: .sequentiallyConsistent) { bell.signal() }
  }

  func wait() {
    let awaited = handed.load(ordering: .relaxed)
    var looks = 0
    while finished.load(ordering: .acquiring) != awaited {
      looks += 1
      if looks > Helper.patience { sched_yield() } else { braid_pause() }
    }
  }

  private func work() -> Never {
    var done = 0
    while true {
      var looks = 0
      while handed.load(ordering: .acquiring) == done {
        looks += 1
        if looks <= Helper.patience { braid_pause(); continue }
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        // what was handed over just now may not have seen that: then nobody rings
        let isRung =
          handed.load(ordering: .sequentiallyConsistent) == done
          || !isAsleep.exchange(false, ordering: .sequentiallyConsistent)
        if isRung { bell.wait() }
        looks = 0
      }
      let job = UnsafeMutablePointer<Job>(bitPattern: job).unsafelyUnwrapped.pointee
      braid_set_arithmetic(job.arithmetic)
      job.kind.run(job.work, job.part)
      done += 1
      finished.store(done, ordering: .releasing)
    }
  }
}
