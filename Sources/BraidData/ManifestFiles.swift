import BraidCore
import BraidNN
import BraidTensor
import Foundation

/// The files a manifest refers to: reads each one once, notes its digest, and keeps arrays that many rows share.
struct ManifestFiles {
  private let folder: URL
  private var digests: [String: String] = [:]
  private var arrays: [String: NumericArray] = [:]
  private var safetensors: [String: Safetensors] = [:]

  init(folder: URL) { self.folder = folder }

  /// Where a path of the manifest leads.
  func url(_ path: String) -> URL {
    path.hasPrefix("/") ? URL(fileURLWithPath: path) : folder.appendingPathComponent(path)
  }

  /// The bytes of a file.
  mutating func read(_ path: String) throws -> [UInt8] {
    let bytes = try BraidData.bytes(of: url(path), named: path)
    if digests[path] == nil { digests[path] = SHA256.hex(bytes) }
    return bytes
  }

  /// Whether a file's digest is known.
  func hasRead(_ path: String) -> Bool { digests[path] != nil }

  /// Notes the digest of a file read elsewhere; the first one counts.
  mutating func note(_ path: String, digest: String) { if digests[path] == nil { digests[path] = digest } }

  /// Adds paths and digests of everything read to a digest, in the order of the paths.
  func update(_ hash: inout SHA256) {
    for (path, digest) in digests.sorted(by: { $0.key < $1.key }) {
      hash.update("\(path.utf8.count) \(path) \(digest)\n")
    }
  }

  /// Whether a cell names an array file: by its ending, before a `#`.
  static func isArray(_ reference: String) -> Bool {
    // a long list of numbers is told from a name without taking it apart
    if let last = reference.utf8.last, (0x30...0x39).contains(last) {
      var text = reference
      guard text.withUTF8({ memchr($0.baseAddress!, Int32(UInt8(ascii: "#")), $0.count) != nil }) else { return false }
    }
    let path = reference.split(separator: "#", maxSplits: 1).first.map { $0.lowercased() } ?? ""
    return [".npy", ".npz", ".safetensors", "-ubyte", "-ubyte.gz", ".idx", ".idx.gz"].contains { path.hasSuffix($0) }
  }

  /// An array: `a.npy`, `a.npy#3` (row 3, from 0), `a.npz#name`, `a.npz#name#3`, `a.safetensors#name`,
  /// `a.safetensors#name#3`, and IDX files as .npy ones.
  mutating func array(_ reference: String) throws -> NumericArray {
    var parts = reference.split(separator: "#", omittingEmptySubsequences: false).map(String.init)
    let path = parts.removeFirst()
    let lower = path.lowercased()
    let named = lower.hasSuffix(".npz") || lower.hasSuffix(".safetensors")
    if named, parts.isEmpty { throw SetupError("\(path): which array? Write \(path)#name, or \(path)#name#row.") }
    let key = named ? "\(path)#\(parts.removeFirst())" : path
    if arrays[key] == nil { try load(path, lower, key) }
    guard let array = arrays[key] else {
      let known = arrays.keys.filter { $0.hasPrefix("\(path)#") }.map { String($0.dropFirst(path.count + 1)) }.sorted()
      throw SetupError(
        "\(path): no array \"\(key.dropFirst(path.count + 1))\". Arrays: \(known.joined(separator: ", ")).")
    }
    guard let row = parts.first else { return array }
    guard parts.count == 1, let index = Int(row) else { throw SetupError("\(path): \"#\(row)\" is no row number.") }
    return try array.row(index, named: key)
  }

  private mutating func load(_ path: String, _ lower: String, _ key: String) throws {
    if lower.hasSuffix(".npz") {
      guard digests[path] == nil else { return }  // read before: the array is not in it
      for (name, array) in try NumPy.arrays(read(path), named: path) { arrays["\(path)#\(name)"] = array }
    } else if lower.hasSuffix(".safetensors") {
      do {
        let file = try safetensors[path] ?? Safetensors(Data(read(path)), named: path)
        safetensors[path] = file
        let name = String(key.dropFirst(path.count + 1))
        arrays[key] = NumericArray(.doubles(try file.doubles(name)), shape: try file.shape(name).dimensions)
      } catch let error as SafetensorsError { throw SetupError(error.description) }
    } else if lower.hasSuffix(".npy") {
      arrays[key] = try NumPy.array(read(path), named: path)
    } else {
      arrays[key] = try IDX.array(read(path), named: path)
    }
  }
}
