import BraidNN
import BraidTensor

/// How far numbers are from the expected ones, element by element.
///
/// The error of one element is `|found − expected| / max(|expected|, rms)` with rms the root mean square of all
/// expected elements: relative, without asking digits of an element that float32 rounding of its neighbours has taken
/// away. Where all expected elements are 0 it is `|found|`. Two NaNs, or two equal infinities, agree; otherwise they
/// are infinitely far.
public struct Closeness: Sendable, CustomStringConvertible {
  /// What was compared, for messages.
  public let name: String
  /// The largest error.
  public let worst: Double
  /// The element it belongs to (row-major), and the two numbers there.
  public let index: Int
  /// The number found there.
  public let found: Double
  /// The number expected there.
  public let expected: Double
  /// The largest error that is accepted.
  public let tolerance: Double
  /// Why no element was compared, such as shapes that differ.
  public let obstacle: String?

  /// Whether the numbers are as near as the tolerance asks.
  public var isWithin: Bool { obstacle == nil && worst <= tolerance }

  /// Compares numbers one by one.
  public init(_ name: String, _ found: [Double], _ expected: [Double], tolerance: Double) {
    (self.name, self.tolerance) = (name, tolerance)
    guard found.count == expected.count else {
      obstacle = "\(found.count) elements; expected \(expected.count)"
      (worst, index, self.found, self.expected) = (.infinity, 0, .nan, .nan)
      return
    }
    obstacle = nil
    let finite = expected.filter(\.isFinite)
    let rms = finite.isEmpty ? 0 : (finite.reduce(0) { $0 + $1 * $1 } / Double(finite.count)).squareRoot()
    var worst = 0.0
    var place = 0
    for index in expected.indices {
      let (f, e) = (found[index], expected[index])
      var error = 0.0
      if e.isFinite && f.isFinite {
        let scale = max(abs(e), rms)
        error = scale > 0 ? abs(f - e) / scale : abs(f)
      } else if !(f == e || (f.isNaN && e.isNaN)) {
        error = .infinity
      }
      if error > worst { (worst, place) = (error, index) }
    }
    (self.worst, index) = (worst, place)
    (self.found, self.expected) = expected.isEmpty ? (0, 0) : (found[place], expected[place])
  }

  /// A comparison that could not be made.
  public init(_ name: String, obstacle: String) {
    (self.name, self.obstacle) = (name, obstacle)
    (worst, index, found, expected, tolerance) = (.infinity, 0, .nan, .nan, 0)
  }

  public var description: String {
    if let obstacle { return "\(name): \(obstacle)" }
    return
      "\(name): relative error \(worst) at element \(index) (found \(found), expected \(expected)); "
      + "tolerance \(tolerance)"
  }
}

/// Thrown where numbers are not what they should be. A test that lets it pass fails with the description.
public struct Mismatch: Error, CustomStringConvertible {
  public let description: String
  /// A mismatch in this sentence.
  public init(_ description: String) { self.description = description }
}

extension Fixture {
  /// Compares a tensor with the golden one of this name: shape first, then every element.
  /// `ErrorTable` notes the error.
  /// - Parameters:
  ///   - found: nil counts as zeros (a gradient of something the result does not depend on).
  ///   - tolerance: the fixture's own by default.
  public func closeness(of found: Tensor?, to name: String, tolerance: Double? = nil) throws -> Closeness {
    let shape = try file.shape(name)
    let found = found ?? .zeros(shape)
    let title = "\(self.name) \(name)"
    guard found.shape == shape else { return Closeness(title, obstacle: "shape \(found.shape); expected \(shape)") }
    let closeness = try Closeness(
      title, found.elements.map(Double.init), doubles(name), tolerance: tolerance ?? self.tolerance)
    ErrorTable.note(closeness, self)
    return closeness
  }

  /// The comparisons that fail, as sentences: `#expect(try fixture.violations([("output", y)]) == [])`.
  public func violations(_ found: [(name: String, tensor: Tensor?)], tolerance: Double? = nil) throws -> [String] {
    try found.map { try closeness(of: $0.tensor, to: $0.name, tolerance: tolerance) }
      .filter { !$0.isWithin }.map(\.description)
  }
}

/// Compares a tensor with a golden one and returns the worst relative error.
/// - Throws: `Mismatch` with the element, both numbers and the tolerance when it is not close.
@discardableResult
public func expectClose(_ found: Tensor?, _ fixture: Fixture, _ name: String, _ tolerance: Double? = nil) throws
  -> Double
{
  let closeness = try fixture.closeness(of: found, to: name, tolerance: tolerance)
  guard closeness.isWithin else { throw Mismatch(closeness.description) }
  return closeness.worst
}

/// Compares a tensor with numbers worked out by hand and returns the worst relative error. Throws `Mismatch` like the
/// above.
@discardableResult
public func expectClose(_ found: Tensor, _ expected: [Double], _ tolerance: Double = 1e-6) throws -> Double {
  let closeness = Closeness("tensor \(found.shape)", found.elements.map(Double.init), expected, tolerance: tolerance)
  guard closeness.isWithin else { throw Mismatch(closeness.description) }
  return closeness.worst
}
