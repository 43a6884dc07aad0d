// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@testable import CallLife

/// A unit that is killed and stays.
@Suite struct StubbornUnitTests {
  private func stubborn(_ end: SessionLife.Input = .hangUp) -> SessionLife {
    var life = SessionLife()
    for input in [SessionLife.Input.engineStarted, .report(EngineReport(.joined)), end, .passed(.leave)] {
      _ = life.handle(input)
    }
    return life
  }

  @Test func whoeverHangsUpSeesThatItDoesNotEnd() {
    var life = stubborn()
    #expect(life.handle(.hangUp) == [])
    #expect(life.handle(.passed(.stop)) == [.killUnit, .arm(.stop)])
    #expect(!life.resistsEnd)
    // Nobody has to wait for the next try.
    #expect(life.handle(.hangUp) == [])
    #expect(life.handle(.passed(.stop)) == [.killUnit, .arm(.stop)])
    #expect(life.resistsEnd && life.state == .leaving)
    #expect(life.handle(.hangUp) == [.killUnit])
    #expect(life.handle(.abort) == [.killUnit])
    let effects = life.handle(.unitGone)
    #expect(effects.last == .release && life.isOver)
    #expect(life.end?.reason == .aborted)
    #expect(life.handle(.hangUp) == [])
  }

  @Test func aCallThatHasEndedAndWhoseUnitStaysIsKilledAgain() {
    var life = stubborn()
    _ = life.handle(.report(EngineReport(.ended(.removed, detail: "", exitStatus: nil))))
    #expect(life.end?.reason == .hungUp && !life.isOver)
    for _ in 0..<2 { _ = life.handle(.passed(.stop)) }
    #expect(life.resistsEnd && life.state == .ended)
    #expect(life.handle(.hangUp) == [.killUnit])
    #expect(life.handle(.unitGone) == [.disarm(.stop), .release])
  }
}
