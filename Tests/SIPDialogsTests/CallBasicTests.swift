// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

@Suite struct CallBasicTests {
  @Test func aCallIsPlacedAndHungUp() throws {
    let bench = try CallBench()
    let far = bench.add()
    bench.place()
    #expect(bench.run(1000) { bench.state == .ringing })
    #expect(bench.run(1000) { bench.isJoined })
    #expect(bench.isMicrophoneOpen)
    bench.run(500)
    #expect(far.legs.map(\.state) == [.confirmed])
    #expect(far.leg?.unacknowledged == [])
    bench.leave()
    #expect(bench.endReason == .hungUp)
    #expect(bench.ticket != nil)
    #expect(!bench.isMicrophoneOpen)
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.ticket == nil)
    #expect(far.open.isEmpty)
    #expect(bench.complaints == [])
  }
}
