import BraidCommand
import BraidCore
import StandardParts

/// The executable `braid`: the whole command over the standard parts.
@main struct BraidMain {
  static func main() async { await BraidCommand.main(.standard) }
}
