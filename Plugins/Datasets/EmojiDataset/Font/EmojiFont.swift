import BraidCore
import Foundation

/// A colour font with bitmap pictures (Noto Color Emoji in its CBDT form): from code points to PNG files.
///
/// Reads the `cmap` (format 12), the first ligature lookup of `GSUB`, and the largest strike of `CBLC`/`CBDT`, as
/// defined by the OpenType specification 1.9. Nothing in a font is executed; damaged fonts throw `SetupError` naming
/// file, table, offset.
public struct EmojiFont: Sendable {
  private let characters: CharacterMap
  private let ligatures: Ligatures
  private let strike: BitmapStrike

  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - file: its name, for messages.
  public init(_ bytes: [UInt8], file: String) throws {
    let tables = try FontTables(bytes, file: file)
    strike = try BitmapStrike(tables)  // first: the plainest message for a font of another kind
    characters = try CharacterMap(tables)
    ligatures = try Ligatures(tables)
  }

  /// Number of code points the font maps.
  public var mappedCodePoints: Int { characters.count }
  /// Number of glyph sequences that have one glyph of their own.
  public var ligatureCount: Int { ligatures.glyphs.count }
  /// Pixels an em of the pictures.
  public var pixelsPerEm: Int { strike.pixelsPerEm }
  /// Number of glyphs with a picture; reads the whole index.
  public func pictureCount() throws -> Int { try strike.pictures() }

  /// The one glyph that draws a sequence, nil when the font has none. Variation selector 16 (U+FE0F) is ignored.
  public func glyph(for sequence: [UInt32]) -> Int? {
    var glyphs: [Int] = []
    for point in sequence where point != 0xFE0F {
      guard let glyph = characters.glyph(point) else { return nil }
      glyphs.append(glyph)
    }
    return glyphs.count == 1 ? glyphs[0] : ligatures.glyphs[glyphs]
  }

  /// The PNG file that draws a sequence, byte for byte as in the font; nil when the font has no single picture for it.
  public func picture(of sequence: [UInt32]) throws -> [UInt8]? {
    try glyph(for: sequence).flatMap { try strike.picture($0) }
  }
}
