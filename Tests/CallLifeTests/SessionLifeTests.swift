// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

/// A session's life as a table: in each situation, what each input brings about.
struct SessionLifeTests {
  typealias Input = SessionLife.Input
  typealias Effect = SessionLife.Effect

  /// How a session is got into a situation, and what it does there. An input that is not in the table has no effect.
  struct Situation: CustomTestStringConvertible, Sendable {
    let name: String
    let path: [Input]
    let state: SessionState
    let answers: [(Input, [Effect], SessionState)]
    var testDescription: String { name }
  }

  static let joined = EngineReport(.joined)
  static let reconnecting = EngineReport(.reconnecting(.network))
  static let busy = EngineReport(.ended(.busy, detail: "486 Busy here", exitStatus: nil))
  static let exited = EngineReport(.ended(.exited, detail: "exit status 3", exitStatus: 3))
  static let muted = EngineReport(.ringing, muted: true)

  static let inputs: [Input] =
    [
      .engineStarted, .engineNotStarted(detail: "no unit"), .engineLost(.engineCrash, detail: "gone"), .unitGone,
      .abort, .hangUp,
      .report(EngineReport(.connecting)), .report(EngineReport(.ringing)), .report(joined), .report(reconnecting),
      .report(busy), .report(exited), .report(muted),
    ] + SessionLife.Deadline.allCases.map(Input.passed)

  static func end(
    _ event: TerminalEvent, _ reason: EndReason, _ detail: String = "", exitStatus: Int? = nil
  ) -> Effect {
    .announce(.ended(SessionEnd(event: event, reason: reason, detail: detail, exitStatus: exitStatus)))
  }

  static let silent = "the engine stopped without saying why"
  static let slow = "the engine sent no state in time"
  static let unanswered = "it rang, but nobody answered in time"
  static let late = "there was no answer in time"
  static let away = "the connection could not be restored in time"

  static let situations: [Situation] = [
    Situation(
      name: "the unit is being started", path: [], state: .launching,
      answers: [
        (
          .engineStarted, [.announce(.launched), .join, .arm(.firstReport), .arm(.answer)], .launching
        ),
        (.engineNotStarted(detail: "no unit"), [end(.launchFailed, .engineFailed, "no unit"), .release], .ended),
        (.abort, [], .leaving),
        (.hangUp, [], .leaving),
      ]),
    Situation(
      name: "aborted while the unit is being started", path: [.abort], state: .leaving,
      answers: [
        (.engineStarted, [.announce(.launched), .leave, .arm(.leave)], .leaving),
        (.engineNotStarted(detail: "no unit"), [end(.left, .aborted, "no unit"), .release], .ended),
      ]),
    Situation(
      name: "the unit was gone before it was known to run", path: [.unitGone], state: .launching,
      answers: [
        (.engineStarted, [.announce(.launched), .arm(.leave)], .launching),
        (.engineNotStarted(detail: "no unit"), [end(.launchFailed, .engineFailed, "no unit"), .release], .ended),
        (.abort, [], .leaving),
        (.hangUp, [], .leaving),
      ]),
    Situation(
      name: "the last words of a unit that is gone are awaited", path: [.unitGone, .engineStarted], state: .launching,
      answers: [
        (.report(EngineReport(.ringing)), [.announce(.ringing)], .launching),
        (.report(muted), [.announce(.mutedChanged(true)), .announce(.ringing)], .launching),
        (.report(joined), [.announce(.joined)], .joined),
        (
          .report(busy), [.disarm(.leave), end(.launchFailed, .busy, "486 Busy here"), .release], .ended
        ),
        (
          .report(exited), [.disarm(.leave), end(.left, .exited, "exit status 3", exitStatus: 3), .release], .ended
        ),
        (
          .engineLost(.engineCrash, detail: "gone"),
          [.disarm(.leave), end(.launchFailed, .engineFailed, "gone"), .release], .ended
        ),
        (.passed(.leave), [end(.launchFailed, .engineFailed, silent), .release], .ended),
        (.abort, [], .leaving),
        (.hangUp, [], .leaving),
      ]),
    Situation(
      name: "the engine was told to join", path: [.engineStarted], state: .launching,
      answers: [
        (.report(EngineReport(.connecting)), [.disarm(.firstReport)], .launching),
        (.report(EngineReport(.ringing)), [.disarm(.firstReport), .announce(.ringing)], .launching),
        (
          .report(muted), [.disarm(.firstReport), .announce(.mutedChanged(true)), .announce(.ringing)], .launching
        ),
        (.report(joined), [.disarm(.firstReport), .disarm(.answer), .announce(.joined)], .joined),
        (.report(reconnecting), [.disarm(.firstReport)], .launching),
        (
          .report(busy),
          [.disarm(.firstReport), .disarm(.answer), end(.launchFailed, .busy, "486 Busy here"), .arm(.leave)], .ended
        ),
        (
          .report(exited),
          [
            .disarm(.firstReport), .disarm(.answer), end(.left, .exited, "exit status 3", exitStatus: 3), .arm(.leave),
          ], .ended
        ),
        (
          .engineLost(.engineCrash, detail: "gone"),
          [
            .disarm(.firstReport), .disarm(.answer), end(.launchFailed, .engineFailed, "gone"), .stopUnit, .arm(.stop),
          ], .ended
        ),
        (
          .unitGone,
          [.disarm(.firstReport), .disarm(.answer), end(.launchFailed, .engineFailed, silent), .release], .ended
        ),
        (.abort, [.disarm(.firstReport), .disarm(.answer), .leave, .arm(.leave)], .leaving),
        (.hangUp, [.disarm(.firstReport), .disarm(.answer), .leave, .arm(.leave)], .leaving),
        (.passed(.firstReport), [.disarm(.answer), .leave, .arm(.leave)], .leaving),
        (.passed(.answer), [.disarm(.firstReport), .leave, .arm(.leave)], .leaving),
      ]),
    Situation(
      name: "it rings", path: [.engineStarted, .report(EngineReport(.ringing))], state: .launching,
      answers: [
        (.report(muted), [.announce(.mutedChanged(true))], .launching),
        (.report(joined), [.disarm(.answer), .announce(.joined)], .joined),
        (.report(busy), [.disarm(.answer), end(.launchFailed, .busy, "486 Busy here"), .arm(.leave)], .ended),
        (
          .report(exited),
          [.disarm(.answer), end(.left, .exited, "exit status 3", exitStatus: 3), .arm(.leave)], .ended
        ),
        (
          .engineLost(.engineCrash, detail: "gone"),
          [.disarm(.answer), end(.launchFailed, .engineFailed, "gone"), .stopUnit, .arm(.stop)], .ended
        ),
        (.unitGone, [.disarm(.answer), end(.launchFailed, .engineFailed, silent), .release], .ended),
        (.abort, [.disarm(.answer), .leave, .arm(.leave)], .leaving),
        (.hangUp, [.disarm(.answer), .leave, .arm(.leave)], .leaving),
        (.passed(.answer), [.leave, .arm(.leave)], .leaving),
      ]),
    Situation(
      name: "joined", path: [.engineStarted, .report(joined)], state: .joined,
      answers: [
        (.report(muted), [.announce(.mutedChanged(true))], .joined),
        (.report(reconnecting), [.announce(.connectionLost(.network)), .arm(.reconnect)], .reconnecting),
        (.report(busy), [end(.connectionClosed, .busy, "486 Busy here"), .arm(.leave)], .ended),
        (.report(exited), [end(.left, .exited, "exit status 3", exitStatus: 3), .arm(.leave)], .ended),
        (
          .engineLost(.engineCrash, detail: "gone"),
          [end(.connectionClosed, .engineFailed, "gone"), .stopUnit, .arm(.stop)], .ended
        ),
        (.unitGone, [end(.connectionClosed, .engineFailed, silent), .release], .ended),
        (.abort, [.leave, .arm(.leave)], .leaving),
        (.hangUp, [.leave, .arm(.leave)], .leaving),
      ]),
    Situation(
      name: "reconnecting", path: [.engineStarted, .report(joined), .report(reconnecting)], state: .reconnecting,
      answers: [
        (.report(muted), [.announce(.mutedChanged(true))], .reconnecting),
        (.report(joined), [.disarm(.reconnect), .announce(.connectionRestored)], .joined),
        (
          .report(busy), [.disarm(.reconnect), end(.connectionClosed, .busy, "486 Busy here"), .arm(.leave)], .ended
        ),
        (
          .report(exited),
          [.disarm(.reconnect), end(.left, .exited, "exit status 3", exitStatus: 3), .arm(.leave)], .ended
        ),
        (
          .engineLost(.engineCrash, detail: "gone"),
          [.disarm(.reconnect), end(.connectionClosed, .engineFailed, "gone"), .stopUnit, .arm(.stop)], .ended
        ),
        (.unitGone, [.disarm(.reconnect), end(.connectionClosed, .engineFailed, silent), .release], .ended),
        (.abort, [.disarm(.reconnect), .leave, .arm(.leave)], .leaving),
        (.hangUp, [.disarm(.reconnect), .leave, .arm(.leave)], .leaving),
        (.passed(.reconnect), [.leave, .arm(.leave)], .leaving),
      ]),
    Situation(
      name: "leaving because the user hung up", path: [.engineStarted, .report(joined), .hangUp], state: .leaving,
      answers: [
        (.report(busy), [.disarm(.leave), end(.left, .hungUp, "486 Busy here"), .arm(.leave)], .ended),
        (
          .report(exited),
          [.disarm(.leave), end(.left, .hungUp, "exit status 3", exitStatus: 3), .arm(.leave)], .ended
        ),
        (
          .engineLost(.engineCrash, detail: "gone"),
          [.disarm(.leave), end(.left, .hungUp, "gone"), .stopUnit, .arm(.stop)], .ended
        ),
        (.unitGone, [.disarm(.leave), end(.left, .hungUp, silent), .release], .ended),
        (.passed(.leave), [.stopUnit, .arm(.stop)], .leaving),
      ]),
    Situation(
      name: "leaving because nobody answered",
      path: [.engineStarted, .report(EngineReport(.ringing)), .passed(.answer)], state: .leaving,
      answers: [
        (.report(busy), [.disarm(.leave), end(.launchFailed, .noAnswer, unanswered), .arm(.leave)], .ended),
        (
          .report(exited),
          [.disarm(.leave), end(.launchFailed, .noAnswer, unanswered, exitStatus: 3), .arm(.leave)], .ended
        ),
        (
          .engineLost(.engineCrash, detail: "gone"),
          [.disarm(.leave), end(.launchFailed, .noAnswer, unanswered), .stopUnit, .arm(.stop)], .ended
        ),
        (.unitGone, [.disarm(.leave), end(.launchFailed, .noAnswer, unanswered), .release], .ended),
        (.passed(.leave), [.stopUnit, .arm(.stop)], .leaving),
      ]),
    Situation(
      name: "the unit of a session that leaves is being stopped",
      path: [.engineStarted, .report(joined), .abort, .passed(.leave)], state: .leaving,
      answers: [
        (.report(busy), [end(.left, .aborted, "486 Busy here")], .ended),
        (.report(exited), [end(.left, .aborted, "exit status 3", exitStatus: 3)], .ended),
        (.engineLost(.engineCrash, detail: "gone"), [end(.left, .aborted, "gone")], .ended),
        (.unitGone, [end(.left, .aborted, silent), .disarm(.stop), .release], .ended),
        (.passed(.stop), [.killUnit, .arm(.stop)], .leaving),
      ]),
    Situation(
      name: "ended, and the engine goes by itself", path: [.engineStarted, .report(busy)], state: .ended,
      answers: [
        (.unitGone, [.disarm(.leave), .release], .ended),
        (.passed(.leave), [.stopUnit, .arm(.stop)], .ended),
      ]),
    Situation(
      name: "ended, and the unit is being stopped", path: [.engineStarted, .engineLost(.engineCrash, detail: "gone")],
      state: .ended,
      answers: [
        (.unitGone, [.disarm(.stop), .release], .ended),
        (.passed(.stop), [.killUnit, .arm(.stop)], .ended),
      ]),
    Situation(name: "over", path: [.engineStarted, .report(busy), .unitGone], state: .ended, answers: []),
    Situation(name: "over before it began", path: [.engineNotStarted(detail: "")], state: .ended, answers: []),
  ]

  @Test(arguments: situations)
  func everyInput(in situation: Situation) {
    var life = SessionLife()
    for input in situation.path { _ = life.handle(input) }
    #expect(life.state == situation.state)
    for input in Self.inputs {
      let answer = situation.answers.first { $0.0 == input }
      var next = life
      #expect(next.handle(input) == answer?.1 ?? [], "\(input)")
      #expect(next.state == answer?.2 ?? situation.state, "\(input)")
    }
    for (input, _, _) in situation.answers { #expect(Self.inputs.contains(input), "\(input) is not tried") }
  }

  // MARK: What the table does not show

  @Test func anAbortWinsOverWhatTheSessionAlreadyLeavesFor() {
    let paths: [[Input]] = [
      [.engineStarted, .report(Self.joined), .hangUp],
      [.engineStarted, .passed(.firstReport)],
      [.engineStarted, .report(Self.joined), .report(Self.reconnecting), .passed(.reconnect)],
    ]
    for path in paths {
      var life = SessionLife()
      for input in path { _ = life.handle(input) }
      #expect(life.handle(.abort) == [])
      #expect(life.handle(.hangUp) == [])
      _ = life.handle(.report(EngineReport(.ended(.removed, detail: "", exitStatus: nil))))
      #expect(life.end == SessionEnd(event: .left, reason: .aborted))
    }
  }

  @Test func aHangUpWinsOverADeadline() {
    var life = SessionLife()
    for input in [Input.engineStarted, .passed(.answer), .hangUp, .unitGone] { _ = life.handle(input) }
    #expect(life.end?.reason == .hungUp)
  }

  @Test func theEndStandsOnceItIsAnnounced() {
    var life = SessionLife()
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.busy))
    for input in Self.inputs {
      _ = life.handle(input)
      #expect(life.end == SessionEnd(event: .launchFailed, reason: .busy, detail: "486 Busy here"))
    }
  }

  @Test func aLateDeadlineIsNoDeadline() {
    var life = SessionLife()
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.joined))
    // Both were on their way when they were taken back.
    #expect(life.handle(.passed(.answer)) == [])
    #expect(life.handle(.passed(.firstReport)) == [])
    _ = life.handle(.report(Self.reconnecting))
    _ = life.handle(.report(Self.joined))
    #expect(life.handle(.passed(.reconnect)) == [])
    #expect(life.state == .joined)
  }

  @Test func aReportThatComesTwiceIsAnnouncedOnce() {
    for report in [EngineReport(.ringing), Self.joined, EngineReport(.joined, muted: true, onHold: true)] {
      var life = SessionLife()
      _ = life.handle(.engineStarted)
      _ = life.handle(.report(report))
      #expect(life.handle(.report(report)) == [])
    }
  }

  @Test func mutedAndOnHoldAreAnnouncedWhereTheyChange() {
    var life = SessionLife(startMuted: true)
    #expect(life.reported.muted)
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(EngineReport(.joined, muted: true)))
    #expect(
      life.handle(.report(EngineReport(.joined, muted: false, onHold: true)))
        == [.announce(.mutedChanged(false)), .announce(.onHoldChanged(true))])
    #expect(!life.reported.muted && life.reported.onHold)
    #expect(
      life.handle(.report(EngineReport(.reconnecting(.farEnd), onHold: false)))
        == [.announce(.onHoldChanged(false)), .announce(.connectionLost(.farEnd)), .arm(.reconnect)])
  }

  // MARK: A new daemon

  static let recoveries: [([Input], [Effect])] = [
    ([], [.announce(.launched), .join, .arm(.firstReport), .arm(.answer)]),
    ([.abort], [.announce(.launched), .leave, .arm(.leave)]),
    ([.engineStarted], [.join, .arm(.firstReport), .arm(.answer)]),
    ([.engineStarted, .report(EngineReport(.ringing))], [.join, .arm(.answer)]),
    ([.engineStarted, .report(joined)], []),
    ([.engineStarted, .report(joined), .report(reconnecting)], [.arm(.reconnect)]),
    ([.engineStarted, .report(joined), .hangUp], [.leave, .arm(.leave)]),
    ([.engineStarted, .report(joined), .hangUp, .passed(.leave)], [.stopUnit, .arm(.stop)]),
    ([.engineStarted, .report(busy)], [.arm(.leave)]),
    ([.engineStarted, .engineLost(.engineCrash, detail: "")], [.stopUnit, .arm(.stop)]),
    ([.engineStarted, .unitGone], []),
  ]

  @Test(arguments: recoveries)
  func aNewDaemonGoesOn(after path: [Input], with effects: [Effect]) {
    var life = SessionLife()
    for input in path { _ = life.handle(input) }
    let before = life
    #expect(life.handle(.recovered(unitRuns: true)) == effects)
    #expect(life.state == before.state && life.end == before.end)
  }

  @Test func aDaemonThatEndedWhileItStartedTheEngineLeavesNothingBehind() {
    for path in [
      [Input.unitGone, .engineNotStarted(detail: "")],
      [.recovered(unitRuns: true), .engineLost(.engineCrash, detail: ""), .unitGone],
    ] {
      var life = SessionLife()
      for input in path { _ = life.handle(input) }
      #expect(life.isOver && life.end?.reason == .engineFailed)
    }
  }
}
