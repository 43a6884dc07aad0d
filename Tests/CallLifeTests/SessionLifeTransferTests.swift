// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

/// The far end asks for a transfer, or does not make one.
struct SessionLifeTransferTests {
  private static func report(_ state: EngineReport.State = .joined, _ request: String? = nil) -> SessionLife.Input {
    var report = EngineReport(state)
    report.transferRequest = request
    return .report(report, resumable: true)
  }

  private static func joined() -> SessionLife {
    var life = SessionLife(resumable: true)
    for input in [.engineStarted, report()] { _ = life.handle(input) }
    return life
  }

  private static func events(_ effects: [SessionLife.Effect]) -> [SessionEvent] {
    effects.compactMap { if case .announce(let event) = $0 { event } else { nil } }
  }

  @Test func aRequestIsAnnouncedOnceAndSoIsItsEnd() {
    var life = Self.joined()
    #expect(Self.events(life.handle(Self.report(.joined, "sip:c@h"))) == [.transferRequested(address: "sip:c@h")])
    #expect(life.handle(Self.report(.joined, "sip:c@h")).isEmpty && life.reported.transferRequest == "sip:c@h")
    #expect(Self.events(life.handle(Self.report(.joined, "sip:d@h"))) == [.transferRequested(address: "sip:d@h")])
    #expect(Self.events(life.handle(Self.report())) == [.transferRequestEnded])
    #expect(life.reported.transferRequest == nil)
  }

  @Test func nobodyIsAskedBeforeTheCallIsUp() {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    #expect(Self.events(life.handle(Self.report(.ringing, "sip:c@h"))) == [.ringing])
    let events = Self.events(life.handle(Self.report(.joined, "sip:c@h")))
    #expect(events == [.joined, .transferRequested(address: "sip:c@h")])
  }

  @Test func itOutlivesTheEngineAndNotTheCall() {
    var life = Self.joined()
    _ = life.handle(Self.report(.joined, "sip:c@h"))
    for input in [.engineLost(.engineCrash, detail: ""), .unitGone, .engineStarted, Self.report(.connecting)] {
      _ = life.handle(input)
      #expect(life.reported.transferRequest == "sip:c@h" && life.contradiction == nil)
    }
    #expect(Self.events(life.handle(Self.report(.joined, "sip:c@h"))) == [.connectionRestored])
    _ = life.handle(.hangUp)
    #expect(life.reported.transferRequest == nil && life.contradiction == nil)
  }

  @Test func oneThatFailsIsAnnouncedWhileThereIsACall() {
    var life = Self.joined()
    #expect(life.handle(.transferFailed(detail: "486")) == [.announce(.transferFailed(detail: "486"))])
    _ = life.handle(.hangUp)
    #expect(life.handle(.transferFailed(detail: "486")).isEmpty)
  }
}
