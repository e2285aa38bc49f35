import Foundation
import Synchronization
import Testing

@testable import BraidData

/// Counts how often something is made, and hears what a store has to say.
final class Witness: Sendable {
  private let state = Mutex((made: 0, notices: [String]()))
  var made: Int { state.withLock { $0.made } }
  var notices: [String] { state.withLock { $0.notices } }
  func store(_ folder: URL, limit: Int = ContentStore.standardLimit) -> ContentStore {
    ContentStore(folder.path, limit: limit) { notice in self.state.withLock { $0.notices.append(notice) } }
  }
  func makes(_ content: Data) -> Data {
    state.withLock { $0.made += 1 }
    return content
  }
}

@Suite("The content store") struct ContentStoreTests {
  private let key = ContentKey("pictures", ["1", "32 × 32"])
  private let content = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 7) })
  private func names(_ folder: URL) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder.path)
  }

  @Test func `A content is made once, and is the same bytes afterwards`() throws {
    try withFolder([:]) { folder in
      let witness = Witness()
      let store = witness.store(folder.appendingPathComponent("made/when needed"))
      for _ in 0..<3 { #expect(store.content(key) { witness.makes(content) } == content) }
      #expect(witness.made == 1 && witness.notices == [])
      // another process would be another value of the same folder
      #expect(ContentStore(store.folder).content(key) { witness.makes(Data()) } == content)
      let left = try names(URL(fileURLWithPath: store.folder))
      #expect(left == [key.address], "no lock and no half file is left")
      let nothing = store.content(ContentKey("words", [])) { Data() }
      #expect(nothing == Data(), "also when there is nothing in it")
    }
  }

  @Test func `Whatever changes a fact changes the key, also when facts run together alike`() {
    let keys = [
      key, ContentKey("pictures", ["1", "32 × 33"]), ContentKey("pictures", ["1 32 × 32"]),
      ContentKey("features", ["1", "32 × 32"]), ContentKey("pictures", ["1", "32 × 32", ""]),
      ContentKey("pictures", ["1\n9 32 × 32"]),
    ]
    #expect(Set(keys.map(\.text)).count == keys.count && Set(keys.map(\.address)).count == keys.count)
    #expect(key.address == ContentKey("pictures", ["1", "32 × 32"]).address)
  }

  @Test func `What making throws is thrown, and nothing is kept`() throws {
    struct Refused: Error {}
    try withFolder([:]) { folder in
      let store = Witness().store(folder)
      #expect(throws: Refused.self) { try store.content(key) { throw Refused() } }
      let left = try names(folder)
      #expect(left == [])
      #expect(store.content(key) { content } == content)
    }
  }

  @Test func `Without a current store everything is made where it is needed`() throws {
    try withFolder([:]) { folder in
      let witness = Witness()
      #expect(ContentStore.current == nil)
      for _ in 0..<2 { _ = ContentStore.once(key) { witness.makes(content) } }
      #expect(witness.made == 2)
      ContentStore.$current.withValue(witness.store(folder)) {
        for _ in 0..<2 { _ = ContentStore.once(key) { witness.makes(content) } }
      }
      #expect(witness.made == 3)
    }
  }

  /// Ways a file can come to be damaged.
  enum Damage: CaseIterable {
    case empty, headOnly, cutShort, longer, bitOfContent, bitOfHead, bitOfKey, hugeLength, zeros, ofAnotherKey, folder

    func apply(to path: String, from store: ContentStore, _ other: ContentKey) throws {
      var bytes = try #require(FileManager.default.contents(atPath: path))
      switch self {
      case .empty: bytes = Data()
      case .headOnly: bytes = bytes.prefix(ContentEntry.headLength)
      case .cutShort: bytes.removeLast()
      case .longer: bytes.append(0)
      case .bitOfContent: bytes[bytes.count / 2] ^= 1
      case .bitOfHead: bytes[40] ^= 1
      case .bitOfKey: bytes[ContentEntry.headLength + 3] ^= 1
      case .hugeLength: for place in 24..<32 { bytes[place] = 0x7f }
      case .zeros: bytes = Data(count: bytes.count)
      case .ofAnotherKey: bytes = try #require(FileManager.default.contents(atPath: "\(store.folder)/\(other.address)"))
      case .folder:
        try FileManager.default.removeItem(atPath: path)
        return try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
      }
      try bytes.write(to: URL(fileURLWithPath: path))
    }
  }

  @Test(arguments: Damage.allCases)
  func `A damaged entry is not believed: it is named and made again`(_ damage: Damage) throws {
    try withFolder([:]) { folder in
      let witness = Witness()
      let store = witness.store(folder)
      let other = ContentKey("pictures", ["another"])
      _ = store.content(key) { content }
      _ = store.content(other) { Data("another".utf8) }
      let path = "\(folder.path)/\(key.address)"
      try damage.apply(to: path, from: store, other)
      #expect(store.content(key) { witness.makes(content) } == content)
      #expect(witness.made == 1)
      #expect(witness.notices.first?.hasPrefix("\(path): the kept pictures cannot be believed (") == true)
      guard damage != .folder else { return }  // no file can be put there; the content is made each time
      #expect(witness.notices.count == 1)
      #expect(store.content(key) { witness.makes(content) } == content && witness.made == 1, "mended")
    }
  }

  @Test func `Beyond the limit what was used longest ago goes, and whoever reads it goes on reading`() throws {
    try withFolder([:]) { folder in
      let witness = Witness()
      let store = witness.store(folder, limit: 350_000)
      func use(_ number: Int) { _ = store.content(ContentKey("n", ["\(number)"])) { witness.makes(content) } }
      for number in 0..<3 {
        use(number)
        usleep(20_000)  // the clock of files has steps
      }
      use(0)  // used last now
      usleep(20_000)
      let oldest = "\(folder.path)/\(ContentKey("n", ["1"]).address)"
      let reader = try FileHandle(forReadingFrom: URL(fileURLWithPath: oldest))
      use(3)
      #expect(witness.made == 4 && !FileManager.default.fileExists(atPath: oldest))
      #expect(try reader.readToEnd()?.suffix(content.count) == content)
      for number in [0, 2, 3] { use(number) }
      #expect(witness.made == 4, "the others are still there")
      use(1)
      #expect(witness.made == 5)
      #expect(store.entries().map(\.bytes).reduce(0, +) <= store.limit && store.entries().count == 3)
    }
  }

  @Test func `A content larger than the limit is not kept, and that is said once`() throws {
    try withFolder([:]) { folder in
      let witness = Witness()
      let store = witness.store(folder, limit: 1000)
      for _ in 0..<2 { #expect(store.content(key) { witness.makes(content) } == content) }
      #expect(witness.made == 2 && witness.notices.count == 1 && store.entries().isEmpty)
      #expect(witness.notices[0].contains("are not kept: the limit is 1000 (BRAID_CACHE_LIMIT)"))
    }
  }

  @Test func `What is kept can be listed and cleared; files of others stay`() throws {
    let names = ["notes.txt", "abc.partial", "\(String(repeating: "a", count: 64)).txt"]
    try withFolder(Dictionary(uniqueKeysWithValues: names.map { ($0, "mine") })) { folder in
      let store = Witness().store(folder)
      _ = store.content(key) { content }
      _ = store.content(ContentKey("words", ["1"])) { content }
      // what killed processes leave
      for name in ["\(key.address).lock", "\(key.address).77-5.partial"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      #expect(store.entries().map(\.kind).sorted() == ["pictures", "words"])
      #expect(
        store.entries().allSatisfy { $0.bytes > content.count && abs($0.lastUsed - Date().timeIntervalSince1970) < 60 })
      store.clear()
      #expect(store.entries().isEmpty)
      #expect(try self.names(folder).sorted() == names.sorted())
    }
  }

  @Test func `What killed makers left goes with the next content`() throws {
    try withFolder([:]) { folder in
      let store = Witness().store(folder)
      let other = ContentKey("words", ["x"]).address
      let (old, young) = ("\(other).9-9.partial", "\(other).8-8.partial")
      for name in [old, young, "\(key.address).7-7.partial"] {
        try Data().write(to: folder.appendingPathComponent(name))
      }
      let past = [timespec(tv_sec: 1_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000, tv_nsec: 0)]
      utimensat(AT_FDCWD, "\(folder.path)/\(old)", past, 0)
      _ = store.content(key) { content }
      #expect(try names(folder).sorted() == [key.address, young].sorted(), "one that may still be written stays")
    }
  }

  @Test func `The environment says where and how much`() throws {
    #expect(try ContentStore.standard(["HOME": "/home/a"])?.folder == "/home/a/.cache/braid/content")
    #expect(try ContentStore.standard(["HOME": "/home/a", "XDG_CACHE_HOME": "/c"])?.folder == "/c/braid/content")
    #expect(try ContentStore.standard(["HOME": "/home/a", "BRAID_CACHE": "/x/y"])?.folder == "/x/y")
    #expect(try ContentStore.standard(["HOME": "/home/a"])?.limit == 20_000_000_000)
    #expect(try ContentStore.standard(["HOME": "/home/a", "BRAID_CACHE_LIMIT": "1.5"])?.limit == 1_500_000_000)
    #expect(try ContentStore.standard(["HOME": "/home/a", "BRAID_CACHE": "off"]) == nil)
    for wrong in ["much", "-1", "nan", "1e30"] {
      #expect(
        message { _ = try ContentStore.standard(["BRAID_CACHE_LIMIT": wrong]) }
          == "BRAID_CACHE_LIMIT: found \"\(wrong)\"; expected a number of gigabytes, such as 20.")
    }
  }
}
