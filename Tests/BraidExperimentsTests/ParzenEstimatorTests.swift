import BraidCore
import BraidTensor
import BraidTesting
import Foundation
import Testing

@testable import BraidExperiments

@Suite("The densities of the tree-structured Parzen estimator") struct ParzenEstimatorTests {
  private func worst(_ found: [Double], _ expected: [Double]) -> Double {
    #expect(found.count == expected.count && !expected.isEmpty)
    return zip(found, expected).map { abs($0 - $1) / max(abs($1), 1e-300) }.max() ?? .infinity
  }

  @Test(arguments: ["no-points", "one-point", "points", "ends-and-ties"])
  func `Densities, probabilities and widths are scipy's`(_ name: String) throws {
    let fixture = try Fixture("search/\(name)")
    let estimator = ParzenEstimator(try fixture.doubles("input.points"))
    let expected = try fixture.doubles("extra.widths")
    #expect(zip(estimator.widths, expected).allSatisfy { abs($0 - $1) < fixture.tolerance })
    #expect(estimator.widths.count == expected.count)
    #expect(
      worst(try fixture.doubles("input.x").map(estimator.density), try fixture.doubles("output")) < fixture.tolerance)
    let masses = zip(try fixture.doubles("input.low"), try fixture.doubles("input.high")).map {
      estimator.mass(of: $0...$1)
    }
    #expect(worst(masses, try fixture.doubles("extra.mass")) < fixture.tolerance)
  }

  @Test func `A learning rate's ratio of densities is estimated in its logarithm`() throws {
    let fixture = try Fixture("search/ratio")
    let domain = try SweepDomain(
      .map(["from": .number(1e-5), "to": .number(1e-1), "scale": .text("log")]), at: "axis")
    func estimator(_ name: String) throws -> AxisEstimator {
      AxisEstimator(domain, try fixture.doubles("input.\(name)").map(Setting.number))
    }
    let (l, g, at) = (try estimator("good"), try estimator("bad"), try fixture.doubles("input.at"))
    func ratio(_ rate: Double) -> Double {
      log(l.likelihood(of: .number(rate))) - log(g.likelihood(of: .number(rate)))
    }
    let expected = try fixture.doubles("output")
    #expect(zip(at.map(ratio), expected).allSatisfy { abs($0 - $1) < 1e-10 })
    // the candidate that is proposed is the one scipy's numbers put first
    let best = at[expected.indices.max { expected[$0] < expected[$1] }!]
    #expect(TreeParzenSearch.best(of: at.map(Setting.number), l, g) == .number(best))
  }

  @Test func `A whole number has the probability of what is rounded to it`() throws {
    let fixture = try Fixture("search/whole")
    let domain = try SweepDomain(
      .map(["from": .integer(1), "to": .integer(64), "scale": .text("log"), "whole": .bool(true)]), at: "axis")
    let estimator = AxisEstimator(domain, try fixture.doubles("input.points").map { .integer(Int($0)) })
    let found = (1...64).map { estimator.likelihood(of: .integer($0)) }
    #expect(worst(found, try fixture.doubles("output")) < 1e-10)
    #expect(abs(found.reduce(0, +) - 1) < 1e-12)
  }

  @Test func `A choice's probability is its count and one more`() throws {
    let fixture = try Fixture("search/choices")
    let estimator = ChoiceEstimator(try fixture.doubles("input.choices").map { Int($0) }, of: 4)
    #expect(worst(estimator.probabilities, try fixture.doubles("output")) < fixture.tolerance)
  }

  @Test func `Draws follow the densities they are drawn from`() {
    let parzen = ParzenEstimator([0.1, 0.15, 0.9]), choice = ChoiceEstimator([2, 2, 0], of: 4)
    var stream = RandomStream(seed: 3, .search)
    let count = 20_000
    var (tenths, chosen) = ([Double](repeating: 0, count: 10), [Double](repeating: 0, count: 4))
    for _ in 0..<count {
      tenths[min(Int(parzen.draw(&stream) * 10), 9)] += 1
      chosen[choice.draw(&stream)] += 1
    }
    // Pearson's statistic: above 27.9 (9 degrees of freedom) and 16.3 (3) in one of a thousand samples
    func statistic(_ found: [Double], _ expected: [Double]) -> Double {
      zip(found, expected).map { ($0 - $1 * Double(count)) * ($0 - $1 * Double(count)) / ($1 * Double(count)) }
        .reduce(0, +)
    }
    #expect(statistic(tenths, (0..<10).map { parzen.mass(of: Double($0) / 10...Double($0 + 1) / 10) }) < 27.9)
    #expect(statistic(chosen, choice.probabilities) < 16.3)
  }
}
