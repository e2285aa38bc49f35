import BraidCore
import BraidData
import BraidTensor
import BraidTesting
import Foundation
import Testing

@Suite struct ArrayTests {
  @Test(arguments: [
    "f4.npy", "f8.npy", "f2.npy", "big.npy", "fortran.npy", "i8.npy", "i2big.npy", "u1.npy", "bool.npy", "scalar.npy",
    "empty.npy",
  ])
  func `every npy kind gives numpy's numbers and shape`(_ name: String) throws {
    let array = try NumPy.array(file(name), named: name)
    let golden = try expected()
    let shape = try golden.shape(name).dimensions
    #expect(array.shape == shape)
    let numbers: [Double] =
      switch array.elements {
      case .bytes(let all): all.map { Double($0) }
      case .floats(let all): all.map { Double($0) }
      case .doubles(let all): all
      }
    let wanted = try golden.doubles(name)
    #expect(numbers == wanted)
  }

  @Test(arguments: ["stored.npz", "deflated.npz"]) func `npz gives its arrays by name`(_ name: String) throws {
    let arrays = try NumPy.arrays(file(name), named: name)
    #expect(arrays.keys.sorted() == ["a", "b"])
    let columns = name == "stored.npz" ? 3 : 300
    #expect(arrays["a"]!.shape == [2, columns] && arrays["a"]!.floats == (0..<(2 * columns)).map { Float($0) })
    #expect(arrays["b"]!.floats == [7, 8])
  }

  @Test func `IDX files are read plain and compressed`() throws {
    let golden = try expected()
    for name in ["images.idx", "images.idx.gz"] {
      let array = try IDX.array(file(name), named: name)
      #expect(array.shape == [3, 4, 5])
      let (all, row) = (array.floats.map { Double($0) }, try array.row(2, named: name).floats.map { Double($0) })
      let wanted = try golden.doubles("images.idx")
      #expect(all == wanted && row == Array(wanted[40...]))
    }
    let (floats, wanted) = try (
      IDX.array(file("floats.idx"), named: "x").floats.map { Double($0) }, golden.doubles("floats.idx")
    )
    #expect(floats == wanted)
  }

  @Test func `MNIST's own files are read`() throws {
    guard let folder = shared("mnist") else { return }
    let labels = try IDX.array(bytes(of: folder.appendingPathComponent("t10k-labels-idx1-ubyte.gz")), named: "labels")
    let images = try IDX.array(bytes(of: folder.appendingPathComponent("t10k-images-idx3-ubyte.gz")), named: "images")
    #expect(labels.shape == [10000] && images.shape == [10000, 28, 28])
    let first: [Float] = Array(labels.floats.prefix(10))
    #expect(first == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9])
  }

  @Test func `damaged arrays are errors that name the file, word for word`() throws {
    let npy = try file("f4.npy"), npz = try file("deflated.npz"), idx = try file("images.idx"),
      gz = try file("images.idx.gz")
    func npyMessage(_ bytes: [UInt8]) -> String { message { _ = try NumPy.array(bytes, named: "x.npy") } }
    #expect(npyMessage(Array("PK..".utf8)) == "x.npy: not an .npy file: its first bytes are not those of NumPy.")
    #expect(
      npyMessage(Array(npy.dropLast(4)))
        == "x.npy: shape (3, 5) of \"<f4\" does not take the 56 bytes that follow the header. The file may be cut short."
    )
    #expect(
      npyMessage(Array(npy.prefix(40)))
        == "x.npy: ends within the header: 30 bytes are left, 118 are needed. It may be cut short.")
    #expect(
      message { _ = try NumPy.array(file("object.npy"), named: "object.npy") }
        == "object.npy: elements of type \"|O\"; readable are f2, f4, f8, i1, i2, i4, i8, u1, u2, u4, u8 and b1. "
        + "Objects are not read: they could run code.")
    #expect(
      message { _ = try NumPy.arrays(Array(npz.dropLast(30)), named: "x.npz") }
        == "x.npz: not a readable zip archive: it has no end record and may be cut short.")
    var flipped = npz
    flipped[90] ^= 0x10
    #expect(message { _ = try NumPy.arrays(flipped, named: "x.npz") }.hasPrefix("x.npz#a.npy: not "))
    #expect(
      message { _ = try IDX.array(Array(idx.dropLast()), named: "x.idx") }
        == "x.idx: an IDX file of 3 × 4 × 5 numbers does not take the 59 bytes that follow its header. The file may be cut short."
    )
    #expect(
      message { _ = try IDX.array([1, 2, 3, 4, 5], named: "x.idx") }
        == "x.idx: not an IDX file: it begins with the bytes [1, 2, 3, 4]; expected 0, 0, a type and 1 … 8 axes.")
    var claims = gz
    claims.replaceSubrange((gz.count - 4)..., with: [0xff, 0xff, 0xff, 0x7f])
    #expect(
      message { _ = try IDX.array(claims, named: "x.gz") }
        == "x.gz: not a readable gzip file: it claims 2147483647 bytes out of \(gz.count) compressed ones.")
    #expect(
      message { _ = try NumPy.array(npy, named: "x").row(3, named: "x.npy") }
        == "x.npy: row 3 of 3; rows are counted from 0.")
  }
}
