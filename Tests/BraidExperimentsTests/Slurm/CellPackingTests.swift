import Testing

@testable import BraidExperiments

@Suite("Which cells a task of a cluster trains") struct CellPackingTests {
  /// Six cells: `left only`, `join` and `scaled`, two seeds each.
  private let cells: [Plan.Cell]
  init() throws { cells = try Toy.plan().cells }

  private func sizes(_ seconds: [String: Double]) -> [Int] { sizes(0, seconds) }
  private func sizes(_ count: Int, _ seconds: [String: Double]) -> [Int] {
    var options = SlurmOptions()
    options.cellsPerTask = count
    let packs = CellPacking(options, seconds).packs(of: cells)
    #expect(packs.flatMap { $0 }.map(\.id) == cells.map(\.id), "each once, in order")
    return packs.map(\.count)
  }

  @Test func `As many as the settings say, whatever they take`() {
    #expect(sizes(4, ["join": 1e6]) == [4, 2])
    #expect(sizes(1, [:]) == [1, 1, 1, 1, 1, 1])
    #expect(sizes(6, [:]) == [6] && sizes(100, [:]) == [6])
  }

  @Test func `Left to themselves, as many as take a minute`() {
    #expect(sizes(["left only": 1, "join": 2, "scaled": 3]) == [6])
    #expect(sizes(["left only": 15, "join": 15, "scaled": 15]) == [4, 2], "a minute, and not more")
    #expect(sizes(["left only": 1, "join": 50, "scaled": 5]) == [3, 3])
  }

  @Test func `A cell that takes longer, or nobody knows how long, has a task of its own`() {
    #expect(sizes(["left only": 1, "join": 100, "scaled": 1]) == [2, 1, 1, 2])
    #expect(sizes(["left only": 1, "scaled": 1]) == [2, 1, 1, 2])
    #expect(sizes([:]) == [1, 1, 1, 1, 1, 1])
  }

  @Test func `Nothing to do is no task`() {
    #expect(CellPacking(SlurmOptions(), [:]).packs(of: []).isEmpty)
  }

  @Test func `Only Slurm's packs need times, and only where nobody has said how many`() {
    var options = SlurmOptions()
    #expect(Launcher.slurm(options).needsTimes && !Launcher.local.needsTimes)
    options.cellsPerTask = 1
    #expect(!Launcher.slurm(options).needsTimes)
  }
}
