import BraidTensor
import Testing

@Suite struct FewTests {
  @Test(arguments: 0..<10) func `a few are what an array is`(count: Int) {
    let array = (0..<count).map { "\($0)" }
    var few = (0..<count).mapFew { "\($0)" }
    #expect(Array(few) == array && Array(Few(array)) == array)
    #expect(few.count == count && few.first == array.first && few.last == array.last)
    #expect(Array(few.reversed()) == array.reversed() && few.dropFirst(2).elementsEqual(array.dropFirst(2)))
    for index in few.indices {
      few[index] += "!"
      #expect(few[index] == array[index] + "!")
    }
    #expect(Array(few) == array.map { $0 + "!" })
    few.append("last")
    #expect(Array(few) == array.map { $0 + "!" } + ["last"])
  }

  @Test func `two to four are listed`() {
    #expect(Array(Few(1, 2)) == [1, 2] && Array(Few(1, 2, 3)) == [1, 2, 3] && Array(Few(1, 2, 3, 4)) == [1, 2, 3, 4])
  }

  @Test func `a copy keeps its elements`() {
    let before = (0..<6).mapFew { $0 }
    var after = before
    for index in after.indices { after[index] = -1 }
    after.append(7)
    #expect(Array(before) == Array(0..<6) && Array(after) == [-1, -1, -1, -1, -1, -1, 7])
  }

  @Test func `elements may be nil`() {
    let few = [1, nil, 3, nil, nil].mapFew { $0 }
    #expect(Array(few) == [1, nil, 3, nil, nil])
  }

  @Test func `what the transform throws is thrown on`() {
    struct Failure: Error {}
    #expect(throws: Failure.self) { try [1, 2].mapFew { if $0 == 2 { throw Failure() } } }
  }
}
