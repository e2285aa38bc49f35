import Foundation

/// One file of a `ContentStore`: a head of 64 bytes, the key's text, the content.
///
/// | bytes | what |
/// |---|---|
/// | 0 ..< 16 | `braid content 1`, line feed |
/// | 16 ..< 24, 24 ..< 32 | lengths of key and content, little-endian |
/// | 32 ..< 64 | SHA-256 of key and content |
enum ContentEntry {
  static let headLength = 64
  private static let mark = Array("braid content 1\n".utf8)
  /// Keys are short texts; a longer one is damage.
  private static let longestKey = 1 << 20

  /// What was found in a file's place.
  enum Reading {
    case content(Data)
    case missing
    /// Something is there that is not this key's whole content, and why.
    case damaged(String)
  }

  static func head(key: [UInt8], content: Data) -> [UInt8] {
    var hash = SHA256()
    hash.update(key)
    hash.update(content)
    return mark + bytes(key.count) + bytes(content.count) + hash.digest()
  }

  /// The content of a key, believed only when length and digest are right.
  static func read(_ path: String, key: ContentKey) -> Reading {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return errno == ENOENT ? .missing : .damaged(String(cString: strerror(errno))) }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return .damaged("is not a file") }
    let expected = Array(key.text.utf8)
    guard let head = take(headLength, from: file), head.starts(with: mark) else { return .damaged("has no head") }
    let digest = Array(head[32...])
    guard length(head[16..<24]) == expected.count, let key = take(expected.count, from: file),
      key.elementsEqual(expected)
    else { return .damaged("is of another key") }
    let count = length(head[24..<32])
    guard count >= 0, Int(status.st_size) == headLength + expected.count + count, let content = take(count, from: file)
    else { return .damaged("is cut short") }
    var hash = SHA256()
    hash.update(expected)
    hash.update(content)
    guard hash.digest() == digest else { return .damaged("is not what its digest says") }
    futimens(file, nil)  // used now; a store that may not be written stays as it is
    return .content(content)
  }

  /// The kind of an entry, for lists: the first line of its key; nil when it has none.
  static func kind(_ path: String) -> String? {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard let head = take(headLength, from: file), head.starts(with: mark) else { return nil }
    let count = length(head[16..<24])
    guard count > 0, count <= longestKey, let key = take(count, from: file) else { return nil }
    return String(decoding: key.prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
  }

  /// Writes all of a file. Returns why it could not; the file is then gone.
  static func write(_ parts: [Data], to path: String) -> String? {
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { return String(cString: strerror(errno)) }
    var failure: String?
    for part in parts where failure == nil {
      part.withUnsafeBytes { bytes in
        var start = 0
        while start < bytes.count {
          let count = Foundation.write(file, bytes.baseAddress! + start, bytes.count - start)
          if count < 0, errno == EINTR { continue }
          guard count > 0 else {
            failure = String(cString: strerror(errno))
            return
          }
          start += count
        }
      }
    }
    // a disk that is full may say so only now
    if close(file) != 0, failure == nil { failure = String(cString: strerror(errno)) }
    if failure != nil { unlink(path) }
    return failure
  }

  private static func bytes(_ number: Int) -> [UInt8] {
    withUnsafeBytes(of: UInt64(number).littleEndian) { Array($0) }
  }

  /// -1 for what is no length.
  private static func length(_ bytes: Data.SubSequence) -> Int {
    Int(exactly: bytes.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }) ?? -1
  }

  /// The next bytes, or nil where there are not so many.
  private static func take(_ count: Int, from file: Int32) -> Data? {
    var status = stat()
    // a damaged length must not ask for memory the file does not have
    guard fstat(file, &status) == 0, count <= Int(status.st_size) else { return nil }
    var result = Data(count: count)
    var start = 0
    while start < count {
      let got = result.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress! + start, count - start) }
      if got < 0, errno == EINTR { continue }
      guard got > 0 else { return nil }
      start += got
    }
    return result
  }
}
