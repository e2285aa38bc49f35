import BraidNN
import BraidTensor
import Foundation
import Testing

/// A file from a header and data, lengths as they are.
private func file(_ header: String, _ data: [UInt8] = [], length: UInt64? = nil) -> Data {
  var bytes = Data()
  withUnsafeBytes(of: (length ?? UInt64(header.utf8.count)).littleEndian) { bytes.append(contentsOf: $0) }
  bytes.append(Data(header.utf8))
  bytes.append(contentsOf: data)
  return bytes
}

private func message(_ data: Data) -> String {
  do {
    _ = try Safetensors(data, named: "x.safetensors")
    return "no error"
  } catch { return "\(error)" }
}

private func temporaryFolder() throws -> URL {
  let folder = FileManager.default.temporaryDirectory.appendingPathComponent("braid-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  return folder
}

@Suite struct SafetensorsTests {
  @Test func `what is written is read back, with shapes, order and metadata`() throws {
    let data = Safetensors.encoded(
      [
        ("b", .float32(Tensor([1, -2.5, 3e-20, 4], [2, 2]))), ("a", .float64([0.1, .infinity], [2])),
        ("ids", .int32([-7, 2_147_483_647], [1, 2])), ("long", .int64([9], [])), ("none", .float32(.zeros([0, 3]))),
      ],
      metadata: ["made \"by\"": "a/b\n日本"])
    let read = try Safetensors(data, named: "memory")
    #expect(read.names == ["b", "a", "ids", "long", "none"])
    #expect(read.metadata == ["made \"by\"": "a/b\n日本"])
    #expect(try read.tensor("b").elements == [1, -2.5, 3e-20, 4])
    #expect(try read.shape("b") == [2, 2])
    #expect(try read.doubles("a") == [0.1, .infinity])
    #expect(try read.tensor("a").elements == [0.1, .infinity])
    #expect(try read.integers("ids") == [-7, 2_147_483_647])
    #expect(try read.integers("long") == [9])
    #expect(try read.shape("long") == [])
    #expect(try read.tensor("none").count == 0)
  }

  @Test func `data starts at a multiple of eight and the same content gives the same bytes`() {
    let one = Safetensors.encoded([("x", .float32(.ones([3])))], metadata: ["b": "1", "a": "2"])
    #expect(one[0] % 8 == 0)
    #expect(one == Safetensors.encoded([("x", .float32(.ones([3])))], metadata: ["a": "2", "b": "1"]))
  }

  @Test func `halves, brain floats and small integers become floats`() throws {
    // halves: 1, −2, 2⁻²⁴ (smallest subnormal), 65504 (largest), ∞
    let halves: [UInt8] = [0x00, 0x3c, 0x00, 0xc0, 0x01, 0x00, 0xff, 0x7b, 0x00, 0x7c]
    let read = try Safetensors(
      file(
        #"{"h":{"dtype":"F16","shape":[5],"data_offsets":[0,10]},"#
          + #""b":{"dtype":"BF16","shape":[2],"data_offsets":[10,14]},"#
          + #""i":{"dtype":"I8","shape":[2],"data_offsets":[14,16]},"#
          + #""u":{"dtype":"U8","shape":[1],"data_offsets":[16,17]}}"#,
        halves + [0x80, 0x3f, 0x49, 0xc0] + [0xff, 0x05] + [0xff]), named: "memory")
    #expect(try read.tensor("h").elements == [1, -2, 0x1p-24, 65504, .infinity])
    #expect(try read.tensor("b").elements == [1, -3.140625])
    #expect(try read.tensor("i").elements == [-1, 5])
    #expect(try read.tensor("u").elements == [255])
    #expect(try read.integers("i") == [-1, 5])
  }

  @Test func `a file put together by hand is read`() throws {
    // by hand: header of 58 bytes, one float32 = 1.0 (00 00 80 3f)
    let read = try Safetensors(
      file(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, [0, 0, 0x80, 0x3f]), named: "m")
    #expect(try read.tensor("x").elements == [1])
  }

  @Test(arguments: [
    (file("", [], length: 0), "not what safetensors has"),
    (Data([1, 2, 3]), "found 3 bytes"),
    (file("{}", [], length: 1 << 62), "header claims 4611686018427387904 bytes"),
    (file("{}", [], length: 3), "header claims 3 bytes"),
    (file("[]"), "not what safetensors has"),
    (file(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#), "cut short"),
    (file(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, [0, 0, 0, 0]), "in order"),
    (file(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}"#, [0, 0, 0, 0]), "in order"),
    (file(#"{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]), "takes 8 bytes"),
    (file(#"{"x":{"dtype":"F99","shape":[1],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]), "dtype \"F99\""),
    (file(#"{"x":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]), "shape [-1]"),
    (
      file(#"{"x":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]),
      "at most 8 extents"
    ),
    (
      file(#"{"x":{"dtype":"F32","shape":[2147483647,2147483647,2147483647],"data_offsets":[0,4]}}"#, [0, 0, 0, 0]),
      "too large"
    ),
    (
      file(
        #"{"x":{"dtype":"F32","shape":[0,1,1,1,2147483647,2147483647,2147483647],"data_offsets":[0,0]}}"#), "too large"
    ),
    (file(#"{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, [0, 0, 0, 0, 9]), "belong to none"),
    (
      file(
        #"{"x":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"y":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}"#,
        [0]), "starts at byte 0; expected 1"
    ),
    (file(#"{"x":{"dtype":"U8","shape":[1],"data_offsets":[1,2]}}"#, [0, 0]), "starts at byte 1; expected 0"),
    (file(#"{"x":{"dtype":"U8","shape":[1.5],"data_offsets":[0,1]}}"#, [0]), "not what safetensors has"),
    (file(String(repeating: "[", count: 100_000)), "not what safetensors has"),
  ]) func `a damaged file is refused, naming it and what is wrong`(_ data: Data, _ expected: String) {
    let found = message(data)
    #expect(found.hasPrefix("x.safetensors: "))
    #expect(found.contains(expected))
  }

  @Test func `thousands of mutated files end in an error or in tensors, never in a crash`() throws {
    let good = Safetensors.encoded(
      [("weight", .float32(.ones([3, 2]))), ("ids", .int64([1, 2], [2]))], metadata: ["tolerance": "1e-6"])
    var stream = RandomStream(seed: 3, .sampling)
    var refused = 0
    var accepted = 0
    for _ in 0..<4000 {
      var bytes = good
      for _ in 0...stream.below(3) {
        switch stream.below(3) {
        case 0: bytes[Int(stream.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: stream.next32())
        case 1: bytes = Data(bytes.prefix(Int(stream.below(UInt64(bytes.count))) + 1))
        default: bytes.insert(UInt8(truncatingIfNeeded: stream.next32()), at: Int(stream.below(UInt64(bytes.count))))
        }
      }
      do {
        let read = try Safetensors(bytes, named: "mutated")
        for name in read.names { _ = try read.tensor(name) }
        accepted += 1
      } catch let error as SafetensorsError {
        #expect(error.description.hasPrefix("mutated: "))
        refused += 1
      }
    }
    #expect(refused > 2000)
    #expect(accepted > 0)  // a changed number in the data is not an error
  }

  @Test func `asking for what is not there names the file and what is`() throws {
    let read = try Safetensors(Safetensors.encoded([("x", .float32(.ones([1])))]), named: "some.safetensors")
    #expect(throws: SafetensorsError("some.safetensors: no tensor \"y\". It has x.")) { try read.tensor("y") }
    #expect(throws: SafetensorsError("some.safetensors: \"x\" holds F32; expected whole numbers.")) {
      try read.integers("x")
    }
    #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: "/no/such/file") }
    #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: "/dev/zero") }
    #expect(throws: SafetensorsError.self) { try Safetensors(contentsOf: "/tmp") }
  }

  @Test func `writing replaces the file as a whole and leaves no partial one`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("a.safetensors").path
    try Safetensors.write([("x", .float32(.ones([2])))], to: path)
    try Safetensors.write([("x", .float32(.zeros([3])))], to: path)
    #expect(try Safetensors(contentsOf: path).tensor("x").elements == [0, 0, 0])
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["a.safetensors"])
    #expect(throws: SafetensorsError.self) { try Safetensors.write([], to: folder.path + "/no/folder/x") }
  }
}

@Suite struct CheckpointTests {
  @Test func `parameters come back bit for bit`() throws {
    let folder = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: folder) }
    let path = folder.appendingPathComponent("model.safetensors").path
    let scope = Scope(seed: 1)
    let other = Scope(seed: 2)
    for scope in [scope, other] {
      _ = Linear(3, 2, in: scope["head"])
      _ = scope.parameter("scale", [], .uniform(1))
    }
    #expect(scope.store["head.weight"]!.value.elements != other.store["head.weight"]!.value.elements)
    try scope.store.save(to: path, metadata: ["epoch": "3"])
    try other.store.load(from: path)
    for (a, b) in zip(scope.store.parameters, other.store.parameters) { #expect(a.value.elements == b.value.elements) }
    #expect(try Safetensors(contentsOf: path).metadata == ["epoch": "3"])
  }

  @Test func `a checkpoint of another model changes nothing and names every difference`() throws {
    let scope = Scope(seed: 1)
    let a = scope.parameter("a", [2], .ones)
    let b = scope.parameter("b", [2, 3], .ones)
    let file = try Safetensors(
      Safetensors.encoded([
        ("a", .float32(.zeros([2]))), ("b", .float32(.zeros([3, 2]))), ("c", .float32(.zeros([1]))),
      ]), named: "m")
    #expect(
      throws: SafetensorsError(
        "m: \"b\" has shape [3, 2]; expected [2, 3]; \"c\" belongs to no parameter of this model.")
    ) { try scope.store.load(from: file) }
    #expect(a.value.elements == [1, 1])
    #expect(b.value.elements == [1, 1, 1, 1, 1, 1])
    let missing = try Safetensors(Safetensors.encoded([("parameter.a", .float32(.zeros([2])))]), named: "m")
    #expect(throws: SafetensorsError("m: \"parameter.b\" is missing (expected shape [2, 3]).")) {
      try scope.store.load(from: missing, prefix: "parameter.")
    }
  }
}
