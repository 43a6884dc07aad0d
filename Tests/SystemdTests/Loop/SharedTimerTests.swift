// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite struct SharedTimerTests {
  @Test func allHearTheSameBeat() async throws {
    let heard = try await onEventLoop {
      let beats = Mailbox<String>()
      let pulse = SharedTimer(every: .milliseconds(20))
      let listeners = try ["a", "b", "c"].map { name in try pulse.listen { beats.put(name) } }
      let heard = await beats.next(9)
      withExtendedLifetime(listeners) {}
      return heard
    }
    // One after the other, and none of them alone.
    #expect(heard.joined() == "abcabcabc")
  }

  @Test func whoIsGoneHearsNothing() async throws {
    let (heard, isBeating) = try await onEventLoop {
      let beats = Mailbox<String>()
      let pulse = SharedTimer(every: .milliseconds(10))
      var second: SharedTimer.Listener?
      let first = try pulse.listen {
        beats.put("first")
        second = nil
      }
      second = try pulse.listen { beats.put("second") }
      let third = try pulse.listen { beats.put("third") }
      let heard = await beats.next(4)
      withExtendedLifetime((first, second, third)) {}
      return (heard, pulse.isBeating)
    }
    #expect(heard == ["first", "third", "first", "third"])
    #expect(isBeating)
  }

  @Test func withoutListenersNothingWakes() async throws {
    let states = try await onEventLoop {
      let pulse = SharedTimer(every: .seconds(10))
      var states = [pulse.isBeating]
      var listeners = try (0..<2).map { _ in try pulse.listen {} }
      states.append(pulse.isBeating)
      listeners.removeLast()
      states.append(pulse.isBeating)
      listeners.removeLast()
      return states + [pulse.isBeating]
    }
    #expect(states == [false, true, true, false])
  }

  @Test(arguments: [("15000000", 10_000), ("3000000", 2000), ("600000000", 10_000), ("0", 10_000)])
  func theProcessHasOneThatSuitsItsWatchdog(_ watchdog: String, _ milliseconds: Int) async {
    await #expect(processExitsWith: .success) { [watchdog, milliseconds] in
      setenv("WATCHDOG_USEC", watchdog, 1)
      setenv("WATCHDOG_PID", "\(getpid())", 1)
      let interval = try await onEventLoop { SharedTimer.main.interval }
      try #require(interval == .milliseconds(milliseconds))
    }
  }
}
