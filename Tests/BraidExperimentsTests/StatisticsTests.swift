import BraidTesting
import Testing

@testable import BraidExperiments

@Suite("Statistics of a comparison") struct StatisticsTests {
  /// The largest relative error of any element: tails are judged by their own size, not by the largest of them.
  private func worst(_ found: [Double], _ expected: [Double]) -> Double {
    zip(found, expected).map { found, expected in
      found == expected ? 0 : abs(found - expected) / max(abs(expected), 1e-300)
    }.max() ?? .infinity
  }

  @Test func `Tails of Student's t are mpmath's, each to its own last digits`() throws {
    let fixture = try Fixture("statistics/student-t")
    let (t, degrees) = (try fixture.doubles("input.t"), try fixture.doubles("input.degrees"))
    let tails = zip(t, degrees).map { StudentT.twoSidedTail($0, degrees: $1) }
    let below = zip(t, degrees).map { StudentT.cumulative(-$0, degrees: $1) }
    let expected = try fixture.doubles("output")
    #expect(expected.filter { $0 > 0 }.min()! < 1e-100)  // the fixture reaches far into the tail
    #expect(worst(tails, expected) < fixture.tolerance)
    #expect(worst(below, try fixture.doubles("extra.cumulative")) < fixture.tolerance)
  }

  @Test func `A comparison with one degree of freedom more would be noticed`() throws {
    let fixture = try Fixture("statistics/student-t")
    let (t, degrees) = (try fixture.doubles("input.t"), try fixture.doubles("input.degrees"))
    let wrong = zip(t, degrees).map { StudentT.twoSidedTail($0, degrees: $1 + 1) }
    #expect(worst(wrong, try fixture.doubles("output")) > 0.1)
  }

  @Test func `Critical values are scipy's`() throws {
    let fixture = try Fixture("statistics/student-t-critical")
    let (tail, degrees) = (try fixture.doubles("input.tail"), try fixture.doubles("input.degrees"))
    let found = zip(tail, degrees).map { StudentT.critical(tail: $0, degrees: $1) }
    #expect(worst(found, try fixture.doubles("output")) < fixture.tolerance)
  }

  @Test func `The incomplete beta function and log-gamma are mpmath's`() throws {
    let fixture = try Fixture("statistics/incomplete-beta")
    let (x, a, b) = (try fixture.doubles("input.x"), try fixture.doubles("input.a"), try fixture.doubles("input.b"))
    let found = x.indices.map { StudentT.incompleteBeta(x[$0], complement: 1 - x[$0], a[$0], b[$0]) }
    #expect(worst(found, try fixture.doubles("output")) < fixture.tolerance)
    let expected = try fixture.doubles("extra.log-gamma")  // passes through zero at 2, hence absolute
    #expect(zip(a, expected).allSatisfy { abs(StudentT.logGamma($0) - $1) < 1e-13 * max(1, abs($1)) })
  }

  @Test func `What is not defined is not a number`() {
    #expect(StudentT.twoSidedTail(1, degrees: 0).isNaN)
    #expect(StudentT.twoSidedTail(.nan, degrees: 3).isNaN)
    #expect(StudentT.critical(tail: 0, degrees: 3).isNaN)
    #expect(StudentT.twoSidedTail(.infinity, degrees: 3) == 0)
  }

  @Test func `Means, deviations, intervals, paired tests and Holm's correction are scipy's`() throws {
    let fixture = try Fixture("statistics/paired")
    let reference = try fixture.doubles("input.reference"), all = try fixture.doubles("input.rows")
    let rows = (0..<4).map { row in Array(all[row * 5..<row * 5 + 5]) }
    let estimates = rows.map { Estimate($0) }
    let differences = rows.map { Difference($0, minus: reference) }
    func check(_ name: String, _ found: [Double?]) throws {
      #expect(worst(found.map { $0 ?? .nan }, try fixture.doubles("extra.\(name)")) < fixture.tolerance, "\(name)")
    }
    try check("mean", estimates.map(\.mean))
    try check("deviation", estimates.map(\.deviation))
    try check("low", estimates.map { $0.interval?.low })
    try check("high", estimates.map { $0.interval?.high })
    try check("t", differences.map(\.t))
    try check("p", differences.map(\.p))
    try check("difference-low", differences.map { $0.estimate.interval?.low })
    try check("difference-high", differences.map { $0.estimate.interval?.high })
    try check("holm", Difference.holm(differences.map(\.p)))
  }

  @Test func `Pairing is by seed: the same values in another order give another test`() throws {
    let fixture = try Fixture("statistics/paired")
    let reference = try fixture.doubles("input.reference"), row = Array(try fixture.doubles("input.rows")[0..<5])
    #expect(Difference(row, minus: reference).p != Difference(row, minus: reference.reversed()).p)
  }

  @Test func `One seed has a mean and no interval`() {
    let one = Estimate([0.5])
    #expect(one.mean == 0.5 && one.count == 1 && one.deviation == nil && one.interval == nil)
    let difference = Difference([0.5], minus: [0.25])
    #expect(difference.estimate.mean == 0.25 && difference.p == nil && difference.t == nil)
  }

  @Test func `No value at all has no mean`() {
    #expect(Estimate([nil, .nan]).mean == nil)
    #expect(Estimate([nil, .nan]).count == 0)
  }

  @Test func `A failed seed leaves its pair out`() {
    let difference = Difference([1, nil, 3, 5], minus: [0, 1, nil, 1])
    #expect(difference.estimate.values == [1, nil, nil, 4])
    #expect(difference.estimate.count == 2 && difference.estimate.mean == 2.5)
  }

  @Test func `Rows that agree on every seed differ with p = 1, and equal differences allow no test`() {
    #expect(Difference([0.1, 0.2], minus: [0.1, 0.2]).p == 1)
    #expect(Difference([0.3, 0.4, 0.5], minus: [0.1, 0.2, 0.3]).p == nil)
  }

  @Test func `Holm multiplies the smallest most, keeps the order and stops at 1`() {
    // 0.01 × 4, 0.02 × 3, 0.03 × 2 = 0.06, no less than 0.06 before it, 0.9 × 1
    #expect(close(Difference.holm([0.9, 0.01, 0.03, 0.02]), [0.9, 0.04, 0.06, 0.06]))
    #expect(close(Difference.holm([0.5, 0.6]), [1, 1]))
    #expect(Difference.holm([nil, 0.5]) == [nil, 0.5])  // a test that was not made does not count
    #expect(Difference.holm([]).isEmpty)
  }

  private func close(_ found: [Double?], _ expected: [Double]) -> Bool {
    zip(found, expected).allSatisfy { abs(($0 ?? .nan) - $1) < 1e-12 } && found.count == expected.count
  }
}
