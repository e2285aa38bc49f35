/// Stops the program because the caller's code is wrong (shapes, indices, order of calls).
///
/// Unlike `precondition`, whose message is dropped in release builds, the message is printed in every configuration. A mistake
/// in a person's file or data is not this: it is thrown (`SetupError` in BraidCore).
/// - Parameters:
///   - operation: the operation's name as the user wrote it, such as `matmul`.
///   - why: what was found, with every shape, and what was expected.
@inline(never)
public func stop(_ operation: String, _ why: @autoclosure () -> String) -> Never {
  fatalError("\(operation): \(why())")
}

/// Where a mistake is, for messages: an operation, or the layer that calls it.
struct Caller {
  let operation: StaticString
  /// Path of the layer's weight.
  var layer: String?
  /// The layer if one is known: it says more than the operation it consists of.
  var name: String { layer ?? "\(operation)" }
}
