// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

/// The far end's requests come over the connection that this end has made.
@Suite struct CallConnectionTests {
  private func joined() throws -> (CallBench, FarEnd) {
    let bench = try CallBench("sip:far@192.0.2.9;transport=tcp")
    let far = bench.add()
    try #require(bench.join())
    return (bench, far)
  }

  private func offers(_ far: FarEnd) -> Int { far.requests("INVITE").count { $0.toTag != nil } }

  @Test func aLostConnectionIsMadeAnewAtOnce() throws {
    let (bench, far) = try joined()
    bench.loseConnection()
    bench.run(20)
    #expect(offers(far) == 1)
    #expect(far.requests("INVITE").last?["Contact"] == "<sip:me@192.0.2.1:5060;transport=tcp;ob>")
    bench.run(100_000)
    #expect(offers(far) == 1)
    #expect(bench.reports.allSatisfy { $0.report.state != .reconnecting(.network) })
    #expect(bench.complaints == [])
  }

  @Test(arguments: [
    Target(.tls, "192.0.2.9", 5060), Target(.tcp, "192.0.2.9", 5061), Target(.tcp, "192.0.2.10", 5060),
  ])
  func aConnectionOfSomethingElseIsNot(target: Target) throws {
    let (bench, far) = try joined()
    bench.process?.feed(.lostConnection(target))
    bench.run(10_000)
    #expect(offers(far) == 0)
  }

  @Test func aFarEndThatHungUpMeanwhileSaysSo() throws {
    let (bench, far) = try joined()
    far.forget()
    bench.loseConnection()
    #expect(bench.run(1000) { bench.endReason == .removed })
    #expect(bench.complaints == [])
  }

  @Test func connectionsThatAreLostAgainAndAgainAreMadeMoreSeldom() throws {
    let (bench, far) = try joined()
    for _ in 0..<600 {
      bench.loseConnection()
      bench.run(100)
    }
    #expect((3...7).contains(offers(far)))
    #expect(bench.isJoined)
    // What was steady is made anew at once.
    let before = offers(far)
    bench.run(100_000)
    let after = offers(far)
    #expect(after <= before + 1)
    bench.loseConnection()
    bench.run(20)
    #expect(offers(far) == after + 1)
  }

  @Test func anOfferThatIsLostWithTheConnectionIsMadeAgain() throws {
    let (bench, far) = try joined()
    far.reinvites = [.silent, .accept]
    bench.hold(true)
    bench.run(10)
    bench.process?.breakConnections()
    bench.loseConnection()
    #expect(bench.run(100) { bench.isOnHold })
    #expect(bench.refusals == [])
  }

  @Test func theCallGoesOnWithoutTheServer() throws {
    let (bench, far) = try joined()
    bench.refusing = ["192.0.2.9"]
    bench.loseConnection()
    bench.run(9500)
    #expect(bench.isJoined && bench.isMicrophoneOpen)
    bench.refusing = []
    #expect(bench.run(8000) { offers(far) == 1 })
    #expect(bench.reports.allSatisfy { $0.report.state != .reconnecting(.network) })
    #expect(bench.complaints == [])
  }

  /// A server refuses in the place of a far end that it does not reach.
  @Test(arguments: [404, 430, 477, 480, 500, 502, 503, 504])
  func aServerThatDoesNotReachTheFarEndIsNoSignOfIt(status: Int) throws {
    let (bench, far) = try joined()
    bench.isSoundOn = false
    (far.question, far.reinvites) = (.refuse(status), [.refuse(status)])
    #expect(bench.run(40_000) { bench.state == .reconnecting(.network) })
    bench.run(20_000)
    #expect(bench.state == .reconnecting(.network) || status == 500)
    (far.question, far.reinvites) = (.accept, [.accept])
    #expect(bench.run(20_000) { bench.isJoined })
    #expect(bench.complaints == [])
  }

  /// There are far ends that refuse the question, but not an offer; and servers that stumble.
  @Test(arguments: [404, 430, 477, 480, 500, 502, 503, 504], [true, false])
  func aRefusedQuestionIsNoLoss(status: Int, isOnHold: Bool) throws {
    let (bench, far) = try joined()
    if isOnHold { bench.hold(true) }
    bench.isSoundOn = false
    far.question = .refuse(status)
    bench.run(120_000)
    #expect(bench.isJoined && bench.reports.allSatisfy { $0.report.state != .reconnecting(.network) })
    #expect(!far.requests("OPTIONS").isEmpty && bench.refusals == [] && bench.complaints == [])
  }

  /// A server answers that for itself.
  @Test func tryingIsNoSignOfTheFarEnd() {
    #expect(!SIPMessage(status: 100, phrase: "Trying").isOfFarEnd)
    #expect(SIPMessage(status: 180, phrase: "Ringing").isOfFarEnd)
    #expect(SIPMessage(status: 405, phrase: "Method Not Allowed").isOfFarEnd)
  }

  /// Many answer OPTIONS in dialogs that they do not have.
  @Test func silenceIsProvenByAnOffer() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    bench.isSoundOn = false
    bench.run(15_000)
    #expect(offers(far) == 0)
    bench.run(285_000)
    #expect((1...4).contains(offers(far)), "of twenty questions")
    #expect(bench.isJoined)
    far.reinvites = [.refuse(481)]
    #expect(bench.run(130_000) { bench.endReason == .removed })
    #expect(bench.complaints == [])
  }
}

extension CallBench {
  func loseConnection() { process?.feed(.lostConnection(Target(.tcp, "192.0.2.9", 5060))) }
}
