// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

/// Where a call goes: addresses of a name, and redirects.
@Suite struct CallTargetTests {
  private static let name = "sip:far@phone.example"

  private static func bench(_ hosts: String...) throws -> CallBench {
    let bench = try CallBench(name)
    bench.names["phone.example"] = hosts.map { Target(.udp, $0, 5060, name: "phone.example") }
    return bench
  }

  @Test func anAddressThatIsSilentIsPassed() throws {
    let bench = try Self.bench("2001:db8::9", "192.0.2.9")
    let far = bench.add()
    bench.place()
    #expect(bench.run(5000) { bench.isJoined })
    #expect((2500...3000).contains(bench.now - 1000))
    bench.run(1000)
    bench.leave()
    // The silent address may still have it: the process is there to say goodbye to it.
    #expect(bench.run(40_000) { bench.hasExited })
    #expect(far.calls == 1 && far.open.isEmpty)
    #expect(bench.complaints == [])
  }

  @Test func nobodyIsCalledWithoutTheRelayThatIsNeeded() throws {
    let bench = try Self.bench("192.0.2.8", "192.0.2.9")
    bench.hasRelay.four = false
    let far = [bench.add("192.0.2.8"), bench.add()]
    bench.place()
    #expect(bench.run(100) { bench.endReason != nil })
    #expect(bench.endReason == .unreachable && bench.endDetail == "there is no relay")
    #expect(bench.run(40_000) { bench.hasExited })
    #expect(far.allSatisfy { $0.requests("INVITE").isEmpty })
  }

  @Test func anAddressThatIsReachedByARelayIsCalled() throws {
    let bench = try Self.bench("192.0.2.9", "2001:db8::9")
    bench.hasRelay.four = false
    let far = bench.add("2001:db8::9")
    bench.place()
    #expect(bench.run(500) { bench.isJoined })
    #expect(far.calls == 1)
  }

  @Test func aCallGoesOnWithoutTheRelay() throws {
    let bench = try Self.bench("192.0.2.9")
    bench.add()
    bench.place()
    #expect(bench.run(500) { bench.isJoined })
    bench.hasRelay.four = false
    bench.crash()
    #expect(bench.run(5000) { bench.isJoined && bench.processes == 2 })
    bench.run(1000)
    #expect(bench.isJoined && bench.complaints == [])
  }

  @Test(arguments: [0, 3]) func addressesThatRefuseArePassedAtOnce(extra: Int) throws {
    let dead = (0..<(4 + extra)).map { "192.0.2.\(20 + $0)" }
    let bench = try CallBench(Self.name)
    bench.names["phone.example"] = (dead + ["192.0.2.9"]).map { Target(.udp, $0, 5060) }
    bench.refusing = Set(dead)
    let far = bench.add()
    bench.place()
    #expect(bench.run(500) { bench.isJoined })
    #expect(far.calls == 1)
  }

  @Test(arguments: [503, 408]) func anAddressThatCannotNowIsPassed(status: Int) throws {
    let bench = try Self.bench("192.0.2.8", "192.0.2.9")
    bench.add("192.0.2.8").replies = [.init(after: 1, status: status)]
    bench.add()
    bench.place()
    #expect(bench.run(500) { bench.isJoined })
    #expect(bench.complaints == [])
  }

  @Test(arguments: [486, 404, 603]) func oneAddressSpeaksForAll(status: Int) throws {
    let bench = try Self.bench("2001:db8::9", "192.0.2.9")
    bench.add().replies = [.init(after: 20, status: status)]
    bench.place()
    #expect(bench.run(3000) { bench.endReason != nil })
    #expect(bench.endDetail?.contains("\(status)") == true)
    #expect(bench.run(40_000) { bench.hasExited })
  }

  /// The slow one answers, too: to both the call is one, or it is told that it is none.
  @Test func twoAddressesAnswer() throws {
    let bench = try Self.bench("192.0.2.8", "192.0.2.9")
    let slow = bench.add("192.0.2.8")
    slow.replies = [.init(after: 2800, status: 200)]
    let far = bench.add()
    bench.place()
    #expect(bench.run(5000) { bench.isJoined })
    bench.run(2000)
    #expect(slow.open.isEmpty && slow.requests("BYE").count == 1 && slow.requests("ACK").count == 1)
    #expect(far.open.count == 1)
    #expect(bench.complaints == [])
  }

  /// Both addresses are one telephone, which rings once.
  @Test func aFarEndWithTwoAddressesRingsOnce() throws {
    let bench = try Self.bench("2001:db8::9", "192.0.2.9")
    let slow = bench.add("2001:db8::9")
    let far = bench.add()
    (far.alias, slow.alias) = (slow, far)
    slow.replies = [.init(after: 3000, status: 180, direction: nil), .init(after: 5000, status: 200)]
    bench.place()
    #expect(bench.run(6000) { bench.isJoined })
    #expect(slow.calls + far.calls == 1)
    bench.leave()
    #expect(bench.run(40_000) { bench.hasExited })
    #expect(slow.open.isEmpty)
    #expect(bench.complaints == [])
  }

  @Test func nobodyAnswers() throws {
    let bench = try Self.bench("192.0.2.20", "192.0.2.21", "192.0.2.22", "192.0.2.23", "192.0.2.24")
    bench.place()
    #expect(bench.run(120_000) { bench.hasExited })
    #expect(bench.endReason == .unreachable)
    #expect(bench.endDetail == "no reply")
    #expect(bench.complaints == [])
  }

  @Test func aNameThatLeadsNowhere() throws {
    let bench = try Self.bench()
    bench.place()
    #expect(bench.run(1000) { bench.hasExited })
    #expect(bench.endReason == .unreachable)
    #expect(bench.ticket == nil && bench.reports.count(where: { $0.report.state != .connecting }) == 1)
  }

  @Test func thereIsNoWay() throws {
    let bench = try CallBench()
    bench.hasPath = false
    bench.place()
    #expect(bench.run(1000) { bench.hasExited })
    #expect(bench.endReason == .unreachable)
  }

  // MARK: - Redirects

  @Test func theBestContactIsCalledFirst() throws {
    let bench = try CallBench()
    bench.add().replies = [
      .init(after: 10, status: 302, direction: nil) {
        $0["Contact"] = "<sip:worst@192.0.2.30>;q=0.1, \"Best, really\" <sip:best@192.0.2.31;transport=tcp>;q=0.9"
        $0.add("Contact", "<sip:second@192.0.2.32>;q=0.5")
      }
    ]
    let best = bench.add("192.0.2.31")
    best.replies = [.init(after: 10, status: 486)]
    let second = bench.add("192.0.2.32")
    let worst = bench.add("192.0.2.30")
    bench.place()
    #expect(bench.run(2000) { bench.isJoined })
    #expect(best.requests("INVITE").first?.topVia?.transport == "TCP")
    #expect(best.calls == 1 && second.calls == 1 && worst.calls == 0)
    #expect(second.requests("INVITE").first?.requestURI == "sip:second@192.0.2.32")
    #expect(second.requests("INVITE").first?.to?.uri.host == "192.0.2.9")
    #expect(bench.complaints == [])
  }

  @Test func aCircleIsNotFollowed() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 10, status: 302, direction: nil) { $0["Contact"] = "<sip:b@192.0.2.10>" }]
    bench.add("192.0.2.10").replies = [
      .init(after: 10, status: 301, direction: nil) { $0["Contact"] = "<sip:far@192.0.2.9>" }
    ]
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.endReason == .refused)
    #expect(bench.endDetail?.contains("circle") == true)
    #expect(far.calls == 1)
  }

  @Test func thereIsAnEndToRedirects() throws {
    let bench = try CallBench()
    let farEnds = (9..<30).map { number in
      let far = bench.add("192.0.2.\(number)")
      far.replies = [.init(after: 10, status: 302, direction: nil) { $0["Contact"] = "<sip:x@192.0.2.\(number + 1)>" }]
      return far
    }
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(farEnds.reduce(0) { $0 + $1.calls } == Redirects.most + 1)
    #expect(bench.endDetail?.contains("redirects") == true)
  }

  @Test(arguments: ["", "<tel:+15551234>", "*"]) func aRedirectToNowhere(contact: String) throws {
    let bench = try CallBench()
    bench.add().replies = [
      .init(after: 10, status: 302, direction: nil) { $0["Contact"] = contact.isEmpty ? nil : contact }
    ]
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.endReason == .refused)
  }

  @Test func aSecureCallStaysSecure() throws {
    let bench = try CallBench("sips:far@192.0.2.9;transport=tls")
    bench.add().replies = [.init(after: 10, status: 302, direction: nil) { $0["Contact"] = "<sip:b@192.0.2.10>" }]
    let plain = bench.add("192.0.2.10")
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(plain.calls == 0)
    #expect(bench.endDetail?.contains("secure") == true)
  }

  @Test(arguments: ["tcp", "udp"]) func aCallByTLSStaysSecure(transport: String) throws {
    let bench = try CallBench()
    bench.order.transport = .tls
    bench.add().replies = [
      .init(after: 10, status: 302, direction: nil) {
        $0["Contact"] = "<sip:b@192.0.2.10;transport=\(transport)>, <sip:c@192.0.2.11>;q=0.5"
      }
    ]
    let (plain, secure) = (bench.add("192.0.2.10"), bench.add("192.0.2.11"))
    bench.place()
    #expect(bench.run(2000) { bench.isJoined })
    #expect(plain.calls == 0 && secure.requests("INVITE").first?.topVia?.transport == "TLS")
  }

  @Test(arguments: [Target.Transport.tls, nil]) func noSecureAddressIsLeft(transport: Target.Transport?) throws {
    let bench = try CallBench()
    (bench.order.transport, bench.order.encryption) = (transport, transport == nil ? .required : .off)
    let contact = "<sip:b@192.0.2.10;transport=UDP>"
    bench.add().replies = [.init(after: 10, status: 302, direction: nil) { $0["Contact"] = contact }]
    let plain = bench.add("192.0.2.10")
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(plain.calls == 0 && bench.endDetail?.contains("only to addresses that are not secure") == true)
  }
}
