import BraidTensor

/// Throws a `SetupError` with this text unless the condition holds: for checks of options and specifications.
public func require(_ condition: Bool, _ text: @autoclosure () -> String) throws {
  if !condition { throw SetupError(text()) }
}

extension Activation: Choice {}
