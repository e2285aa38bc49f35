import BraidTesting
import BraidCore
import Foundation
import StandardParts
import Testing

@Suite(
  "What the verbs print and how they end", .enabled(if: try needed(Braid.executable != nil, Braid.why), "\(Braid.why)"))
struct VerbTests {
  @Test(arguments: [
    (
      ["describe", "fusion", "gatd"],
      "error: no fusion is called \"gatd\". Known: attention, co-attention, concat, gated, tensor. Did you mean \"gated\"?\n"
    ),
    (
      ["describe", "fusion", "zzzzzz"],
      "error: no fusion is called \"zzzzzz\". Known: attention, co-attention, concat, gated, tensor.\n"
    ),
    (
      ["describe", "fusion", "gated", "--inputs", "text"],
      "error: --inputs: found \"text\"; expected name:width, such as text:300.\n"
    ),
    (
      ["describe", "fusion", "gated", "--inputs", "text:0"],
      "error: --inputs: found \"text:0\"; expected name:width, such as text:300.\n"
    ),
    (
      ["nonsense"],
      "Error: Unexpected argument 'nonsense'\nUsage: braid <subcommand>\n  See 'braid --help' for more information.\n"
    ),
    (
      ["report", "/nowhere"],
      "error: /nowhere: no such file or folder; expected an experiment file or the folder of its runs.\n"
    ),
    (["run", "nowhere.yaml"], "error: nowhere.yaml: no such file.\n"),
    (["check", "nowhere.yaml"], "error: nowhere.yaml: no such file.\n"),
    (
      ["predict", "nowhere", "--split", "exam"], "error: --split: found \"exam\"; expected train, validation or test.\n"
    ),
    (
      ["data", "prepare", "emojii"],
      "error: no data set called \"emojii\" can be prepared. Known: emoji. Did you mean \"emoji\"?\n"
    ),
    (["data", "prepare", "emoji", "--again", "--set", "font"], "error: --set: found \"font\"; expected key=value.\n"),
    (
      ["probe", "--part", "gated", "--tensors", "x", "--out", "y"],
      "error: --part: found \"gated\"; expected kind:name with a kind of encoder, fusion, head, loss, such as fusion:gated.\n"
    ),
    (
      ["probe", "--part", "fusion:gated", "--tensors", "nowhere", "--out", "y"],
      "error: nowhere: no such file, or it may not be read.\n"
    ),
  ])
  func `a mistake is said in one sentence, with exit status 1 and nothing on standard output`(
    _ arguments: [String], _ complaint: String
  ) async throws {
    #expect(try Braid.run(arguments) == Braid.Ending(status: 1, out: "", err: complaint))
    #expect(await status(arguments) == 1)
  }

  @Test func `list names every part of the catalogue, by kind`() throws {
    let catalogue = Catalogue.standard
    let json = try Braid.json(["list"])
    func names(_ kind: String) -> [String] {
      guard case .list(let rows)? = json[kind] else { return [] }
      return rows.compactMap { if case .text(let name)? = $0["name"] { name } else { nil } }
    }
    #expect(names("fusion") == catalogue.fusions.keys.sorted() && names("encoder") == catalogue.encoders.keys.sorted())
    #expect(names("head") == catalogue.heads.keys.sorted() && names("loss") == catalogue.losses.keys.sorted())
    #expect(names("metric") == catalogue.metrics.keys.sorted() && names("data") == catalogue.datasets.keys.sorted())
    guard case .map(let one) = try Braid.json(["list", "fusion"]) else { return #expect(Bool(false), "no map") }
    #expect(Array(one.keys) == ["fusion"])
    let text = try Braid.run(["list", "fusion"]).out.split(separator: "\n")
    #expect(
      text.first == "fusion"
        && text.dropFirst().map { $0.split(separator: " ")[0] } == catalogue.fusions.keys.sorted().map { $0[...] })
  }

  @Test func `describe lists the parameters that are made, with paths and shapes`() throws {
    let gated = try Braid.run(["describe", "fusion", "gated"]).out
    #expect(
      gated.contains(
        """
        Parameters, for vectors first of width 8, second of width 6:
          value.first.weight [8, 64]
          value.second.weight [6, 64]
          gate.first.weight [14, 64]
          gate.second.weight [14, 64]

        """))
    #expect(gated.contains("  gates: \"independent\"\n") && gated.contains("Source: Arevalo et al. 2017"))
    let tensor = try Braid.json(["describe", "fusion", "tensor", "--inputs", "a:3,b:2,c:4"])
    // (3 + 1)(2 + 1)(4 + 1)
    #expect(
      tensor["parameters"]
        == .map(["weight": .list([.integer(60), .integer(64)]), "bias": .list([.integer(64)])]))
    #expect(tensor["settings"]?["width"] == .integer(64) && tensor["facts"]?["accepts"] == .text("vectors"))
  }

  @Test func `every part can be described`() throws {
    let catalogue = Catalogue.standard
    let parts: [(String, [String])] = [
      ("encoder", Array(catalogue.encoders.keys)), ("fusion", Array(catalogue.fusions.keys)),
      ("head", Array(catalogue.heads.keys)),
      ("loss", Array(catalogue.losses.keys)), ("metric", Array(catalogue.metrics.keys)),
      ("data", Array(catalogue.datasets.keys)),
    ]
    for (kind, names) in parts {
      #expect(!names.isEmpty)
      for name in names {
        let json = try Braid.json(["describe", kind, name])
        #expect(json["name"] == .text(name) && json["kind"] == .text(kind))
        guard kind == "fusion" || kind == "encoder" || kind == "head" else { continue }
        #expect(json["example"] != .text(""), "\(kind) \(name) is not made for any example")
      }
    }
  }

  @Test func `data list says what can be prepared`() throws {
    guard case .list(let rows) = try Braid.json(["data", "list"]) else { return #expect(Bool(false), "no list") }
    #expect(rows.map { $0["name"] } == Catalogue.standard.datasets.keys.sorted().map { .text($0) })
    #expect(rows.first { $0["name"] == .text("manifest") }?["prepared"] == .null)
    #expect(try Braid.run(["data", "list"]).out.contains("emoji: "))
  }

  @Test func `a setting of a preparation is read as its value, and its name is checked`() throws {
    let scratch = try Scratch()
    let wrongType = try Braid.run(["data", "prepare", "emoji", "--folder", scratch.path("a"), "--set", "font=3"])
    #expect(
      wrongType.status == 1 && wrongType.err.contains("--set.font") && wrongType.err.contains("text"),
      "\(wrongType.err)")
    let unknown = try Braid.run(["data", "prepare", "emoji", "--folder", scratch.path("a"), "--set", "fnt=3"])
    #expect(unknown.status == 1 && unknown.err.hasSuffix("Did you mean \"font\"?\n"), "\(unknown.err)")
    #expect(!FileManager.default.fileExists(atPath: scratch.path("a")))
  }
}
