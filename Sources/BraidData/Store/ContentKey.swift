/// What a piece of kept work is called: everything its content depends on.
///
/// Two keys are equal exactly when their kind and facts are; the store keeps content under the SHA-256 of the text, with
/// the text beside it.
public struct ContentKey: Sendable, Hashable {
  /// What it is, for lists: `pictures`, `words`, `features`.
  public let kind: String
  /// Kind and facts, one a line; each fact with its length before it, so that no two lists of facts give one text.
  public let text: String

  /// - Parameter facts: everything the content depends on: the version of the code that makes it, its settings, digests of
  ///   what goes in, libraries and build where they decide bits.
  public init(_ kind: String, _ facts: [String]) {
    self.kind = kind
    text = "\(kind)\n" + facts.map { "\($0.utf8.count) \($0)\n" }.joined()
  }

  /// The name it is kept under: 64 hexadecimal digits.
  var address: String { SHA256.hex(Array(text.utf8)) }
}
