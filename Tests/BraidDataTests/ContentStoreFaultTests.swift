import BraidTesting
import BraidTensor
import Foundation
import Testing

@testable import BraidData

/// What processes share while they die, wait, and find no room. Those that are to end well do so with `_exit`: at `exit` a leak
/// check would take for lost what they still hold.
@Suite("The content store, when things go wrong", .serialized) struct ContentStoreFaultTests {
  /// Large enough that writing takes a while.
  static func content(_ number: Int) -> Data { Data(repeating: UInt8(number + 1), count: 3_000_000 + number) }
  static func key(_ number: Int) -> ContentKey { ContentKey("n", ["\(number)"]) }

  /// Makes contents over and over; the limit keeps three of five, so that there is always something to make.
  static func work(in folder: String) {
    let store = ContentStore(folder, limit: 10_000_000) { _ in }
    var number = Int(getpid())
    while true {
      let wanted = number % 5
      let found = store.content(key(wanted)) { content(wanted) }
      if found != content(wanted) { _exit(1) }
      number += 1
    }
  }

  @Test func `60 makers killed at random moments leave nothing that is half and believed`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    var stream = RandomStream(seed: 9, .sampling, path: "kills")
    var (leftovers, remade) = (0, 0)
    for _ in 0..<30 {
      let delays = (0..<2).map { _ in 5_000 + stream.below(60_000) }
      // two at a time: they wait for one another, and one is often killed while the other waits for it
      async let first: Void = expectKilled(folder, after: UInt32(delays[0]))
      async let second: Void = expectKilled(folder, after: UInt32(delays[1]))
      _ = await (first, second)
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      leftovers += names.count { $0.hasSuffix(".partial") || $0.hasSuffix(".lock") }
      let witness = Witness()
      let store = witness.store(URL(fileURLWithPath: folder))
      for number in 0..<5 {
        let found = store.content(Self.key(number)) { witness.makes(Self.content(number)) }
        #expect(found == Self.content(number))
      }
      #expect(witness.notices == [], "nothing is found damaged: half a file never has its name")
      remade += witness.made
      store.clear()
      #expect(!FileManager.default.fileExists(atPath: folder), "what was left is cleared as well")
    }
    #expect(leftovers > 5, "some were killed in the middle of writing")
    #expect(remade < 150, "what they had finished was there")
  }

  private func expectKilled(_ folder: String, after delay: UInt32) async {
    await #expect(processExitsWith: .signal(SIGKILL)) { [folder = folder as String, delay = delay as UInt32] in
      Thread.detachNewThread {
        usleep(delay)
        kill(getpid(), SIGKILL)
      }
      ContentStoreFaultTests.work(in: folder)
    }
  }

  @Test func `Processes that want the same content wait for the one that makes it`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    async let first: Void = expectMade(folder)
    async let second: Void = expectMade(folder)
    async let third: Void = expectMade(folder)
    _ = await (first, second, third)
    let makers = try String(contentsOfFile: "\(folder)/makers", encoding: .utf8)
    #expect(makers.split(separator: "\n").count == 1, "made by \(makers)")
  }

  private func expectMade(_ folder: String) async {
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      let found = ContentStore(folder).content(ContentStoreFaultTests.key(0)) {
        let log = open("\(folder)/makers", O_WRONLY | O_CREAT | O_APPEND, 0o644)
        let line = "\(getpid())\n"
        _ = line.withCString { write(log, $0, strlen($0)) }
        usleep(1_500_000)  // long enough for the others to have started
        return ContentStoreFaultTests.content(0)
      }
      _exit(found == ContentStoreFaultTests.content(0) ? 0 : 1)
    }
  }

  @Test func `Threads that want the same content wait as well`() throws {
    try withFolder([:]) { folder in
      let witness = Witness()
      let store = witness.store(folder)
      DispatchQueue.concurrentPerform(iterations: 8) { _ in
        let found = store.content(Self.key(1)) {
          usleep(50_000)
          return witness.makes(Self.content(1))
        }
        if found != Self.content(1) { Issue.record("other bytes") }
      }
      #expect(witness.made == 1)
    }
  }

  @Test func `A full disk: the work goes on, which is said once, and nothing half stays`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      // no file may grow beyond 1 MB: the system refuses as a full disk does, in the middle of writing
      signal(SIGXFSZ, SIG_IGN)
      var room = rlimit(rlim_cur: 1_000_000, rlim_max: 1_000_000)
      #if canImport(Darwin)
        setrlimit(RLIMIT_FSIZE, &room)
      #else
        setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &room)
      #endif
      let witness = Witness()
      let store = witness.store(URL(fileURLWithPath: folder))
      for number in [0, 1, 0] {
        if store.content(ContentStoreFaultTests.key(number), make: { ContentStoreFaultTests.content(number) })
          != ContentStoreFaultTests.content(number)
        {
          _exit(1)
        }
      }
      let small = store.content(ContentKey("small", [])) { Data("fits".utf8) }
      let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
      let said = "\(folder): nothing can be kept here (File too large); going on without it"
      _exit(witness.notices == [said] && small == Data("fits".utf8) && names.count == 1 ? 0 : 2)
    }
  }

  @Test func `A small disk that fills up`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let mounting = Process()
    mounting.executableURL = URL(fileURLWithPath: "/bin/mount")
    mounting.arguments = ["-t", "tmpfs", "-o", "size=5m", "tmpfs", folder]
    mounting.standardError = FileHandle.nullDevice
    let isStarted = (try? mounting.run()) != nil
    if isStarted { mounting.waitUntilExit() }
    guard
      try needed(
        isStarted && mounting.terminationStatus == 0, "a disk is filled up where the tests may mount one: as root")
    else { return print("notice: no disk can be mounted here; filling one up is skipped") }
    defer {
      let unmounting = try? Process.run(URL(fileURLWithPath: "/bin/umount"), arguments: [folder])
      unmounting?.waitUntilExit()
    }
    let witness = Witness()
    let store = witness.store(URL(fileURLWithPath: folder))
    for round in 0..<2 {
      for number in 0..<3 {
        #expect(store.content(Self.key(number)) { witness.makes(Self.content(number)) } == Self.content(number))
      }
      #expect(witness.made == (round == 0 ? 3 : 5), "one of them fits")
    }
    #expect(witness.notices == ["\(folder): nothing can be kept here (No space left on device); going on without it"])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder).count == 1)
  }

  @Test func `A folder that may not be written: what is there is read, the rest is made`() async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    _ = ContentStore(folder).content(Self.key(0)) { Self.content(0) }
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder)
    await #expect(processExitsWith: .success) { [folder = folder as String] in
      if getuid() == 0, setgid(65534) != 0 || setuid(65534) != 0 { _exit(3) }  // root may write everywhere
      let witness = Witness()
      let store = witness.store(URL(fileURLWithPath: folder))
      for number in [0, 1, 2] {
        if store.content(
          ContentStoreFaultTests.key(number), make: { witness.makes(ContentStoreFaultTests.content(number)) })
          != ContentStoreFaultTests.content(number)
        {
          _exit(1)
        }
      }
      let said = "\(folder): nothing can be kept here (Permission denied); going on without it"
      _exit(witness.made == 2 && witness.notices == [said] ? 0 : 2)
    }
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder)
  }

  @Test func `A place where no folder can be`() throws {
    try withFolder(["file": ""]) { folder in
      let witness = Witness()
      let store = witness.store(folder.appendingPathComponent("file/cache"))
      for _ in 0..<2 { #expect(store.content(Self.key(0)) { witness.makes(Self.content(0)) } == Self.content(0)) }
      #expect(witness.made == 2 && witness.notices.count == 1)
      #expect(witness.notices[0].hasSuffix("nothing can be kept here (Not a directory); going on without it"))
      #expect(store.entries().isEmpty)
      store.clear()
    }
  }
}
