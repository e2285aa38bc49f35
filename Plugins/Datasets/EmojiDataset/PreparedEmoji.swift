import BraidCore
import BraidData
import Foundation

/// One row of a prepared folder's manifest, with its picture.
struct PreparedEmoji {
  let identifier: String
  let file: URL
  let png: [UInt8]
  let name: String
  let keywords: [String]
  let group: String
  let subgroup: String
  /// Identifier of the first of its near twins.
  let twins: String

  /// Reads a prepared folder and checks it against its digest.
  /// - Throws: `SetupError` when it is not prepared or was changed since.
  static func read(_ folder: URL) throws -> [PreparedEmoji] {
    guard EmojiPreparation.isPrepared(folder) else {
      throw SetupError("\(folder.path): the emoji data is not prepared there. Run: braid data prepare emoji")
    }
    let manifest = folder.appendingPathComponent("manifest.csv")
    let text = try bytes(of: manifest)
    let rows = try CSV.rows(text, named: manifest.path).map(\.fields)
    guard rows.first == EmojiPreparation.columns else {
      throw changed(folder, "the first line of manifest.csv is not \(EmojiPreparation.columns.joined(separator: ","))")
    }
    var pictures = SHA256()
    let emoji = try rows.dropFirst().map { row in
      // The file's name follows from the identifier: a manifest never leads out of its folder.
      guard row[0].allSatisfy({ $0.isHexDigit || $0 == "-" }) else { throw changed(folder, "identifier \"\(row[0])\"") }
      let file = folder.appendingPathComponent("images/\(row[0]).png")
      let png = try bytes(of: file)
      pictures.update(png)
      return PreparedEmoji(
        identifier: row[0], file: file, png: png, name: row[2],
        keywords: row[3].split(separator: "|").map(trimmed).filter { !$0.isEmpty }, group: row[4], subgroup: row[5],
        twins: row[6])
    }
    let expected = String(decoding: try bytes(of: folder.appendingPathComponent("digest.txt")), as: UTF8.self)
    guard expected == EmojiPreparation.digest(manifest: text, pictures: pictures) else {
      throw changed(folder, "manifest.csv or a picture is not what digest.txt says")
    }
    return emoji
  }

  /// The pictures of rows that `read` returned, `[rows, 3, size, size]`: decoded once for all processes that share a store.
  static func pixels(of rows: [PreparedEmoji], in folder: URL, size: Int) throws -> [UInt8] {
    let digest = String(decoding: try bytes(of: folder.appendingPathComponent("digest.txt")), as: UTF8.self)
    let names = rows.map(\.identifier).joined(separator: " ")
    let kept = try ContentStore.once(
      ContentKey("pictures", ["emoji 1", digest, "\(size)", Codecs.version, SHA256.hex(names.utf8)])
    ) {
      var pixels: [UInt8] = []
      pixels.reserveCapacity(rows.count * 3 * size * size)
      for row in rows {
        let picture = try Picture.decode(row.png, named: row.file.path).resized(width: size, height: size)
        for channel in 0..<3 {  // [3, size, size]: planes
          for pixel in 0..<(size * size) { pixels.append(picture.pixels[pixel * 3 + channel]) }
        }
      }
      return Data(pixels)
    }
    return [UInt8](kept)
  }

  private static func changed(_ folder: URL, _ what: String) -> SetupError {
    SetupError("\(folder.path): changed since it was prepared (\(what)). Run again: braid data prepare emoji")
  }
}
