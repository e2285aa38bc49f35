import BraidCore
import Testing

@testable import BraidTesting

@Suite("What a test needs of the machine") struct NeededTests {
  @Test func `is a reason to skip it, and to fail where every test is asked for`() throws {
    for environment in [[:], ["BRAID_ALL_TESTS": "1"]] {
      #expect(try needed(true, "there is no font", environment: environment))
    }
    #expect(try !needed(false, "there is no font", environment: ["BRAID_ALL_TESTS": "0"]))
    let error = #expect(throws: SetupError.self) {
      try needed(false, "there is no font", environment: ["BRAID_ALL_TESTS": "1"])
    }
    #expect(
      error?.description == "BRAID_ALL_TESTS=1 asks for every test, and this one cannot run: there is no font.")
  }
}
