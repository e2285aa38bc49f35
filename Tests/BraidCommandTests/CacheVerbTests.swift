import BraidTesting
import Foundation
import Testing

@Suite("braid cache", .enabled(if: try needed(Braid.executable != nil, Braid.why), "\(Braid.why)"))
struct CacheVerbTests {
  private let experiment = """
    name: kept
    data: {manifest: {file: table.csv, modalities: {words: {kind: text}, number: {}}, split: {column: split}}}
    encoders: {words: {embedding: {width: 3}}, number: {mlp: {layers: [3]}}}
    frozen: [words]
    metrics: [accuracy]
    train: {epochs: 1}
    seeds: [1]
    compare: [concat, gated]
    """
  private let table = """
    words,number,label,split
    red sky,1,a,train
    blue sky,2,b,train
    red sea,3,a,val
    blue sea,4,b,test

    """

  @Test func `what runs keep is listed, used again, and cleared`() throws {
    let scratch = try Scratch(["kept.yaml": experiment, "table.csv": table])
    let store = scratch.path("store")
    func braid(_ arguments: String...) throws -> Braid.Ending {
      try Braid.run(arguments, in: scratch.url, environment: ["BRAID_CACHE": store, "BRAID_CACHE_LIMIT": "0.5"])
    }
    #expect(try braid("cache").out == "\(store): 0 kept, 0 bytes of at most 500.0 MB\n")
    let run = try braid("run", "kept.yaml", "--no-report")
    #expect(run.status == 0, "\(run.err)")
    let listed = try braid("cache").out
    #expect(listed.hasPrefix("\(store): 4 kept, ") && listed.contains("\n  features: 3, "), "\(listed)")
    #expect(listed.contains("\n  words: 1, "))
    let again = try braid("run", "kept.yaml", "--no-report", "--folder", "elsewhere")
    #expect(again.status == 0)
    #expect(try braid("cache").out == listed)
    #expect(try braid("cache", "--clear").out == "\(store): cleared\n")
    #expect(!FileManager.default.fileExists(atPath: store))
  }

  @Test func `off means off, and a limit that is no number is refused`() throws {
    #expect(try Braid.run(["cache"]).out == "Nothing is kept: BRAID_CACHE is off.\n")
    let ending = try Braid.run(["cache"], environment: ["BRAID_CACHE_LIMIT": "lots"])
    #expect(ending.status == 1)
    #expect(ending.err == "error: BRAID_CACHE_LIMIT: found \"lots\"; expected a number of gigabytes, such as 20.\n")
  }
}
