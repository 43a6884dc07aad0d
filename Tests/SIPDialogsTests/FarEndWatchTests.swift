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
}
