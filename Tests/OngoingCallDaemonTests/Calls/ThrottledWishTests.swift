// SPDX-License-Identifier: Apache-2.0
import EngineChannel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite(.timeLimit(.minutes(1))) struct ThrottledWishTests {
  @Test func theNewestWinsAndOneIsUnderWay() async throws {
    try await onEventLoop {
      let told = Mailbox<Int>()
      let wish = ThrottledWish<Int>(pause: .milliseconds(1), patience: .seconds(600)) { told.put($0) }
      for value in 1...100 { wish.want(value) }
      #expect(told.waiting == [1])
      // Not what it was told.
      wish.answered(2)
      wish.answered(1)
      #expect(await told.next(2) == [1, 100])
      wish.want(7)
      wish.want(100)
      wish.answered(100)
      // What it is at is what is wanted.
      wish.want(3)
      #expect(await told.next() == 3)
      #expect(told.waiting.isEmpty)
    }
  }

  @Test func theFirstDoesNotWaitAndMayRepeatTheLast() async throws {
    try await onEventLoop {
      let told = Mailbox<Bool>()
      let wish = ThrottledWish<Bool>(pause: .milliseconds(1), patience: .milliseconds(1)) { told.put($0) }
      wish.want(true)
      #expect(told.waiting == [true])
      while wish.newest != nil { try await EventSource.pause(.milliseconds(1)) }
      // The engine may have come to be otherwise by itself.
      wish.want(true)
      #expect(told.waiting == [true, true])
    }
  }

  @Test func anEngineThatDoesNotAnswerIsToldTheNewestAllTheSame() async throws {
    try await onEventLoop {
      let told = Mailbox<Int>()
      let wish = ThrottledWish<Int>(pause: .milliseconds(1), patience: .milliseconds(20)) { told.put($0) }
      for value in 1...3 { wish.want(value) }
      #expect(await told.next(2) == [1, 3])
    }
  }

  @Test func devicesThatAreChosenOneAfterTheOtherAreToldTogether() async throws {
    try await onEventLoop {
      let told = Mailbox<EngineRequest>()
      let wishes = EngineWishes { told.put($0) }
      wishes.want(audio: ["microphone": "a"])
      wishes.want(audio: ["microphone": "b"])
      wishes.want(audio: ["speaker": "c"])
      let all = await told.next(2)
      #expect(all == [.setAudio(microphone: "a", speaker: nil), .setAudio(microphone: "b", speaker: "c")])
    }
  }

  @Test func aBudgetIsUsedUpAndGrowsAgain() {
    var budget = TokenBucket(3, every: .seconds(1))
    let taken = (0..<5).map { _ in budget.take(now: 10_000_000) }
    #expect(taken == [true, true, true, false, false])
    #expect(budget.missed == 2)
    #expect(budget.takeMissed() == 2)
    #expect(budget.missed == 0)
    #expect(budget.take(now: 10_999_999) == false)
    #expect(budget.take(now: 11_000_000) == true)
    #expect(budget.take(now: 11_500_000) == false)
    #expect(budget.take(now: 12_000_000) == true)
    let later = (0..<4).map { _ in budget.take(now: 60_000_000) }
    #expect(later == [true, true, true, false])
  }

  @Test func whatAnEngineIsAskedForIsNotCharged() {
    var allowance = EngineRateLimit()
    for _ in 0..<1000 { allowance.ask(now: 10_000_000) }
    for _ in 0..<4000 { #expect(allowance.take(messages: 1, bytes: 100, now: 10_000_000) == true) }
    for _ in 0..<500 { #expect(allowance.take(messages: 1, bytes: 100, now: 10_000_000) == true) }
    #expect(allowance.take(messages: 1, now: 10_000_000) == false)
    // In the next period it may be late, and no longer.
    var late = EngineRateLimit()
    for _ in 0..<100 { late.ask(now: 10_000_000) }
    for _ in 0..<900 { #expect(late.take(messages: 1, now: 15_000_000) == true) }
    #expect(late.take(messages: 1, now: 15_000_000) == false)
    for _ in 0..<500 { #expect(late.take(messages: 1, now: 20_000_000) == true) }
    #expect(late.take(messages: 1, now: 20_000_000) == false)
  }
}
