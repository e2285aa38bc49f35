import BraidCore
import BraidNN
import BraidTensor
import BraidTesting
import Foundation
import Testing

@Suite struct FusionCheckTests {
  @Test(arguments: FusionCheck.all) func `a right fusion passes`(_ check: FusionCheck) throws {
    #expect(try check.violations(of: ToyFusion.self) == [])
  }

  /// Each mistake with the checks that must see it.
  static let mistakes: [(Mistake, [String])] = [
    (.attendsAcrossBatch, ["sample-independence"]),
    (.usesPlaceInBatch, ["batch-permutation", "sample-independence"]),
    (.ignoresSteps, ["masked-content", "extra-padding"]),
    (.ignoresPresence, ["masked-content", "nothing-present"]),
    (.countsPadding, ["extra-padding"]),
    (.dividesByNothing, ["nothing-present"]),
    (.treatsNoMaskDifferently, ["full-masks-are-neutral"]),
    (.forgetsParameter, ["every-parameter-learns"]),
    (.cancelsBias, ["every-parameter-learns"]),
    (.stopsGradient, ["every-parameter-learns", "gradients"]),
    (.wrongSign, ["gradients"]),
    (.forgetsInput, ["gradients"]),
    (.declaresOtherWidth, ["output-shape"]),
    (.overflows, ["extreme-values"]),
    (.ignoresSeed, ["same-seed-same-weights"]),
    (.remembersCalls, ["reproducible"]),
    (.gateOutsideRange, ["extras"]),
    (.attentionNotNormalized, ["extras"]),
    (.extraNotByBatch, ["extras"]),
    (.changesWhenWatched, ["extras"]),
  ]

  @Test(arguments: mistakes) func `a mistake is caught by the right checks`(_ mistake: Mistake, _ expected: [String])
    throws
  {
    let caught = try FusionCheck.all.filter { try !$0.violations(of: ToyFusion.self, .init(mistake)).isEmpty }.map(
      \.name)
    #expect(Set(expected).isSubset(of: caught), "caught by \(caught)")
  }

  @Test func `every mistake is in the list`() {
    #expect(Set(Self.mistakes.map(\.0)) == Set(Mistake.allCases).subtracting([.none]))
  }

  @Test func `some mistakes are seen by one check only, which is why it is there`() throws {
    func caught(_ mistake: Mistake) throws -> [String] {
      try FusionCheck.all.filter { try !$0.violations(of: ToyFusion.self, .init(mistake)).isEmpty }.map(\.name)
    }
    #expect(try caught(.attendsAcrossBatch) == ["sample-independence"])
    #expect(try caught(.countsPadding) == ["extra-padding"])
    #expect(try caught(.forgetsParameter) == ["every-parameter-learns"])
    #expect(try caught(.wrongSign) == ["gradients"])
    #expect(try caught(.changesWhenWatched) == ["extras"])
  }

  @Test func `lost options, a name no file can use and a fusion that joins nothing are caught`() throws {
    #expect(try FusionCheck.describesItself.violations(of: ForgetfulFusion.self).count == 3)
    #expect(try FusionCheck.optionsRoundTrip.violations(of: ForgetfulFusion.self, .init(width: 7)).count == 1)
    #expect(throws: BrokenPromise.self) { try FusionCheck.outputShape(ForgetfulFusion.self) }
  }

  @Test func `a broken promise says which, and where it was seen`() {
    #expect {
      try FusionCheck.everyParameterLearns(ToyFusion.self, .init(.forgetsParameter))
    } throws: { error in
      "\(error)".hasPrefix("toy: every declared parameter receives a gradient\n  [text sequence of 4] fusion.forgotten")
    }
  }
}

@Suite struct GuideTests {
  /// The page shows files that are compiled; this keeps the two the same.
  @Test func `Writing a fusion shows the files of Examples/OutsideFusion as they are`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = try String(contentsOf: root.appendingPathComponent("Guides/Writing a fusion.md"), encoding: .utf8)
    let example = root.appendingPathComponent("Examples/OutsideFusion")
    for file in [
      "Sources/MultiplicativeFusion/MultiplicativeFusion.swift",
      "Tests/MultiplicativeFusionTests/MultiplicativeFusionTests.swift",
      "Sources/OutsideBraid/OutsideBraid.swift",
    ] {
      let text = try String(contentsOf: example.appendingPathComponent(file), encoding: .utf8)
      #expect(page.contains("```swift\n\(text)```"), "\(file)")
      #expect(page.contains(file))
    }
    for check in FusionCheck.all { #expect(page.contains("| `\(check.name)` |")) }
  }
}
