import BraidCore

extension Catalogue {
  /// Every shipped part: the one list. A part that is not here is in no experiment file.
  public static var standard: Catalogue {
    let catalogue = Catalogue()
    return catalogue
  }
}
