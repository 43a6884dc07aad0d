// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SIPDialogs

/// A registration whose connection is lost, or whose server asks for patience.
struct RegistrationConnectionTests {
  private static let server = Target(.tcp, "192.0.2.9", 5060)
  private var bench: RegistrationBench

  init() throws {
    bench = try RegistrationBench()
    bench.feed(.register)
    bench.open([Self.server])
  }

  @Test mutating func aLostConnectionIsMadeAnewAtOnce() throws {
    try bench.accept()
    bench.now += 100_000
    bench.feed(.lostConnection(Self.server))
    let again = try bench.request()
    #expect(again.sequence == 2 && again["Contact"]?.hasSuffix(";ob>;expires=300") == true)
    #expect(bench.registration.state == .registered(until: 301_000, routes: []))
    try bench.accept()
    #expect(bench.registration.nextDeadline == bench.now + 270_000)
  }

  @Test(arguments: [Target(.tcp, "192.0.2.10", 5060), Target(.tcp, "192.0.2.9", 5062), Target(.tls, "192.0.2.9", 5060)])
  func theConnectionOfAnotherPeerIsNotIts(peer: Target) throws {
    var bench = self.bench
    try bench.accept()
    bench.feed(.lostConnection(peer))
    #expect(bench.effects.isEmpty && bench.registration.nextDeadline == 271_000)
  }

  /// It fails by itself, or is answered over another connection.
  @Test mutating func aRequestThatIsOnItsWayIsNotSentTwice() throws {
    bench.feed(.lostConnection(Self.server))
    #expect(bench.effects.isEmpty)
    try bench.accept()
    #expect(bench.registration.state == .registered(until: 301_000, routes: []))
  }

  @Test mutating func aServerThatClosesAllConnectionsIsNotFlooded() throws {
    try bench.accept()
    for pause in [0, 5000, 10_000, 20_000, 40_000, 80_000, 0] as [Int64] {
      let now = bench.now
      bench.feed(.lostConnection(Self.server))
      if pause > 0 {
        #expect(bench.sent.isEmpty)
        try bench.wait()
      }
      #expect(bench.now == now + pause && bench.sent.count == 1)
      try bench.accept()
    }
  }

  @Test mutating func thePauseEndsBeforeTheRegistration() throws {
    try bench.accept(20)
    bench.feed(.lostConnection(Self.server))
    try bench.accept(8)
    bench.now += 1000
    bench.feed(.lostConnection(Self.server))
    #expect(bench.registration.nextDeadline == bench.now + 4000)
  }

  @Test mutating func whatFailsOrIsRemovedStaysSo() throws {
    try bench.accept()
    bench.feed(.leave)
    try bench.answer(200, "OK")
    bench.feed(.lostConnection(Self.server))
    #expect(bench.effects.isEmpty)
    bench = try RegistrationBench()
    bench.feed(.register)
    bench.open([Self.server])
    try bench.answer(500, "Server Internal Error")
    let time = bench.retryAt
    bench.feed(.lostConnection(Self.server))
    #expect(bench.effects.isEmpty && bench.registration.nextDeadline == time)
  }

  // MARK: - Retry-After

  @Test(arguments: [(7200, 7200), (86_400, 86_400), (4_000_000_000, 86_400)])
  func itWaitsAsLongAsTheServerAsks(asked: Int64, waits: Int64) throws {
    var bench = self.bench
    try bench.answer(503, "Maintenance", [("Retry-After", "\(asked)")])
    #expect(bench.retryAt == bench.now + waits * 1000 && bench.registration.nextDeadline == bench.retryAt)
  }

  @Test mutating func anotherNetworkIsNoReasonToAskSooner() throws {
    try bench.answer(503, "Maintenance", [("Retry-After", "600")])
    let earliest = bench.now + 600_000
    for _ in 0..<3 {
      bench.now += 1000
      bench.feed(.pathFound)
      #expect(bench.effects.isEmpty && bench.retryAt == earliest && bench.registration.nextDeadline == earliest)
    }
    try bench.wait()
    let again = RegistrationEffect.resolve(try SIPURI("sip:example.org"), nil)
    #expect(bench.now == earliest && bench.effects.contains(again))
    // From then on, it is.
    bench.feed(.pathFound)
    #expect(bench.effects.contains(again))
  }

  /// The growing pause was for the network.
  @Test mutating func anotherNetworkEndsTheOwnPauseOnly() throws {
    try bench.answer(503, "Maintenance", [("Retry-After", "1")])
    #expect(try #require(bench.retryAt) >= bench.now + 15_000)
    bench.feed(.pathFound)
    #expect(bench.retryAt == bench.now + 1000)
    try bench.wait()
    bench.open([Self.server])
    try bench.answer(500, "Server Internal Error")
    bench.feed(.pathFound)
    #expect(bench.effects.contains(.resolve(try SIPURI("sip:example.org"), nil)))
  }
}
