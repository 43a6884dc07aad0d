// SPDX-License-Identifier: Apache-2.0
import NATTraversal
import Testing

/// The messages of RFC 5769, and the hashes that the tests use.
@Suite struct STUNVectorTests {
  static func bytes(_ text: String) -> [UInt8] {
    let digits = text.filter { !$0.isWhitespace }.compactMap(\.hexDigitValue)
    return stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
  }

  static let request = bytes(
    """
    00010058 2112a442 b7e7a701 bc34d686 fa87dfae 80220010 5354554e 20746573 7420636c 69656e74 00240004 6e0001ff
    80290008 932ff9b1 51263b36 00060009 6576746a 3a683676 59202020 00080014 9aeaa70c bfd8cb56 781ef2b5 b2d3f249
    c1b571a2 80280004 e57a3bcf
    """)
  static let response = bytes(
    """
    0101003c 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200008 0001a147 e112a643
    00080014 2b91f599 fd9e90c3 8c7489f9 2af9ba53 f06be7d7 80280004 c07d4c96
    """)
  static let response6 = bytes(
    """
    01010048 2112a442 b7e7a701 bc34d686 fa87dfae 8022000b 74657374 20766563 746f7220 00200014 0002a147 0113a9fa
    a5d3f179 bc25f4b5 bed2b9d9 00080014 a382954e 4be67bf1 1784c97c 8292c275 bfe3ed41 80280004 c8fb0b4c
    """)
  static let longTerm = bytes(
    """
    00010060 2112a442 78ad3433 c6ad72c0 29da412e 00060012 e3839ee3 8388e383 aae38383 e382afe3 82b90000 0015001c
    662f2f34 39396b39 35346436 4f4c3334 6f4c3946 53547679 36347341 0014000b 6578616d 706c652e 6f726700 00080014
    f6702465 6dd64a3e 02b8e071 2e85c9a2 8ca89666
    """)
  static let password = STUNKey(password: "VOkJxbRl1RmTxUk/WvJxBt", .tests)

  @Test func requestIsRead() throws {
    let message = try #require(STUNMessage(Self.request))
    #expect(message.messageClass == .request)
    #expect(message.method == .binding)
    #expect(message.transactionID == Self.bytes("b7e7a701bc34d686fa87dfae"))
    #expect(message.text(.software) == "STUN test client")
    #expect(message.text(.username) == "evtj:h6vY")
    #expect(message.number(.priority) == 0x6E00_01FF)
    #expect(message.longNumber(.iceControlled) == 0x932F_F9B1_5126_3B36)
    #expect(message.notUnderstood.isEmpty)
    #expect(Self.password.authenticates(Self.request))
    #expect(!STUNKey(password: "VOkJxbRl1RmTxUk/WvJxBT", .tests).authenticates(Self.request))
  }

  @Test(arguments: [
    (response, "192.0.2.1:32853"), (response6, "[2001:db8:1234:5678:11:2233:4455:6677]:32853"),
  ])
  func responsesAreRead(bytes: [UInt8], mapped: String) throws {
    let message = try #require(STUNMessage(bytes))
    #expect(message.messageClass == .success)
    #expect(message.text(.software) == "test vector")
    #expect(message.mappedAddress?.description == mapped)
    #expect(Self.password.authenticates(bytes))
  }

  @Test func longTermCredentialsAreRead() throws {
    let message = try #require(STUNMessage(Self.longTerm))
    let realm = try #require(message[.realm])
    #expect(message.text(.nonce) == "f//499k954d6OL34oL9FSTvy64sA")
    let user = try #require(message.text(.username))
    #expect(user == "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}")
    #expect(STUNKey(user: user, realm: realm, password: "TheMatrIX", .tests).authenticates(Self.longTerm))
    #expect(!STUNKey(user: user, realm: realm, password: "TheMatrix", .tests).authenticates(Self.longTerm))
  }

  /// The padding of the others is not zero.
  @Test func longTermCredentialsAreWritten() throws {
    let message = try #require(STUNMessage(Self.longTerm))
    let key = STUNKey(
      user: message.text(.username) ?? "", realm: message[.realm] ?? [], password: "TheMatrIX", .tests)
    #expect(message.encoded(key) == Self.longTerm)
  }

  @Test func everyChangedBitIsNoticed() {
    for bytes in [Self.request, Self.response, Self.response6] {
      for bit in 0..<bytes.count * 8 {
        var changed = bytes
        changed[bit / 8] ^= 1 << UInt8(bit % 8)
        // What the fingerprint was may have become another attribute.
        #expect(STUNMessage(changed) == nil || !Self.password.authenticates(changed) || bit >= bytes.count * 8 - 64)
      }
    }
    // Without a fingerprint.
    let key = STUNKey(
      user: "\u{30DE}\u{30C8}\u{30EA}\u{30C3}\u{30AF}\u{30B9}", realm: Array("example.org".utf8), password: "TheMatrIX",
      .tests)
    for bit in 0..<Self.longTerm.count * 8 {
      var changed = Self.longTerm
      changed[bit / 8] ^= 1 << UInt8(bit % 8)
      #expect(!key.authenticates(changed))
    }
  }

  @Test func hashesAreRight() {
    let text = Array("abc".utf8)
    #expect(Hashes.md5(text) == Self.bytes("900150983cd24fb0d6963f7d28e17f72"))
    #expect(Hashes.sha1(text) == Self.bytes("a9993e364706816aba3e25717850c26c9cd0d89d"))
    #expect(Hashes.sha256(text) == Self.bytes("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"))
  }
}
