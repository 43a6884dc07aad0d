// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import FoundationEssentials
import NATTraversal
import Testing

@Suite struct ICEDescriptionTests {
  static let credentials: [(name: String, value: String)] = [
    ("ice-ufrag", "8hhY"), ("ice-pwd", "asd88fgpdd777uzjYhagZg"),
  ]

  /// As in RFC 8839, 4.6, and with what browsers add.
  @Test func isRead() throws {
    let description = try #require(
      ICEDescription(
        attributes: Self.credentials + [
          ("rtpmap", "0 PCMU/8000"), ("ice-options", "ice2 trickle"),
          ("candidate", "1 1 UDP 2130706431 203.0.113.141 8998 typ host"),
          ("candidate", "2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998"),
          ("candidate", "3 1 UDP 10 2001:db8::5 9 typ relay raddr :: rport 9 generation 0 network-id 1"),
        ]))
    #expect(description.userFragment == "8hhY")
    #expect(description.password == "asd88fgpdd777uzjYhagZg")
    #expect(!description.isLite)
    #expect(description.candidates.map(\.kind) == [.host, .serverReflexive, .relayed])
    #expect(
      description.candidates.map(\.address.description) == [
        "203.0.113.141:8998", "192.0.2.3:45664", "[2001:db8::5]:9",
      ])
    #expect(description.candidates[1].related?.description == "203.0.113.141:8998")
    #expect(ICEDescription(attributes: description.attributes()) == description)
    let kept = try JSONEncoder().encode(description)
    #expect(try JSONDecoder().decode(ICEDescription.self, from: kept) == description)
  }

  @Test(arguments: [
    "", "1", "1 1 TCP 1 192.0.2.1 9 typ host tcptype active", "1 2 UDP 1 192.0.2.1 9 typ host",
    "1 1 UDP 1 name.local 9 typ host", "1 1 UDP 0 192.0.2.1 9 typ host", "1 1 UDP 2147483648 192.0.2.1 9 typ host",
    "1 1 UDP 1 192.0.2.1 0 typ host", "1 1 UDP 1 192.0.2.1 65536 typ host", "1 1 UDP 1 192.0.2.1 9 typ other",
    "1 1 UDP 1 192.0.2.1 9 host typ", "$ 1 UDP 1 192.0.2.1 9 typ host", "1 1 UDP 1 192.0.2.1 9 typ",
  ])
  func otherCandidatesAreLeftOut(text: String) throws {
    #expect(ICECandidate(text) == nil)
    let description = ICEDescription(attributes: Self.credentials + [("candidate", text)])
    #expect(try #require(description).candidates.isEmpty)
  }

  @Test(arguments: [
    ("abc", "asd88fgpdd777uzjYhagZg"), ("abcd", "asd88fgpdd777uzjYhagZ"), ("ab:d", "asd88fgpdd777uzjYhagZg"),
    ("abcd", "asd88fgpdd777 uzjYhagZg"), ("", ""), (String(repeating: "a", count: 257), "asd88fgpdd777uzjYhagZg"),
  ])
  func brokenCredentialsAreNone(userFragment: String, password: String) {
    #expect(ICEDescription(attributes: [("ice-ufrag", userFragment), ("ice-pwd", password)]) == nil)
  }

  @Test func streamsCredentialsCount() {
    let description = ICEDescription(attributes: [("ice-lite", ""), ("ice-ufrag", "session")] + Self.credentials)
    #expect(description?.userFragment == "8hhY")
    #expect(description?.isLite == true)
    #expect(description?.attributes().first?.name == "ice-lite")
  }

  /// Virtual networks do not push out what works from everywhere.
  @Test func relaysAreKept() throws {
    let hosts = (1...40).map { (name: "candidate", value: "\($0) 1 UDP \(1000 + $0) 10.0.\($0).1 9 typ host") }
    let relay = (name: "candidate", value: "r 1 UDP 1 192.0.2.1 9 typ relay")
    let description = try #require(ICEDescription(attributes: Self.credentials + hosts + [relay]))
    #expect(description.candidates.count == 7)
    #expect(description.candidates.last?.kind == .relayed)
    #expect(description.candidates.first?.priority == 1035)
  }

  @Test func brokenTextsAreRefused() {
    var dice = Dice(3)
    let seed = Array("2 1 udp 1694498815 192.0.2.3 45664 typ srflx raddr 203.0.113.141 rport 8998".utf8)
    var understood = 0
    for _ in 0..<5000 {
      let text = String(decoding: dice.mutated(seed), as: UTF8.self)
      guard let candidate = ICECandidate(text) else { continue }
      understood += 1
      #expect(ICECandidate(candidate.attribute) == candidate)
    }
    #expect(understood > 100)
  }
}
