// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct NumericAddressTests {
  static let zeros = [UInt8](repeating: 0, count: 16)

  @Test(
    arguments: [
      ("127.0.0.1", [127, 0, 0, 1]), ("0.0.0.0", [0, 0, 0, 0]), ("255.255.255.255", [255, 255, 255, 255]),
      ("::", zeros), ("::1", zeros.dropLast() + [1]), ("1::", [0, 1] + zeros.dropLast(2)),
      ("1:2:3:4:5:6:7:8", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
      ("::2:3:4:5:6:7:8", [0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
      ("::FFFF:1.2.3.4", zeros.dropLast(6) + [255, 255, 1, 2, 3, 4]),
      ("1:2:3:4:5:6:1.2.3.4", [0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4]),
    ] as [(String, [UInt8])])
  func isRead(text: String, bytes: [UInt8]) {
    #expect(NumericAddress(text)?.bytes == bytes)
    #expect(NumericAddress(text)?.isIPv6 == (bytes.count == 16))
  }

  @Test(arguments: [
    "", ".", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4", "1.2.3.", "a.b.c.d", " 1.2.3.4", ":", ":::", "1:::2",
    "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "::1:2:3:4:5:6:7:8", "12345::", "g::", "[::1]", "::1%lo",
    "1.2.3.4::", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "1:", ":1", "+1::", "host",
  ])
  func elseItIsNone(text: String) { #expect(NumericAddress(text) == nil) }

  /// Addresses are compared as texts, and OpenSSL's are written like this.
  @Test(arguments: [
    ("2001:db8:0::1", "2001:db8::1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"), ("::0001", "::1"),
    ("1.2.3.4", "1.2.3.4"),
    ("::ffff:102:304", "::ffff:1.2.3.4"), ("0:0:0:0:0:0:0:0", "::"),
  ])
  func anAddressHasOneSpelling(text: String, canonical: String) throws {
    #expect(try #require(NumericAddress(text)).description == canonical)
    #expect(Target(.tls, text, 5061) == Target(.tls, canonical, 5061))
    let host = text.contains(":") ? "[\(text)]" : text
    #expect(try SIPURI("sip:\(host):5061").host == canonical)
    #expect(SIPURI(host: text).host == canonical)
  }

  @Test(arguments: [
    ("127.1.2.3", true, false, true), ("::1", true, false, true), ("0.0.0.0", false, true, true),
    ("::", false, true, true), ("224.0.0.1", false, false, false), ("239.1.1.1", false, false, false),
    ("255.255.255.255", false, false, false), ("ff02::1", false, false, false), ("10.0.0.1", false, false, true),
    ("fe80::1", false, false, true),
  ])
  func kindIsTold(text: String, isLoopback: Bool, isUnspecified: Bool, isUnicast: Bool) throws {
    let address = try #require(NumericAddress(text))
    #expect(address.isLoopback == isLoopback)
    #expect(address.isUnspecified == isUnspecified)
    #expect(address.isUnicast == isUnicast)
  }
}
