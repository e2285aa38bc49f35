import BraidCore
import BraidTensor

/// Splits of a data set whose samples come in clusters that must not be divided.
enum TwinSplit {
  /// A split for each sample: seeded, stratified by class, a cluster always whole.
  ///
  /// Class by class, largest clusters first (equal ones in random order), each cluster goes to a split drawn with
  /// probabilities proportional to what each split still lacks, among those where it fits. So every sample has about
  /// the same chance to be in each split, and the single samples at the end make the sizes come out. A cluster's class
  /// is that of its first member.
  /// - Parameters:
  ///   - clusters: of each sample, any numbers.
  ///   - classes: of each sample.
  ///   - trainShare: only this share of each class's training samples is kept; the others get nil.
  /// - Throws: `SetupError` for shares that make no sense.
  static func splits(
    clusters: [Int], classes: [Int], shares: EmojiOptions.Shares, trainShare: Double = 1
  ) throws -> [Split?] {
    let wanted = [shares.train, shares.validation, shares.test]
    guard wanted.allSatisfy({ $0 > 0 }), abs(wanted.reduce(0, +) - 1) < 1e-6 else {
      throw SetupError(
        "split: shares train \(shares.train), validation \(shares.validation), test \(shares.test); "
          + "expected numbers above 0 that are 1 together.")
    }
    guard trainShare > 0, trainShare <= 1 else {
      throw SetupError("trainShare: found \(trainShare); expected a number above 0, at most 1.")
    }
    var random = RandomStream(seed: UInt64(bitPattern: Int64(shares.seed)), .split, path: "near twins")
    var members: [Int: [Int]] = [:]
    for (sample, cluster) in clusters.enumerated() { members[cluster, default: []].append(sample) }
    let whole = members.values.sorted { $0[0] < $1[0] }

    var result = [Split?](repeating: nil, count: clusters.count)
    for label in Set(classes).sorted() {
      let here = whole.filter { classes[$0[0]] == label }
      let total = here.reduce(0) { $0 + $1.count }
      var lacking = wanted.map { $0 * Double(total) }
      let order = random.permutation(here.count).map { here[$0] }.enumerated()
        .sorted { ($1.element.count, $0.offset) < ($0.element.count, $1.offset) }.map(\.element)
      for cluster in order {
        let size = Double(cluster.count)
        let fits = lacking.map { $0 >= size - 0.5 ? max($0, 0) : 0 }
        let sum = fits.reduce(0, +)
        var chosen = lacking.indices.max { lacking[$0] < lacking[$1] }!  // where it fits nowhere
        if sum > 0 {
          var point = Double(random.uniform()) * sum
          for split in fits.indices where fits[split] > 0 {
            chosen = split
            point -= fits[split]
            if point < 0 { break }
          }
        }
        lacking[chosen] -= size
        for sample in cluster { result[sample] = Split.allCases[chosen] }
      }
      guard trainShare < 1 else { continue }
      // A stream of its own: the split stays the same whatever the share.
      var random = RandomStream(
        seed: UInt64(bitPattern: Int64(shares.seed)), .split, path: "training share", step: UInt64(label))
      let training = result.indices.filter { result[$0] == .train && classes[$0] == label }
      let kept = max(1, Int((trainShare * Double(training.count)).rounded()))
      for place in random.permutation(training.count).dropFirst(kept) { result[training[place]] = nil }
    }
    return result
  }
}
