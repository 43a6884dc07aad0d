// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

/// The life of a process that was adopted: it is its own unit, and no engine speaks for it.
struct SessionLifeAdoptedTests {
  typealias Input = SessionLife.Input
  typealias Effect = SessionLife.Effect

  static func end(_ reason: EndReason, _ event: TerminalEvent = .left) -> Effect {
    .announce(.ended(SessionEnd(event: event, reason: reason)))
  }

  static let inputs: [Input] =
    [
      .engineStarted, .engineLost(.engineCrash, detail: "gone"), .unitGone, .abort, .hangUp, .logout, .suspending,
      .resumed, .report(EngineReport(.joined)), .report(EngineReport(.ended(.busy, detail: "", exitStatus: nil))),
      .recovered(unitRuns: false),
    ] + SessionLife.Deadline.allCases.map(Input.passed)

  /// An input that is not in the table changes nothing.
  static let situations: [(name: String, path: [Input], state: SessionState, answers: [(Input, [Effect])])] = [
    (
      "it is being moved", [], .launching,
      [
        (.engineStarted, [.announce(.launched), .announce(.joined)]),
        (.recovered(unitRuns: false), [end(.engineFailed, .launchFailed), .release]),
      ]
    ),
    (
      "it ended while it was moved", [.unitGone], .launching,
      [
        (.engineStarted, [.announce(.launched), .announce(.joined), end(.exited), .release]),
        (.recovered(unitRuns: false), [end(.engineFailed, .launchFailed), .release]),
      ]
    ),
    (
      "it is joined", [.engineStarted], .joined,
      [
        (.unitGone, [end(.exited), .release]),
        (.recovered(unitRuns: false), [end(.exited), .release]),
        (.abort, [end(.aborted), .release]),
        (.hangUp, [.announce(.hangUpRequested(grace: 7)), .arm(.leave)]),
        (.logout, [.announce(.hangUpRequested(grace: 2)), .arm(.leave)]),
      ]
    ),
    (
      "it is asked to hang up", [.engineStarted, .hangUp], .leaving,
      [
        (.unitGone, [.stopUnit, .disarm(.leave), end(.hungUp), .release]),
        (.recovered(unitRuns: false), [.stopUnit, end(.hungUp), .release]),
        // It has left its call, and stays.
        (.abort, [.disarm(.leave), end(.hungUp), .release]),
        (.passed(.leave), [.stopUnit, .arm(.stop)]),
        (.logout, [.disarm(.leave), .arm(.leave)]),
      ]
    ),
    (
      "it is asked to hang up at the logout", [.engineStarted, .logout], .leaving,
      [
        (.unitGone, [.stopUnit, .disarm(.leave), end(.logout, .connectionClosed), .release]),
        (.recovered(unitRuns: false), [.stopUnit, end(.logout, .connectionClosed), .release]),
        (.abort, [.disarm(.leave), end(.logout, .connectionClosed), .release]),
        (.passed(.leave), [.stopUnit, .arm(.stop)]),
      ]
    ),
    (
      "its unit is being stopped", [.engineStarted, .hangUp, .passed(.leave)], .leaving,
      [
        (.unitGone, [.stopUnit, end(.hungUp), .disarm(.stop), .release]),
        (.recovered(unitRuns: false), [.stopUnit, end(.hungUp), .release]),
        (.passed(.stop), [.killUnit, .arm(.stop)]),
      ]
    ),
    ("it has ended", [.engineStarted, .unitGone], .ended, []),
    ("it was let go", [.engineStarted, .abort], .ended, []),
  ]

  @Test(arguments: situations.indices) func answersEveryInput(_ index: Int) {
    let situation = Self.situations[index]
    for input in Self.inputs {
      var monitor = LifeMonitor(adoptedWithGrace: 7)
      for step in situation.path { monitor.handle(step) }
      #expect(monitor.life.state == situation.state, "\(situation.name)")
      let effects = monitor.handle(input)
      let expected = situation.answers.first { $0.0 == input }?.1 ?? []
      #expect(effects == expected, "\(situation.name): \(input)")
      #expect(monitor.violated.isEmpty, "\(situation.name): \(input): \(monitor.violated)")
    }
  }

  @Test func aNewDaemonAsksNothingTwice() {
    var monitor = LifeMonitor(adoptedWithGrace: 7)
    monitor.handle(.engineStarted)
    #expect(monitor.handle(.recovered(unitRuns: true)) == [])
    monitor.handle(.hangUp)
    #expect(monitor.handle(.recovered(unitRuns: true)) == [.arm(.leave)])
    monitor.handle(.passed(.leave))
    #expect(monitor.handle(.recovered(unitRuns: true)) == [.stopUnit, .arm(.stop)])
    #expect(monitor.violated.isEmpty)
  }

  @Test func whoHangsUpTwiceIsToldOnce() {
    var monitor = LifeMonitor(adoptedWithGrace: 7)
    for input in [Input.engineStarted, .hangUp] { monitor.handle(input) }
    #expect(monitor.handle(.hangUp) == [])
    #expect(monitor.handle(.unitGone).contains(Self.end(.hungUp)))
    #expect(monitor.violated.isEmpty)
  }

  /// Of an adopted process's grace, which the daemon itself has to outlive.
  @Test(arguments: [(1, 1), (2, 2), (3, 2), (60, 2)] as [(UInt32, UInt32)])
  func atALogoutThereIsLessTime(_ grace: UInt32, _ atLogout: UInt32) {
    var life = SessionLife(hangUpGrace: grace)
    _ = life.handle(.engineStarted)
    #expect(life.grace == grace)
    _ = life.handle(.logout)
    #expect(life.grace == atLogout)
    // It is too late for anything else.
    _ = life.handle(.hangUp)
    #expect(life.isHurried)
  }

}
