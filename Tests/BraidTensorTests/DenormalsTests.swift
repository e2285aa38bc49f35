import BraidTensor
import Testing

@Suite struct DenormalsTests {
  private let tiny = Tensor([1e-30, -1e-30, 1e-40, 1], [4])

  @Test func `denormal results and operands count as 0`() {
    Denormals.flushed {
      let small = tiny * 1e-10
      #expect(small.elements[0...2].allSatisfy { $0.bitPattern & 0x7fff_ffff == 0 })
      #expect(small.elements[3] == 1e-10)
      #expect((Tensor([1e-40], [1]) * 1e30).elements == [0])
    }
  }

  @Test func `only during the work, however it ends`() {
    struct Failure: Error {}
    func product() -> Float { (tiny * 1e-10).elements[0] }
    let denormal: Float = 1e-40
    #expect(product() == denormal)
    #expect(throws: Failure.self) {
      try Denormals.flushed {
        Denormals.flushed { #expect(product() == 0) }
        #expect(product() == 0)
        throw Failure()
      }
    }
    #expect(product() == denormal)
  }
}
