import BraidTesting
import MultiplicativeFusion
import Testing

@Test(arguments: FusionCheck.all)
func `multiplicative keeps what every fusion promises`(_ check: FusionCheck) throws {
  try check(MultiplicativeFusion.self, .init(width: 5))
}
