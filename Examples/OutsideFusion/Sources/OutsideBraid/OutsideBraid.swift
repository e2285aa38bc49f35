import BraidCommand
import BraidCore
import MultiplicativeFusion
import StandardParts

/// The whole `braid` command with one fusion more.
@main struct OutsideBraid {
  static func main() async { await BraidCommand.main(.standard.adding(MultiplicativeFusion.self)) }
}
