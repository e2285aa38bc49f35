import BraidCore
import BraidTensor

/// Seeded splits.
public enum Splitter {
  /// A split for each sample, nil for samples left out.
  ///
  /// Samples stand in random order, one class after another; each goes to the split that is furthest behind its share. So the
  /// whole set and every class come within about one sample of the shares, whatever the sizes of the classes.
  /// - Parameters:
  ///   - classes: one a sample, or all the same where nothing is to be stratified.
  ///   - options: shares and seed; the column is not looked at.
  /// - Throws: `SetupError` for shares that are negative or more than 1 together.
  public static func splits(classes: [Int], options: SplitOptions) throws -> [Split?] {
    let shares = [options.train, options.validation, options.test]
    guard shares.allSatisfy({ $0 >= 0 && $0.isFinite }), shares.reduce(0, +) <= 1 + 1e-9 else {
      throw SetupError(
        "split: shares train \(options.train), validation \(options.validation), test \(options.test); "
          + "expected numbers from 0 that are at most 1 together.")
    }
    var stream = RandomStream(seed: UInt64(bitPattern: Int64(options.seed)), .split)
    let shuffled = stream.permutation(classes.count)
    let order =
      options.stratified
      ? Set(classes).sorted().flatMap { wanted in shuffled.filter { classes[$0] == wanted } } : shuffled
    let all = shares + [max(0, 1 - shares.reduce(0, +))]
    let names: [Split?] = [.train, .validation, .test, nil]
    var given = [0.0, 0, 0, 0]
    var result = [Split?](repeating: nil, count: classes.count)
    for (place, sample) in order.enumerated() {
      let behind = (0..<4).map { all[$0] > 1e-9 ? all[$0] * Double(place + 1) - given[$0] : -.infinity }
      let chosen = behind.indices.max { behind[$0] < behind[$1] - 1e-12 }!
      given[chosen] += 1
      result[sample] = names[chosen]
    }
    return result
  }
}
