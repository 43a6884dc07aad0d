// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Testing

@testable import NATTraversal

extension TransportAddress {
  /// For texts that are known to be one.
  init(literal text: String) {
    guard let address = TransportAddress(text) else { fatalError("\(text) is no address") }
    self = address
  }
}

@Suite struct TransportAddressTests {
  @Test(arguments: [
    ("192.0.2.1", "192.0.2.1:5"), ("2001:DB8:0:0::1", "[2001:db8::1]:5"), ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:5"),
  ])
  func isCanonical(host: String, text: String) throws {
    let address = try #require(TransportAddress(host: host, port: 5))
    #expect(address.description == text)
    #expect(TransportAddress(text) == address)
    #expect(TransportAddress(bytes: address.bytes, port: 5) == address)
    #expect(try JSONDecoder().decode([TransportAddress].self, from: JSONEncoder().encode([address])) == [address])
  }

  @Test(arguments: [
    "", "192.0.2.1", "192.0.2.1:", "192.0.2.1:65536", "name:5", "[::1]", "[::1%lo]:5", "192.0.2.1\0:5", "01.2.3.4:5",
  ])
  func elseItIsNone(text: String) {
    #expect(TransportAddress(text) == nil)
    #expect(throws: DecodingError.self) {
      try JSONDecoder().decode([TransportAddress].self, from: JSONEncoder().encode([text]))
    }
  }

  @Test(arguments: [
    ("192.0.2.1:5", true), ("10.0.0.1:5", true), ("[2001:db8::1]:5", true), ("192.0.2.1:0", false),
    ("0.0.0.0:5", false), ("[::]:5", false), ("127.0.0.1:5", false), ("[::1]:5", false), ("224.0.0.1:5", false),
    ("255.255.255.255:5", false), ("0.1.2.3:5", false), ("[ff02::1]:5", false), ("[fe80::1]:5", false),
    ("[::ffff:192.0.2.1]:5", false),
  ])
  func farEndsMayNameIt(text: String, isReachable: Bool) {
    let address = TransportAddress(literal: text)
    #expect(address.isReachable(from: TransportAddress(literal: "192.0.2.7:9")) == isReachable)
  }

  @Test func ownMachineReachesItself() {
    let own = TransportAddress(literal: "127.0.0.1:9")
    #expect(TransportAddress(literal: "127.0.0.2:5").isReachable(from: own))
  }
}
