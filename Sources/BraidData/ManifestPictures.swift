import BraidCore
import BraidTensor
import CBraidCodecs
import Foundation

/// Pictures that rows of a manifest name, decoded by as many threads as computations use.
extension ManifestModality {
  func images(_ presence: [Bool], _ files: inout ManifestFiles) throws -> (SourceColumn.Content, [String]) {
    let (size, channels) = (options.size, options.channels)
    let colours = options.background.map { UInt8($0) }
    let background = (red: colours[0], green: colours[1], blue: colours[2])
    let fit: Fit =
      switch options.fit {
      case .stretch: .stretch;
      case .crop: .crop;
      case .pad: .pad
      }
    let reader = PictureReader(width: size, height: size, channels: channels, fit: fit, background: background)
    guard presence.count <= Int.max / 4 / reader.count else { throw SetupError("\(setting).size: too large.") }
    var pixels = [UInt8](repeating: 0, count: presence.count * reader.count)
    var paths = [String](repeating: "", count: presence.count)
    // Rows of files, to be decoded by threads; arrays, which rows share, are read here.
    var names = [String](repeating: "", count: presence.count)
    // Whichever thread meets one, the first row with an error is told of.
    var failures = [(any Error)?](repeating: nil, count: presence.count)
    var hasArrays = false
    for (place, row) in manifest.rows.enumerated() where presence[place] {
      do {
        try located(row) {
          let path = try manifest.text(row, column)!
          if ManifestFiles.isArray(path) {
            hasArrays = true
            let picture = try Picture(files.array(path), named: path)
            pixels.withUnsafeMutableBufferPointer {
              reader.write(picture, into: $0.baseAddress! + place * reader.count)
            }
          } else {
            names[place] = path
            paths[place] = files.url(path).path
          }
        }
      } catch {
        failures[place] = error
        break
      }
    }
    var digests = [String](repeating: "", count: presence.count)
    if ContentStore.current == nil || hasArrays || failures.contains(where: { $0 != nil }) {
      let known = Set(names.indices.filter { files.hasRead(names[$0]) })
      digests = try decode(names, files, reader, into: &pixels, failures) { place, bytes in
        known.contains(place) ? "" : SHA256.hex(bytes)
      }
    } else {
      digests = try self.digests(of: names, files)
      let settings = "\(size) \(channels) \(options.fit.rawValue) \(options.background)"
      let key = ContentKey(
        "pictures", ["1", settings, Codecs.version, SHA256.hex(digests.joined(separator: " ").utf8)])
      let expected = digests
      let kept = try ContentStore.once(key) {
        let found = try decode(names, files, reader, into: &pixels, failures) { SHA256.hex($1) }
        if let place = found.indices.first(where: { found[$0] != expected[$0] }) {
          throw manifest.error(manifest.rows[place], column, "\(names[place]) changed while it was read.")
        }
        return Data(pixels)
      }
      guard kept.count == pixels.count else { stop("kept pictures", "\(kept.count) bytes; expected \(pixels.count)") }
      pixels = [UInt8](kept)
    }
    for (place, name) in names.enumerated() where !digests[place].isEmpty {
      files.note(name, digest: digests[place])
    }
    return (.images(pixels, channels: channels, height: size, width: size), paths)
  }

  /// Decodes the named files into their places, and returns what `digest` gave of each file's bytes.
  /// - Throws: the first row's error; errors met before count as well.
  private func decode(
    _ names: [String], _ files: ManifestFiles, _ reader: PictureReader, into pixels: inout [UInt8],
    _ before: [(any Error)?], _ digest: (Int, [UInt8]) -> String
  ) throws -> [String] {
    var found = [String](repeating: "", count: names.count)
    try pixels.withUnsafeMutableBufferPointer { pixels in
      try found.withUnsafeMutableBufferPointer { found in
        try overFiles(names, files, before) { place, bytes in
          found[place] = digest(place, bytes)
          try reader.read(bytes, named: names[place], into: pixels.baseAddress! + place * reader.count)
        }
      }
    }
    return found
  }

  private func digests(of names: [String], _ files: ManifestFiles) throws -> [String] {
    var found = [String](repeating: "", count: names.count)
    try found.withUnsafeMutableBufferPointer { found in
      try overFiles(names, files, Array(repeating: nil, count: names.count)) { found[$0] = SHA256.hex($1) }
    }
    return found
  }

  /// Reads the named files by as many threads as computations use; rows without a name are passed over.
  private func overFiles(
    _ names: [String], _ files: ManifestFiles, _ before: [(any Error)?], _ body: (Int, [UInt8]) throws -> Void
  ) throws {
    var failures = before
    failures.withUnsafeMutableBufferPointer { failures in
      Parallel.split(names.count, work: .max) { range in
        for place in range where !names[place].isEmpty {
          do {
            try located(manifest.rows[place]) {
              try body(place, BraidData.bytes(of: files.url(names[place]), named: names[place]))
            }
          } catch {
            failures[place] = error
            return
          }
        }
      }
    }
    if let failure = failures.lazy.compactMap({ $0 }).first { throw failure }
  }
}

/// The libraries and code that turn files into pixels.
public enum Codecs {
  /// Changes whenever a decoded picture may: with the libraries, with the processor's kernels, and by hand (the first
  /// number) when our own code comes to give other pixels.
  public static var version: String { "1, \(String(cString: braid_codecs_version())), \(Threads.coreType)" }
}
