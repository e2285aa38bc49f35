import BraidTensor
import Testing

@testable import BraidData

@Suite struct SHA256Tests {
  /// FIPS 180-4 examples (NIST, "Cryptographic Standards and Guidelines: Example Values").
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func `gives the digests of the standard`(_ text: String, _ digest: String) {
    #expect(SHA256.hex(Array(text.utf8)) == digest)
  }

  @Test func `a million letters a, in pieces of every size, give the digest of the standard`() {
    var hash = SHA256()
    let letters = [UInt8](repeating: 0x61, count: 1_000_000)
    var (start, size) = (0, 0)
    while start < letters.count {
      let end = min(letters.count, start + size)
      hash.update(letters[start..<end])
      (start, size) = (end, (size + 1) % 200)
    }
    #expect(hash.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")
  }

  @Test func `the portable code gives what the processor's instructions give`() {
    var stream = RandomStream(seed: 1, .sampling)
    for blocks in 0..<20 {
      let bytes = (0..<blocks * 64).map { _ in UInt8(stream.below(256)) }
      var state: [UInt32] = (0..<8).map { _ in stream.next32() }
      var expected = state
      SHA256.compress(bytes, blocks: blocks, into: &state)
      SHA256.compressPortably(bytes, blocks: blocks, into: &expected)
      #expect(state == expected, "\(blocks) blocks")
    }
  }
}
