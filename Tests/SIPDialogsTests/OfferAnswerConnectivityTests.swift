// SPDX-License-Identifier: Apache-2.0
import NATTraversal
import Testing

@testable import SIPDialogs

/// ICE in offers and answers (RFC 8839).
@Suite struct OfferAnswerConnectivityTests {
  private static let host = ("candidate", "1 1 UDP 2130706431 192.0.2.1 4000 typ host")
  private static let seen = ("candidate", "2 1 UDP 1694498815 203.0.113.5 40000 typ srflx raddr 192.0.2.1 rport 4000")
  private static let relayed = ("candidate", "3 1 UDP 16777215 198.51.100.10 31000 typ relay")

  private static func here(_ candidates: (String, String)...) -> OfferAnswer {
    let attributes = [("ice-ufrag", "here"), ("ice-pwd", "0123456789abcdefghijkl")] + candidates
    let ice = ICEDescription(attributes: attributes.map { (name: $0.0, value: $0.1) })
    let local = OfferAnswer.Local(
      address: "192.0.2.1", port: 4000, controlPort: 4001, codecs: [Codec("PCMU", clockRate: 8000, payloadType: 0)],
      ice: ice)
    return OfferAnswer(local: local, sessionID: 100)
  }

  /// What a far end says that is at 192.0.2.9:5000, by its own word.
  private static func theirs(_ address: String = "192.0.2.9", port: Int = 5000, more: [String] = []) -> String {
    (["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 \(address)", "t=0 0", "a=ice-ufrag:there"]
      + ["m=audio \(port) RTP/AVP 0", "a=ice-pwd:zyxwvutsrqponmlkjihgfe", "a=rtcp-mux"]
      + ["a=candidate:1 1 UDP 2130706431 192.0.2.9 5000 typ host"] + more).joined(separator: "\r\n") + "\r\n"
  }

  @Test func anOfferNamesTheWays() throws {
    var here = Self.here(Self.host, Self.seen, Self.relayed)
    let offer = here.offer(.sendrecv)
    for line in [
      "c=IN IP4 203.0.113.5", "m=audio 40000 RTP/AVP 0 13 101", "a=ice-ufrag:here", "a=ice-options:ice2", "a=rtcp-mux",
      "a=candidate:2 1 UDP 1694498815 203.0.113.5 40000 typ srflx raddr 192.0.2.1 rport 4000",
    ] { #expect(offer.contains("\r\n\(line)\r\n"), "\(line)") }
    #expect(!offer.contains("a=rtcp:"))
  }

  @Test func whoMayUseTheRelayOnlyNamesNoOtherAddress() throws {
    var here = Self.here(Self.relayed)
    #expect(!here.offer(.sendrecv).contains("192.0.2.1"))
  }

  @Test func whoMayUseTheRelayOnlyAndHasNoneNamesNoAddress() throws {
    var here = Self.here()
    let offer = here.offer(.sendrecv)
    #expect(offer.contains("\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 9 ") && !offer.contains("192.0.2.1"))
  }

  @Test func withoutServersTheAddressIsItsOwn() throws {
    var here = Self.here(Self.host)
    #expect(here.offer(.sendrecv).contains("\r\nc=IN IP4 192.0.2.1\r\n"))
  }

  @Test func anAnswerNamesTheFarEndsWays() throws {
    var here = Self.here(Self.host)
    _ = here.offer(.sendrecv)
    let ways = try #require(try here.accept(Self.theirs()).ice)
    #expect(ways.userFragment == "there" && ways.password == "zyxwvutsrqponmlkjihgfe")
    #expect(ways.candidates.map(\.address.description) == ["192.0.2.9:5000"])
  }

  /// A server on the way that does not know ICE has put its own address there, or the far end has noticed one.
  @Test(arguments: [
    theirs("198.51.100.1"), theirs(port: 5002), theirs(more: ["a=ice-mismatch"]),
    theirs().replacing("a=ice-ufrag:there\r\n", with: ""), theirs().replacing("a=ice-pwd:zyx", with: "a=ice-pwd:"),
  ])
  func whatDoesNotFitIsAnAnswerWithoutICE(answer: String) throws {
    var here = Self.here(Self.host)
    _ = here.offer(.sendrecv)
    let plan = try here.accept(answer)
    #expect(plan.ice == nil && plan.direction == .sendrecv)
  }

  /// RFC 8839, 4.2.1.1: with ICE, an address of zeros is one that is not known yet; without, it is a hold.
  @Test func anAddressOfZerosIsNoHoldWithICE() throws {
    var here = Self.here(Self.host)
    _ = here.offer(.sendrecv)
    #expect(try here.accept(Self.theirs("0.0.0.0", port: 9)).direction == .sendrecv)
    here.local.ice = nil
    _ = here.offer(.sendrecv)
    #expect(try here.accept(Self.theirs("0.0.0.0", port: 9)).direction == .recvonly)
  }

  @Test func anAnswerToAnOfferWithoutICEHasNone() throws {
    var here = Self.here(Self.host)
    let (answer, plan) = try here.answer("v=0\r\nc=IN IP4 192.0.2.9\r\nm=audio 5000 RTP/AVP 0\r\n")
    #expect(!answer.contains("a=ice-") && !answer.contains("a=candidate") && plan.ice == nil)
    let (second, with) = try here.answer(Self.theirs())
    #expect(second.contains("a=ice-ufrag:here\r\n") && with.ice?.userFragment == "there")
  }

  @Test func whoDoesNotUseICEIgnoresIt() throws {
    var here = OfferAnswer.here()
    _ = here.offer(.sendrecv)
    #expect(try here.accept(Self.theirs()).ice == nil)
  }
}
