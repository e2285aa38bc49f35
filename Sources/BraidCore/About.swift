/// What a part says of itself: shown by `braid list` and `braid describe`.
public struct About: Sendable, Hashable {
  /// The name used in experiment files: lower case, words joined by `-`.
  public let name: String
  /// One line.
  public let summary: String
  /// The equation, in the notation of the guides: row vectors, `[a; b]` concatenation, `∘` element-wise, `⊗` outer product.
  public let equation: String
  /// Author, year, title, number (arXiv, DOI); empty for textbook methods.
  public let paper: String
  /// Raised whenever the part computes something else with the same settings: runs of older versions are then stale.
  public let version: Int
  /// A part by its name, in a sentence, with its equation, its source, and a version that changes with its results.
  public init(_ name: String, _ summary: String, equation: String = "", paper: String = "", version: Int = 1) {
    (self.name, self.summary, self.equation, self.paper) = (name, summary, equation, paper)
    self.version = version
  }
}

/// What every kind of part has: a description and options.
public protocol Part: SendableMetatype {
  associatedtype Options: PartOptions
  static var about: About { get }
}
