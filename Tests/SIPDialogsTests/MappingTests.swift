// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SIPDialogs

/// A NAT in between, which the Via of responses shows.
struct MappingTests {
  private static let end = LocalEnd(
    target: Target(.udp, "192.0.2.9", 5060), address: "192.0.2.1", port: 5070, mediaPort: 4000, controlPort: 4001)
  private var link = FarEndLink()

  private mutating func isRemapped(_ seen: String, at now: Int64) -> Bool {
    var response = SIPMessage(status: 200, phrase: "OK")
    response.add("Via", "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bK1;" + seen)
    return link.isRemapped(by: response, at: Self.end, now: now)
  }

  @Test mutating func withoutNAT() {
    #expect(!isRemapped("rport=5070", at: 0) && !link.isBehindNAT)
    #expect(!isRemapped("received=192.0.2.1;rport=5070", at: 0) && !link.isBehindNAT)
    #expect(!isRemapped("received=192.0.2.1", at: 0) && !link.isBehindNAT)
  }

  @Test mutating func anotherPortIsNoticedOnce() {
    #expect(!isRemapped("received=203.0.113.5;rport=41000", at: 0) && link.isBehindNAT)
    #expect(!isRemapped("received=203.0.113.5;rport=41000", at: 1000))
    #expect(isRemapped("received=203.0.113.5;rport=42000", at: 2000))
    #expect(!isRemapped("received=203.0.113.5;rport=42000", at: 3000))
  }

  @Test mutating func onesOwnAddressHasChanged() {
    _ = isRemapped("received=203.0.113.5;rport=41000", at: 0)
    link.forgetMapping()
    #expect(!isRemapped("received=203.0.113.5;rport=42000", at: 2000))
  }

  /// Some routers have another port for every packet.
  @Test mutating func onesThatComeAgainAndAgainAreNoticedEverMoreSeldom() {
    var noticed: [Int64] = []
    for time in stride(from: Int64(0), through: 3_600_000, by: 20_000)
    where isRemapped("received=203.0.113.5;rport=\(40_000 + time / 1000)", at: time) {
      noticed.append(time)
    }
    #expect(noticed.count < 12 && noticed.first == 20_000, "\(noticed)")
  }
}
