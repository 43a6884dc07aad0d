// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SIPDialogs

@Suite struct FarEndWatchTests {
  /// They were sent before the connection broke.
  @Test func aFewLatePacketsAreNoReturn() {
    var watch = FarEndWatch()
    watch.begin(at: 0)
    watch.heard(at: 100, packets: 50)
    watch.lost()
    watch.heard(at: 200, packets: 60)
    #expect(!watch.isBack)
    watch.heard(at: 300, packets: 61)
    #expect(watch.isBack)
  }

  @Test func aStreamThatStopsIsAskedAboutSoon() {
    var watch = FarEndWatch()
    watch.begin(at: 0)
    watch.heard(at: 1000, packets: 50)
    #expect(watch.questionAt(expectingSound: true) == 3200)
    #expect(watch.questionAt(expectingSound: false) == 31_000)
    watch.ask(at: 3200)
    watch.signed(at: 3210)
    #expect(watch.questionAt(expectingSound: true) == 18_210)
    // One that stops at every pause of its speaker is not asked at every one.
    watch.heard(at: 5000, packets: 200)
    #expect(watch.questionAt(expectingSound: true) == 13_200)
  }

  @Test func packetsNowAndThenAreNoStream() {
    var watch = FarEndWatch()
    watch.begin(at: 0)
    watch.heard(at: 1000, packets: 1)
    #expect(watch.questionAt(expectingSound: true) == 7000)
  }
}
