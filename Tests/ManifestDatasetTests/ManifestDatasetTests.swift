import BraidCore
import BraidData
import BraidTensor
import BraidTesting
import Foundation
import ManifestDataset
import Testing

/// A folder with these texts, and the fixtures' pictures and arrays under `files/`, removed at the end.
private func withFolder<Result>(_ texts: [String: String], _ body: (URL) throws -> Result) throws -> Result {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  for (name, text) in texts { try Data(text.utf8).write(to: folder.appendingPathComponent(name)) }
  let readers = try URL(fileURLWithPath: Fixture.folder(above: #filePath) + "/readers")
  try FileManager.default.copyItem(at: readers, to: folder.appendingPathComponent("files"))
  return try body(folder)
}

/// The data set as an experiment file would make it: settings laid over the defaults.
private func dataset(_ folder: URL, name: String = "m.csv", _ settings: [String: Setting]) throws -> ManifestDataset {
  var settings = settings
  settings["file"] = .text(folder.appendingPathComponent(name).path)
  return try ManifestDataset(ManifestOptions(settings, at: "data.manifest"))
}

private let columnSplit: Setting = .map(["column": .text("split")])

/// The error's text, with the folder taken out.
private func error(_ table: String, name: String = "m.csv", _ settings: [String: Setting]) throws -> String {
  try withFolder([name: table]) { folder in
    do {
      _ = try dataset(folder, name: name, settings)
      return "no error"
    } catch { return "\(error)".replacingOccurrences(of: folder.path + "/", with: "") }
  }
}

@Suite struct ManifestDatasetTests {
  private let table = """
    id,photo,words,sound,label,split
    a,files/colour.jpg,a red cat,files/pcm16.wav,cat,train
    b,files/rgba.png,,files/float32.wav,dog,train
    c,files/u1.npy,a dog,,dog,val
    d,files/images.idx#2,zebra,files/pcm8.wav,cat,test

    """
  private let settings: [String: Setting] = [
    "modalities": .map([
      "picture": .map(["column": .text("photo"), "size": .integer(6)]), "words": .null,
      "sound": .map(["mels": .integer(5), "rate": .integer(8000), "window": .number(0.002), "hop": .number(0.001)]),
    ]),
    "split": columnSplit,
  ]

  @Test func `a table of pictures, texts and sounds becomes batches`() throws {
    try withFolder(["m.csv": table]) { folder in
      let data = try dataset(folder, settings)
      #expect(
        data.inputs == [
          InputSpecification("picture", .image(channels: 3, height: 6, width: 6)),
          InputSpecification("sound", .sequence(width: 5)),
          InputSpecification("words", .tokens(vocabulary: 5)),
        ])
      #expect(data.target == .classes(["cat", "dog"]))
      #expect(Split.allCases.map(data.count) == [2, 1, 1])
      #expect(data.identifiers(.train) == ["a", "b"])
      let batch = try data.batch(.train, [0, 1])
      #expect(batch.inputs["picture"]!.values!.shape == [2, 3, 6, 6])
      #expect(batch.inputs["words"]!.tokens == Tokens([2, 4, 3, 0, 0, 0], batch: 2, time: 3))
      #expect(batch.inputs["words"]!.presence!.elements == [1, 0])
      #expect(batch.inputs["sound"]!.values!.shape[2] == 5 && batch.inputs["sound"]!.presence == nil)
      #expect(try data.batch(.validation, [0]).inputs["sound"]!.presence!.elements == [0])
      #expect(try data.batch(.test, [0]).inputs["words"]!.tokens!.ids == [1])
      guard case .image("picture", let file) = data.preview(.train, 0).first else { throw SetupError("no picture") }
      #expect(file == (try Array(Data(contentsOf: folder.appendingPathComponent("files/colour.jpg")))))
    }
  }

  @Test func `vectors come from one column, several columns, lists or array files`() throws {
    let lines = """
      {"id": 1, "list": [1, 2], "text": "3 4", "x": 5, "y": 6, "steps": [[1], [2]], "file": "files/f4.npy#0", "b": "files/stored.npz#a", "l": ["p", "q"], "split": "train"}
      {"id": 2, "list": [3, 4], "text": "5 6", "x": 7, "y": 8, "steps": [[3]], "file": "files/f4.npy#1", "b": "files/stored.npz#a", "l": "q", "split": "validation"}
      {"id": 3, "list": null, "text": "7 8", "x": 9, "y": 1, "steps": [[4]], "file": "files/f4.npy#2", "b": "files/stored.npz#a", "l": [], "split": "test"}
      """
    try withFolder(["m.jsonl": lines]) { folder in
      let data = try dataset(
        folder, name: "m.jsonl",
        [
          "modalities": .map([
            "list": .map(["standardize": .bool(false)]), "text": .map(["kind": .text("vector")]),
            "both": .map(["columns": .list([.text("x"), .text("y")]), "standardize": .bool(false)]), "steps": .null,
            "file": .null, "b": .null,
          ]),
          "target": .map(["kind": .text("labels"), "column": .text("l")]), "split": columnSplit,
        ])
      #expect(
        data.inputs == [
          InputSpecification("b", .sequence(width: 3)), InputSpecification("both", .vector(width: 2)),
          InputSpecification("file", .vector(width: 5)), InputSpecification("list", .vector(width: 2)),
          InputSpecification("steps", .sequence(width: 1)), InputSpecification("text", .vector(width: 2)),
        ])
      #expect(data.target == .labels(["p", "q"]))
      let batch = try data.batch(.train, [0])
      #expect(batch.inputs["list"]!.values!.elements == [1, 2] && batch.inputs["both"]!.values!.elements == [5, 6])
      guard case .labels(let labels) = batch.target else { throw SetupError("not labels") }
      #expect(labels.elements == [1, 1])
      #expect(try data.batch(.test, [0]).inputs["list"]!.presence!.elements == [0])
    }
  }

  @Test func `samples that lack a vector have zeros, also before the first one that has it`() throws {
    let table = """
      id,v,w,label,split
      a,,,x,train
      b,1.5 -2,,x,train
      c,,files/f4.npy#1,x,train
      d,3e0\u{a0}4,files/f4.npy#0,x,validation
      e,5 6,,x,test

      """
    let plain: Setting = .map(["kind": .text("vector"), "standardize": .bool(false)])
    try withFolder(["m.csv": table]) { folder in
      let data = try dataset(folder, ["modalities": .map(["v": plain, "w": plain]), "split": columnSplit])
      let training = try data.batch(.train, [0, 1, 2]).inputs
      #expect(training["v"]!.values!.elements == [0, 0, 1.5, -2, 0, 0])
      #expect(training["v"]!.presence!.elements == [0, 1, 0])
      #expect(training["w"]!.values!.elements.prefix(11) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.15675108])
      #expect(try data.batch(.validation, [0]).inputs["v"]!.values!.elements == [3, 4])
      #expect(try data.batch(.validation, [0]).inputs["w"]!.values!.elements.first == -1.2895378)
      #expect(try data.batch(.test, [0]).inputs["v"]!.values!.elements == [5, 6])
    }
  }

  @Test func `numbers to predict come from one column or several`() throws {
    let rows = "v,s,t,split\n1,0.5,2,train\n2,1.5,3,val\n3,2.5,4,test\n"
    try withFolder(["m.csv": rows]) { folder in
      let one = try dataset(
        folder,
        [
          "modalities": .map(["v": .null]), "split": columnSplit,
          "target": .map(["kind": .text("values"), "column": .text("s")]),
        ])
      #expect(one.target == .values(["s"]) && one.identifiers(.test) == ["line 4"])
      let two = try dataset(
        folder,
        [
          "modalities": .map(["v": .null]), "split": columnSplit,
          "target": .map(["kind": .text("values"), "columns": .list([.text("s"), .text("t")])]),
        ])
      guard case .values(let values) = try two.batch(.test, [0]).target else { throw SetupError("not values") }
      #expect(two.target == .values(["s", "t"]) && values.elements == [2.5, 4])
    }
  }

  @Test func `random splits are seeded and the digest covers manifest, files and options`() throws {
    let rows = "v,label\n" + (0..<40).map { "\($0),\($0 % 4)\n" }.joined()
    try withFolder(["m.csv": rows, "n.csv": rows, "o.csv": rows + "40,0\n"]) { folder in
      let base: [String: Setting] = ["modalities": .map(["v": .null])]
      let first = try dataset(folder, base)
      #expect(Split.allCases.map(first.count) == [28, 6, 6] && first.target == .classes(["0", "1", "2", "3"]))
      #expect(
        first.digest == (try dataset(folder, name: "n.csv", base).digest), "where the manifest is does not matter")
      let seeded = try dataset(folder, base.merging(["split": .map(["seed": .integer(5)])]) { $1 })
      #expect(seeded.identifiers(.test) != first.identifiers(.test) && seeded.digest != first.digest)
      #expect(try dataset(folder, name: "o.csv", base).digest != first.digest)
    }
    try withFolder(["m.csv": "p,label,split\nx.png,a,train\nx.png,b,val\nx.png,a,test\n"]) { folder in
      let base: [String: Setting] = ["modalities": .map(["p": .null]), "split": columnSplit]
      let target = folder.appendingPathComponent("x.png")
      try FileManager.default.copyItem(at: folder.appendingPathComponent("files/rgb.png"), to: target)
      let first = try dataset(folder, base).digest
      try FileManager.default.removeItem(at: target)
      try FileManager.default.copyItem(at: folder.appendingPathComponent("files/grey.png"), to: target)
      #expect(try dataset(folder, base).digest != first, "another picture under the same name is other data")
    }
  }

  @Test func `a mistaken setting is an error at its key path`() throws {
    func wrong(_ settings: [String: Setting]) throws -> String { try error(table, settings) }
    #expect(
      try wrong(["modalities": .map(["words": .map(["minimumCont": .integer(2)])])]).hasPrefix(
        "data.manifest.modalities.words: no setting \"minimumCont\". Settings: background, channels, "))
    #expect(
      try wrong(["modalities": .map(["words": .map(["minimumCont": .integer(2)])])]).hasSuffix(
        "Did you mean \"minimumCount\"?"))
    #expect(
      try wrong(["modalities": .map(["words": .map(["kind": .text("txt")])])])
        == "data.manifest.modalities.words.kind: found \"txt\" (text), which is not one of the allowed values. "
        + "Allowed: automatic, image, text, vector, sequence, audio. Did you mean \"text\"?")
    #expect(
      try wrong(["modalities": .map(["words": .integer(3)])])
        == "data.manifest.modalities.words: found 3 (a whole number); expected a map.")
    #expect(
      try wrong(["modalities": .map(["words": .map(["size": .integer(0)])])])
        == "modalities.words.size: found 0; expected 1 … 4096 pixels.")
    #expect(
      try wrong(["target": .map(["colum": .text("x")])])
        == "data.manifest.target: no setting \"colum\". Settings: classes, column, columns, kind, separator. Did you mean \"column\"?"
    )
    #expect(
      try wrong([:])
        == "m.csv: no modalities are named; expected at least one in `modalities`, such as `modalities: {id: {}}`. "
        + "Columns: id, photo, words, sound, label, split.")
  }

  @Test func `a mistake in the manifest names file, line and column`() throws {
    let words: [String: Setting] = ["modalities": .map(["words": .map(["kind": .text("text")])]), "split": columnSplit]
    func with(_ more: [String: Setting]) -> [String: Setting] { words.merging(more) { $1 } }
    let vector: [String: Setting] = ["modalities": .map(["v": .map(["kind": .text("vector")])]), "split": columnSplit]
    #expect(
      try error("word,label,split\nx,a,train\n", words)
        == "m.csv: no column \"words\" (modalities.words.column). Columns: word, label, split. Did you mean \"word\"?")
    #expect(
      try error("words,lable,split\nx,a,train\n", words)
        == "m.csv: no column \"label\" (target.column). Columns: words, lable, split. Did you mean \"lable\"?")
    #expect(
      try error(
        "words,label,split\nx,a,train\ny,bird,val\n",
        with(["target": .map(["classes": .list([.text("a"), .text("birds")])])]))
        == "m.csv:3: column \"label\": label \"bird\" is not one of the declared classes: a, birds. Did you mean \"birds\"?"
    )
    #expect(try error("words,label,split\nx,,train\n", words) == "m.csv:2: column \"label\": empty; expected a class.")
    #expect(
      try error("words,label,split\nx,a,trian\n", words)
        == "m.csv:2: column \"split\": found \"trian\"; expected train, validation or test.")
    #expect(
      try error("words,label,split\nx,a,train\ny,b,test\n", words)
        == "m.csv: the validation split is empty (2 samples in all); every split needs at least one sample.")
    #expect(
      try error("id,words,label,split\nq,x,a,train\nr,y,b,test\nq,z,a,val\n", words)
        == "m.csv:4: column \"id\": \"q\" is also the name of line 2; expected every one different.")
    #expect(
      try error("v,label,split\n1 2,a,train\n1 nan,b,val\n", vector)
        == "m.csv:3: column \"v\": found nan; expected a finite number.")
    #expect(
      try error("v,label,split\n1 2,a,train\n1 x,b,val\n", vector)
        == "m.csv:3: column \"v\": found \"x\"; expected a number.")
    #expect(
      try error("v,label,split\n1 2,a,train\n1 2 3,b,val\n", vector)
        == "m.csv:3: column \"v\": found 3 numbers; expected 2, as in the rows before.")
    #expect(try error("", words) == "m.csv: the file is empty; expected a line with the columns' names.")
    #expect(try error("words,label\n", words) == "m.csv: no samples in it.")
    #expect(try error("words,words\n", words) == "m.csv:1: two columns are called \"words\".")
    #expect(try error("words,label,split\nx,a\n", words) == "m.csv:2: found 2 fields; expected 3, as in line 1.")
    #expect(
      try error("{}", name: "m.json", words)
        == "m.json: a manifest with the ending \".json\"; readable are .csv, .tsv, .jsonl and .ndjson.")
    #expect(
      message { _ = try ManifestDataset(ManifestOptions()) }
        == "file: nothing is named; expected the path of a manifest (.csv, .tsv, .jsonl).")
    #expect(
      message {
        var options = ManifestOptions(); options.file = "/nowhere/m.csv"; _ = try ManifestDataset(options)
      }
        == "/nowhere/m.csv: no such file.")
  }

  @Test func `pictures read by several threads are those one thread reads, and the first error is told`() throws {
    let names = [
      "colour.jpg", "rgb.png", "u1.npy", "grey.jpg", "colour.jpg", "progressive.jpg", "orientation6.jpg", "rgba.png",
    ]
    let picture: [String: Setting] = ["modalities": .map(["p": .map(["kind": .text("image")])]), "split": columnSplit]
    func table(_ names: [String]) -> String {
      "p,label,split\n" + names.enumerated().map { "files/\($1),a,\(["train", "val", "test"][$0 % 3])\n" }.joined()
    }
    try withFolder(["m.csv": table(names)]) { folder in
      let loaded = try [1, 3].map { threads in try Threads.with(threads) { try dataset(folder, picture) } }
      #expect(loaded[0].digest == loaded[1].digest)
      for split in Split.allCases {
        let batches = try loaded.map { try $0.batch(split, Array(0..<$0.count(split))).inputs["p"]!.values!.elements }
        #expect(batches[0] == batches[1])
      }
    }
    let broken = table(names + ["none.jpg", "colour.jpg", "gone.png", "lost.npy"])
    #expect(
      try Threads.with(3) { try error(broken, picture) } == "m.csv:10: column \"p\": files/none.jpg: no such file.")
  }

  @Test func `an unreadable file names itself and the manifest's line`() throws {
    let picture: [String: Setting] = ["modalities": .map(["p": .map(["kind": .text("image")])]), "split": columnSplit]
    func found(_ path: String) throws -> String {
      try error("p,label,split\nfiles/colour.jpg,a,train\n\(path),b,val\n", picture)
    }
    #expect(try found("files/none.jpg") == "m.csv:3: column \"p\": files/none.jpg: no such file.")
    #expect(try found("files") == "m.csv:3: column \"p\": files: found something that is not a file; expected a file.")
    #expect(
      try found("m.csv")
        == "m.csv:3: column \"p\": m.csv: not a picture: it begins with the bytes 70 2c 6c 61; expected a JPEG or PNG file."
    )
    #expect(
      try found("files/f4.npy")
        == "m.csv:3: column \"p\": files/f4.npy: an array of shape [3, 5] is no picture; expected unsigned bytes [H, W], [H, W, 3] "
        + "or [H, W, 4].")
    #expect(try found("files/u1.npy#9") == "m.csv:3: column \"p\": files/u1.npy: row 9 of 4; rows are counted from 0.")
    #expect(try found("files/stored.npz#c") == "m.csv:3: column \"p\": files/stored.npz: no array \"c\". Arrays: a, b.")
    #expect(
      try found("files/stored.npz")
        == "m.csv:3: column \"p\": files/stored.npz: which array? Write files/stored.npz#name, or files/stored.npz#name#row."
    )
    let sound: [String: Setting] = ["modalities": .map(["p": .map(["kind": .text("audio")])]), "split": columnSplit]
    #expect(
      try error("p,label,split\nfiles/rgb.png,a,train\n", sound)
        == "m.csv:2: column \"p\": files/rgb.png: not a WAV file: it does not begin with RIFF and WAVE.")
  }

  @Test func `new samples are prepared with what the training split was fitted on`() throws {
    let rows = "words,v,label,split\na red cat,1,cat,train\na dog,3,dog,train\na cat,5,cat,val\na dog,7,dog,test\n"
    let new = "v,words\n9,a blue cat\n,dog\n3,\n"
    let settings: [String: Setting] = ["modalities": .map(["words": .null, "v": .null]), "split": columnSplit]
    let wrong = [
      "class.csv": "words,v,label\na,1,cat\na,2,bird\n", "column.csv": "words\na\n", "width.csv": "words,v\na,1 2\n",
      "empty.csv": "words,v,label\na,,dog\n", "lines.jsonl": "{\"id\": 7, \"words\": \"a red cat\", \"v\": 1}",
    ]
    try withFolder(wrong.merging(["m.csv": rows, "new.csv": new]) { $1 }) { folder in
      let data = try dataset(folder, settings)
      func read(_ name: String) throws -> any Dataset { try data.reading(folder.appendingPathComponent(name)) }
      let samples = try read("new.csv")
      #expect(
        Split.allCases.map(samples.count) == [0, 0, 3] && samples.identifiers(.test) == ["line 2", "line 3", "line 4"])
      #expect(samples.inputs == data.inputs && samples.target == data.target && samples.digest != data.digest)
      let batch = try samples.batch(.test, [0, 1, 2])
      // trained on 1 and 3: mean 2, deviation 1
      #expect(batch.inputs["v"]!.values!.elements == [7, 0, 1] && batch.inputs["v"]!.presence!.elements == [1, 0, 1])
      // ids as in training, where "blue" was not: 1
      let trained = try data.batch(.train, [0, 1]).inputs["words"]!.tokens!.ids  // a red cat, a dog -
      #expect(batch.inputs["words"]!.tokens!.ids == [trained[0], 1, trained[2], trained[4], 0, 0, 0, 0, 0])
      guard case .classes([0, 0, 0]) = batch.target else { throw SetupError("not the first class") }
      let own = try read("m.csv").batch(.test, [0, 1, 2, 3])
      guard case .classes([0, 1, 0, 1]) = own.target else { throw SetupError("not the file's classes") }
      #expect(own.inputs["v"]!.values!.elements == [-1, 1, 3, 5])
      let empty = try read("empty.csv").batch(.test, [0])
      #expect(empty.inputs["v"]!.values!.elements == [0] && empty.inputs["v"]!.presence!.elements == [0])
      let line = try read("lines.jsonl")
      let only = try line.batch(.test, [0])
      #expect(line.identifiers(.test) == ["7"] && only.inputs["v"]!.values!.elements == [-1])
      func found(_ name: String) -> String {
        message { _ = try read(name) }.replacingOccurrences(of: folder.path + "/", with: "")
      }
      #expect(
        found("class.csv")
          == "class.csv:3: column \"label\": label \"bird\" is not one of the declared classes: cat, dog.")
      #expect(found("column.csv") == "column.csv: no column \"v\" (modalities.v.column). Columns: words.")
      #expect(found("width.csv") == "width.csv: modality \"v\": found vectors of 2 numbers; expected 1.")
    }
  }

  private func message(_ body: () throws -> Void) -> String {
    do {
      try body()
      return "no error"
    } catch { return "\(error)" }
  }
}
