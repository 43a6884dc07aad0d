// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import Testing

@testable import OngoingCallDaemon

struct HangDetectorTests {
  private static let second: UInt64 = 1_000_000
  private static let stopped = ProcessSample(wantsToRun: false, processorTime: 7 * second)

  private static func waiting(_ processorTime: UInt64) -> ProcessSample {
    ProcessSample(wantsToRun: true, processorTime: processorTime)
  }

  /// One that has left all the pings unanswered that it may, and the time of the inquiry.
  private static func suspicious() -> (HangDetector, UInt64) {
    var detector = HangDetector(every: second)
    var now = second
    while detector.beat(at: now) != .inquire { now += second }
    return (detector, now)
  }

  @Test func whatDoesNotAnswerIsLookedAt() {
    var detector = HangDetector(every: Self.second)
    let steps = (1...5).map { detector.beat(at: $0 * Self.second) }
    #expect(steps == [.ping(1), .ping(2), .ping(3), .inquire, .inquire])
  }

  @Test func itIsAsPatientAsItIsToBe() {
    var detector = HangDetector(every: Self.second, patience: 2)
    let steps = (1...4).map { detector.beat(at: $0 * Self.second) }
    #expect(steps == [.ping(1), .ping(2), .inquire, .inquire])
    let judgement = detector.judge(Self.stopped, at: 4 * Self.second)
    #expect(judgement == .hangs)
  }

  @Test func whatAnswersLateIsNot() {
    var detector = HangDetector(every: Self.second)
    for beat: UInt64 in 1...20 {
      #expect(detector.beat(at: beat * Self.second) == .ping(beat))
      if beat > 1 { detector.heard(pong: beat - 1) }
    }
    // Nobody has asked that.
    detector.heard(pong: 1000)
    #expect(detector.beat(at: 21 * Self.second) == .ping(21))
    #expect(detector.beat(at: 22 * Self.second) == .ping(22))
    #expect(detector.beat(at: 23 * Self.second) == .inquire)
  }

  @Test func aWatchmanWhoSleptDoesNotKnow() {
    var detector = HangDetector(every: Self.second)
    for beat: UInt64 in 1...20 { #expect(detector.beat(at: beat * 3 * Self.second) == .ping(beat)) }
  }

  @Test func whatDoesNotWantToRunHangs() {
    var (detector, now) = Self.suspicious()
    let judgement = detector.judge(Self.stopped, at: now)
    #expect(judgement == .hangs)
  }

  @Test func whatCannotBeLookedAtHangs() {
    var (detector, now) = Self.suspicious()
    let judgement = detector.judge(nil, at: now)
    #expect(judgement == .hangs)
  }

  @Test func whatRunsWithoutAnsweringHangs() {
    var (detector, now) = Self.suspicious()
    let judgements = [
      detector.judge(Self.waiting(Self.second), at: now),
      detector.judge(Self.waiting(Self.second * 8 / 5), at: now + Self.second),
    ]
    #expect(judgements == [.excused(1), .hangs])
  }

  @Test func whatDoesNotGetItsTurnIsExcusedForAWhile() {
    var (detector, now) = Self.suspicious()
    var excuses = 0
    while detector.judge(Self.waiting(UInt64(excuses) * 10_000), at: now) == .excused(excuses + 1), excuses < 1000 {
      excuses += 1
      now += Self.second
      #expect(detector.beat(at: now) == .inquire)
    }
    #expect(excuses == Limit.excuses)
  }

  @Test func anAnswerEndsTheSuspicion() {
    var (detector, now) = Self.suspicious()
    detector.heard(pong: 3)
    let judgement = detector.judge(Self.stopped, at: now)
    #expect(judgement == .innocent)
    #expect(detector.beat(at: now + Self.second) == .ping(4))
  }

  // MARK: What the kernel says

  @Test(arguments: [
    ("1 (a) R 0 1 1 0 -1 4194304 1 0 0 0 30 12 0 0 20", ProcessSample(wantsToRun: true, processorTime: 420_000)),
    ("1 (a) D 0 1 1 0 -1 4194304 1 0 0 0 0 0 0 0 20", ProcessSample(wantsToRun: true, processorTime: 0)),
    ("1 (a) T 0 1 1 0 -1 4194304 1 0 0 0 1 0 0 0 20", ProcessSample(wantsToRun: false, processorTime: 10_000)),
    (") R 1 (x) S 0 1 1 0 -1 4194304 1 0 0 0 1 0 0 0 20", ProcessSample(wantsToRun: false, processorTime: 10_000)),
    ("1 (a) R 0 1 1 0 -1 4194304 1 0 0 0 18446744073709551615 18446744073709551615", nil),
    ("1 (a) R 0", nil), ("", nil),
  ])
  func readsWhatAProcessDoes(_ stat: String, _ sample: ProcessSample?) { #expect(ProcessSample(stat: stat) == sample) }

  @Test func readsThisProcess() {
    #expect(ProcessSample(of: UInt32(getpid())) != nil)
    #expect(ProcessSample(of: 0) == nil)
  }

  // MARK: What is sent

  @Test func whatSendsNothingIsNoticed() {
    var stillness = StallDetector()
    func report(_ sent: UInt64, shouldSend: Bool = true) -> Bool {
      stillness.isTooLong(after: MediaCounters(sent: sent, received: 0, lost: 0), shouldSend: shouldSend)
    }
    // It is given the time to begin, it sends, it is on hold.
    for sent: UInt64 in [0, 0, 0, 0, 0, 0, 0, 1, 2, 3] { #expect(!report(sent)) }
    for _ in 0..<10 { #expect(!report(3, shouldSend: false)) }
    for _ in 1..<Limit.stillReports { #expect(!report(3)) }
    #expect(report(3))
  }
}
