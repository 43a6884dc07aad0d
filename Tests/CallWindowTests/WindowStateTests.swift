// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import Testing

@testable import CallWindow

@Suite struct WindowStateTests {
  static let second: UInt64 = 1_000_000

  static func call(_ id: String, _ state: SessionState = .joined, _ change: (inout SessionInfo) -> Void = { _ in })
    -> SessionInfo
  {
    var info = SessionInfo(id: id)
    (info.title, info.uri, info.state) = ("Stand-up", "sip:standup@example.org;transport=tls", state.rawValue)
    if state != .launching { (info.joinedAt, info.duration) = (1, 65 * second) }
    change(&info)
    return info
  }

  static func calls(_ sessions: SessionInfo..., ringing: Set<String> = []) -> OngoingCalls.Update {
    var snapshot = OngoingCalls.Snapshot()
    snapshot.calls = sessions.map { .init($0, isRinging: ringing.contains($0.id)) }
    return .snapshot(snapshot)
  }

  static func state(_ updates: OngoingCalls.Update..., at now: Duration = .zero) -> WindowState {
    var state = WindowState(phrases: WindowPhrases())
    for update in updates { state.take(update, at: now) }
    return state
  }

  // MARK: Which call

  @Test func theOnlyCallIsOnThePage() {
    let picture = Self.state(Self.calls(Self.call("a"))).picture(at: .zero)
    #expect(picture.page?.id == "a" && picture.rows.map(\.id) == ["a"] && picture.ticks)
  }

  @Test func ofSeveralTheUserChooses() {
    var state = Self.state(Self.calls(Self.call("abc"), Self.call("abd"), Self.call("x") { $0.name = "work" }))
    #expect(state.picture(at: .zero).page == nil)
    #expect(state.picture(at: .zero).emptyTitle == "Choose a call")
    for (wish, id) in [("abd", "abd"), ("work", "x"), ("abc", "abc"), ("x", "x")] {
      state.choose(wish)
      #expect(state.picture(at: .zero).page?.id == id)
    }
    state.choose("ab")
    #expect(state.picture(at: .zero).page == nil, "it is not clear which one")
    state.leave()
    #expect(state.picture(at: .zero).page == nil)
  }

  @Test func aWishIsKeptUntilTheCallsAreKnown() {
    var state = Self.state()
    state.choose("ab")
    #expect(state.picture(at: .zero).emptyTitle == "")
    state.take(Self.calls(Self.call("x"), Self.call("abc")), at: .zero)
    #expect(state.picture(at: .zero).page?.id == "abc")
    var other = Self.state()
    other.choose("nothere")
    other.take(Self.calls(Self.call("x")), at: .zero)
    #expect(other.picture(at: .zero).page == nil && other.picture(at: .zero).emptyTitle == "Call ended")
  }

  @Test func anotherCallTakesThePlaceOfOneThatHasEndedUnlessThatWasChosen() {
    for isChosen in [false, true] {
      var state = Self.state(Self.calls(Self.call("a")))
      if isChosen { state.choose("a") }
      state.take(Self.calls(Self.call("a"), Self.call("b")), at: .zero)
      #expect(state.picture(at: .zero).page?.id == "a")
      state.take(Self.calls(Self.call("a", .ended) { $0.endReason = "removed" }, Self.call("b")), at: .zero)
      #expect(state.picture(at: .zero).page?.id == (isChosen ? "a" : "b"))
    }
  }

  @Test func howItEndedStaysWhenTheDaemonHasForgottenIt() {
    var state = Self.state(
      Self.calls(Self.call("a")), Self.calls(Self.call("a", .ended) { $0.endDetail = "486 Busy here" }))
    for news in [Self.calls(), .noDaemon] {
      state.take(news, at: .zero)
      let page = state.picture(at: .zero).page
      #expect(page?.state == "Call ended" && page?.remark == "486 Busy here\nIt lasted 1:05.")
      #expect(page?.controls == nil)
    }
    state.leave()
    #expect(state.picture(at: .zero).emptyTitle == "No calls")
  }

  // MARK: The daemon

  @Test func aDaemonThatIsAwayIsToldAndItsCallsAreGoneAfterAWhile() {
    var state = Self.state(Self.calls(Self.call("a")), .noDaemon)
    var picture = state.picture(at: .seconds(9))
    #expect(picture.trouble?.hasPrefix("The service that keeps calls does not run.") == true)
    #expect(picture.rows.count == 1 && picture.page?.controls != nil)
    // Whether it is told again or not.
    state.take(.noDaemon, at: .seconds(9))
    picture = state.picture(at: .seconds(10))
    #expect(picture.trouble == nil && picture.rows.isEmpty && picture.page?.state == "Call ended")
    state.take(Self.calls(Self.call("a")), at: .seconds(11))
    picture = state.picture(at: .seconds(11))
    #expect(picture.rows.count == 1 && picture.page?.controls != nil && picture.trouble == nil)
  }

  @Test func withoutCallsADaemonThatIsAwayIsNoTrouble() {
    let picture = Self.state(.noDaemon).picture(at: .zero)
    #expect(picture.trouble == nil && picture.emptyTitle == "No calls" && !picture.ticks)
  }

  @Test func whatIsWrongIsToldWithItsRemedy() {
    let picture = Self.state(Self.calls(Self.call("a")), .trouble(.disconnected)).picture(at: .zero)
    #expect(
      picture.trouble
        == "The session bus closed the connection.\nTo repair it: try again; if that does not help, log in again")
    #expect(picture.rows.count == 1)
  }

  // MARK: Accounts

  private static func account(_ id: String, isDefault: Bool = false, isEnabled: Bool = true) -> OngoingCalls.Account {
    var account = OngoingCalls.Account(id: id)
    (account.identity, account.isDefault, account.isEnabled) = ("\(id) <sip:\(id)@example.org>", isDefault, isEnabled)
    return account
  }

  @Test func theDefaultAccountIsFirst() {
    var calls = OngoingCalls.Snapshot()
    calls.accounts = [Self.account("a"), Self.account("b", isDefault: true), Self.account("c", isEnabled: false)]
    var state = Self.state(.snapshot(calls))
    #expect(
      state.picture(at: .zero).accounts.map(\.text)
        == ["b <sip:b@example.org>", "a <sip:a@example.org>", "Without an account"])
    #expect((0..<4).map { state.account(at: $0) } == ["b", "a", "", nil])
    calls.accounts = [Self.account("a")]
    state.take(.snapshot(calls), at: .zero)
    #expect(state.picture(at: .zero).accounts.map(\.id) == ["", "a"])
    calls.accounts = []
    state.take(.snapshot(calls), at: .zero)
    #expect(state.picture(at: .zero).accounts.isEmpty && state.account(at: 0) == nil)
  }
}
