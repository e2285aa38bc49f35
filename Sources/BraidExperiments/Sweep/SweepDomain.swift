import BraidCore
import BraidTensor

/// What the values of a drawn axis come from, in a sweep's section `random` and in a search.
enum SweepDomain {
  case list([Setting])
  case range(SweepRange)

  init(_ written: Setting, at place: String) throws {
    switch written {
    case .list(let values) where !values.isEmpty: self = .list(values)
    case .map(let map): self = .range(try SweepRange(map, at: place))
    default: throw SetupError("\(place): found \(written) (\(written.kind)); expected a list, or from and to.")
    }
  }

  /// One value; all are equally likely, of a logarithmic range all orders of magnitude.
  func value(from stream: inout RandomStream) -> Setting {
    switch self {
    case .list(let values): values[Int(stream.below(UInt64(values.count)))]
    case .range(let range): range.number(at: Double(stream.uniform()))
    }
  }
}
