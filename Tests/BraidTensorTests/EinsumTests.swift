import BraidTensor
import BraidTesting
import Testing

/// The equation of every golden case, which also names its operands a, b, c, d.
private let equations = [
  "same": "ij->ij", "transpose": "ij->ji", "sum": "ij->", "rows": "ij->i", "columns": "ij->j", "diagonal": "ii->i",
  "trace": "ii->", "batch-diagonal": "bii->ib", "cube": "iii->i", "two-diagonals": "iijj->ij", "cycle": "abc->cab",
  "number": "->", "matrix": "ik,kj->ij", "matrix-turned-left": "ki,kj->ij", "matrix-turned-right": "ik,jk->ij",
  "matrix-turned-result": "ik,kj->ji", "batched": "bik,bkj->bij", "batched-turned": "bki,bjk->bij",
  "batch-inside": "ibk,kjb->ibj", "heads": "bthd,bshd->bhts", "linear": "btd,de->bte", "inner": "i,i->",
  "row-products": "bi,bi->b", "outer": "i,j->ij", "outer-batch": "bi,bj->bij", "elementwise": "ij,ij->ij",
  "elementwise-turned": "ij,ji->ij", "scale": ",ij->ij", "two-inner": "ijk,jkl->il", "inner-crossed": "ijk,kjl->il",
  "lone-sums": "ij,kl->ik", "vector": "ij,j->i", "diagonal-times": "ii,ij->ij", "ones": "bik,bkj->bij",
  "bilinear": "bi,ijk->bjk", "repeat-batch": "bik,bkj->bij", "repeat-inner": "ik,kj->ij", "repeat-left": "bi,bi->bi",
  "repeat-both": "bik,bkj->bij", "dots": "...ij,...jk->...ik", "dots-broadcast": "...ij,...jk->...ik",
  "dots-one-side": "...i,ij->...j", "dots-none": "...i,...i->...", "dots-back": "i...->...i", "dots-summed": "...i->i",
  "three": "ij,jk,kl->il", "trilinear": "bi,ijk,bj->bk", "product-of-three": "br,br,br->br",
  "low-rank": "bi,ir,bj,jr->br", "three-outer": "bi,bj,bk->bijk", "late-index": "ij,k,ijk->k",
  "empty-inner": "ik,kj->ij", "empty-batch": "bik,bkj->bij", "empty-result": "ik,kj->ij", "wide": "bik,bkj->bij",
  "scattered": "abcd->cadb", "scattered-product": "abcd,bd->cadb",
]

private let parity = Parity(
  family: "einsum", title: "einsum",
  operations: equations.mapValues { equation in
    { x in
      switch equation.split(separator: ",", omittingEmptySubsequences: false).count {
      case 1: try einsum(equation, x("a"))
      case 2: try einsum(equation, x("a"), x("b"))
      case 3: try einsum(equation, x("a"), x("b"), x("c"))
      default: try einsum(equation, x("a"), x("b"), x("c"), x("d"))
      }
    }
  })

let einsumMistakes = [
  Mistake("einsum: \"ij,jk\" does not say what the result is; write it after one ->, such as \"ij,jk->ik\"") {
    _ = einsum("ij,jk", zeros(2, 3), zeros(3, 4))
  },
  Mistake("einsum: \"ij,jk->ik\" has 2 operands; 1 were given") { _ = einsum("ij,jk->ik", zeros(2, 3)) },
  Mistake("einsum: \"i1->i\": \"i1\" is not made of the letters a–z and A–Z and at most one ...") {
    _ = einsum("i1->i", zeros(2, 3))
  },
  Mistake(
    "einsum: \"ij,jk->ik\": \"jk\" for operand 1 of shape [3]; expected an index for each of its 1 axes"
  ) { _ = einsum("ij,jk->ik", zeros(2, 3), zeros(3)) },
  Mistake("einsum: \"...ij->i\": \"...ij\" for operand 0 of shape [3]; expected an index for each of its 1 axes") {
    _ = einsum("...ij->i", zeros(3))
  },
  Mistake(
    "einsum: \"ij, jk -> ik\": j is 3 and then 4 in operand 1 of shape [4, 5]; expected equal extents, or 1 in one operand"
  ) { _ = einsum("ij, jk -> ik", zeros(2, 3), zeros(4, 5)) },
  Mistake(
    "einsum: \"ii->i\": i is 1 and then 3 in operand 0 of shape [1, 3]; expected equal extents, or 1 in one operand"
  ) { _ = einsum("ii->i", zeros(1, 3)) },
  Mistake(
    "einsum: \"...i,...i->i\": axis -1 of ... is 2 and then 3 in operand 1 of shape [3, 4]; expected equal extents, or 1 in one operand"
  ) { _ = einsum("...i,...i->i", zeros(2, 4), zeros(3, 4)) },
  Mistake("einsum: \"ij->ik\": the result has k which no operand has; expected each index of an operand at most once") {
    _ = einsum("ij->ik", zeros(2, 3))
  },
  Mistake("einsum: \"ij->ii\": the result has i twice; expected each index of an operand at most once") {
    _ = einsum("ij->ii", zeros(2, 3))
  },
]

@Suite struct EinsumTests {
  @Test func `no golden case has been lost`() {
    #expect(parity.names.count == 57)
    #expect(parity.names == equations.keys.sorted())
  }

  @Test(arguments: parity.names) func `sums of products and all gradients agree with PyTorch`(_ name: String) throws {
    #expect(try parity.violations(name) == [])
  }

  @Test func `a matrix product is one matrix product, whichever way the operands lie`() {
    for equation in ["ik,kj->ij", "ki,kj->ij", "ik,jk->ij", "ki,jk->ij"] {
      let tape = Tape()
      defer { tape.consume() }
      let sides = equation.prefix(5).split(separator: ",").map { $0.first == "k" ? Shape(5, 3) : Shape(3, 5) }
      _ = einsum(equation, tape.watch(.ones(sides[0])), .ones(sides[1]))
      #expect(tape.floatingPointOperations == 2 * 3 * 5 * 3)
    }
  }

  @Test func `an index of extent 1 twice in one operand is broadcast against another's`() {
    #expect(einsum("i,ii->i", Tensor([1, 2, 3]), Tensor([4], [1, 1])).elements == [4, 8, 12])
  }

  @Test func `spaces do not count`() {
    let a = Tensor([1, 2, 3, 4], [2, 2])
    #expect(einsum(" i j -> j i ", a).elements == [1, 3, 2, 4])
  }

  @Test func `derivatives agree with differences`() {
    var stream = RandomStream(seed: 14, .sampling)
    let a = stream.normal([2, 3])
    let b = stream.normal([2, 3, 3])
    let c = stream.normal([1, 3])
    let check = differences([a, b, c]) { einsum("bi,bij,bj->b", $0[0], $0[1], $0[2]) }
    #expect(check.violations == [] && check.count == 27)
  }
}
