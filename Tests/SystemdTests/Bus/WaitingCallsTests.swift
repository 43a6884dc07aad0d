// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import Systemd

@Suite struct WaitingCallsTests {
  private static let limits = WaitingCalls<Int>.Limits(calls: 16, bytes: 10_000, allBytes: 20_000)

  private static func all(_ calls: inout WaitingCalls<Int>, large: ((String) -> Bool)? = { _ in true }) -> [Int] {
    var order: [Int] = []
    while true {
      if let (call, _) = calls.nextEnding() {
        order.append(call)
      } else if let (call, _, _) = calls.nextOther(large: large) {
        order.append(call)
      } else {
        return order
      }
    }
  }

  @Test func callersTakeTurns() {
    var calls = WaitingCalls<Int>(Self.limits)
    for call in 1...3 { #expect(calls.add(call, .other, of: "a", bytes: 1, isHeld: false) == true) }
    for call in 4...5 { #expect(calls.add(call, .other, of: "b", bytes: 1, isHeld: false) == true) }
    #expect(calls.count == 5)
    #expect(Self.all(&calls) == [1, 4, 2, 5, 3])
    #expect(calls.isEmpty && !calls.hasCalls(of: "a") && !calls.hasEndings)
  }

  @Test func endingsComeFirstAndTakeTurnsToo() {
    var calls = WaitingCalls<Int>(Self.limits)
    #expect(calls.add(1, .other, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(2, .ending, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(3, .ending, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(4, .ending, of: "b", bytes: 1, isHeld: false) == true)
    #expect(Self.all(&calls) == [2, 4, 3, 1])
  }

  @Test func anEndingStaysBehindWhatItsCallerBegins() {
    var calls = WaitingCalls<Int>(Self.limits)
    #expect(calls.add(1, .other, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(2, .beginning, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(3, .ending, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(4, .ending, of: "b", bytes: 1, isHeld: false) == true)
    #expect(Self.all(&calls) == [4, 1, 2, 3])
    // Nothing of it is left.
    #expect(calls.add(5, .other, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(6, .ending, of: "a", bytes: 1, isHeld: false) == true)
    #expect(Self.all(&calls) == [6, 5])
  }

  @Test func endingsOfOneAreNotEndlesslyFirst() {
    var calls = WaitingCalls<Int>(Self.limits)
    for call in 1...6 { #expect(calls.add(call, .ending, of: "a", bytes: 1, isHeld: false) == true) }
    #expect(calls.add(7, .other, of: "b", bytes: 1, isHeld: false) == true)
    #expect(Self.all(&calls) == [1, 2, 3, 7, 4, 5, 6])
  }

  @Test func whoIsNotKnownYetWaitsAndKeepsTheOrder() {
    var calls = WaitingCalls<Int>(Self.limits)
    for call in 1...2 { #expect(calls.add(call, .other, of: "a", bytes: 1, isHeld: true) == true) }
    #expect(calls.add(3, .ending, of: "a", bytes: 1, isHeld: true) == true)
    #expect(calls.add(4, .other, of: "b", bytes: 1, isHeld: false) == true)
    #expect(Self.all(&calls) == [4])
    calls.release("a")
    calls.release("b")
    #expect(Self.all(&calls) == [3, 1, 2])
  }

  @Test func whoHasGoneIsDropped() {
    var calls = WaitingCalls<Int>(Self.limits)
    #expect(calls.add(1, .other, of: "a", bytes: 1, isHeld: true) == true)
    #expect(calls.add(2, .ending, of: "a", bytes: 1, isHeld: true) == true)
    calls.drop("a")
    calls.drop("b")
    #expect(calls.isEmpty)
    #expect(Self.all(&calls) == [])
  }

  @Test func largeAnswersWaitAndHoldUpNobodyElse() {
    var calls = WaitingCalls<Int>(Self.limits)
    #expect(calls.add(1, .large, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(2, .other, of: "a", bytes: 1, isHeld: false) == true)
    #expect(calls.add(3, .large, of: "b", bytes: 1, isHeld: false) == true)
    #expect(calls.add(4, .other, of: "c", bytes: 1, isHeld: false) == true)
    #expect(Self.all(&calls, large: nil) == [4])
    #expect(Self.all(&calls, large: { $0 == "b" }) == [3])
    #expect(Self.all(&calls) == [1, 2])
  }

  @Test func onlySoManyOfOneAndSoMuchOfAllMayWait() {
    var calls = WaitingCalls<Int>(Self.limits)
    for call in 0..<16 { #expect(calls.add(call, .other, of: "a", bytes: 500, isHeld: false) == true) }
    #expect(calls.add(16, .other, of: "a", bytes: 1, isHeld: false) == false)
    for call in 100...101 { #expect(calls.add(call, .ending, of: "a", bytes: 1, isHeld: false) == true) }
    #expect(calls.add(102, .ending, of: "a", bytes: 1, isHeld: false) == false)
    #expect(calls.add(16, .other, of: "b", bytes: 10_001, isHeld: false) == false)
    #expect(calls.add(16, .other, of: "b", bytes: 9000, isHeld: false) == true)
    #expect(calls.add(17, .other, of: "b", bytes: 1001, isHeld: false) == false)
    #expect(calls.add(17, .other, of: "c", bytes: 5000, isHeld: false) == false)
    // Of those who have none a small one always has room.
    #expect(calls.add(17, .other, of: "c", bytes: 4096, isHeld: false) == true)
    #expect(calls.add(18, .other, of: "c", bytes: 1, isHeld: false) == false)
    #expect(Self.all(&calls).count == 20)
    #expect(calls.add(1, .other, of: "a", bytes: 10_000, isHeld: false) == true)
  }

  @Test func firstInFirstOut() {
    var fifo = Fifo<Int>()
    var (next, expected) = (0, 0)
    for round in 0..<200 {
      for _ in 0..<(round % 7) {
        fifo.append(next)
        next += 1
      }
      for _ in 0..<(round % 5) where !fifo.isEmpty {
        #expect(fifo.first == expected)
        let first = fifo.popFirst()
        #expect(first == expected)
        expected += 1
      }
      #expect(fifo.count == next - expected)
    }
    while fifo.popFirst() != nil { expected += 1 }
    #expect(expected == next && fifo.first == nil)
  }
}
