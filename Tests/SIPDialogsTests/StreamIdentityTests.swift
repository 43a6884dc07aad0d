// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct StreamIdentityTests {
  let stream = StreamIdentity(source: 1, firstSequence: 65_530, firstTimestamp: .max - 100, epoch: 1000)

  @Test(arguments: [(1000, 65_530), (1019, 65_530), (1020, 65_531), (1120, 0), (1140, 1)] as [(Int64, UInt16)])
  func sequenceFollowsTheClockAndWraps(now: Int64, sequence: UInt16) {
    #expect(stream.sequence(at: now, packetTime: 20) == sequence)
  }

  @Test func timestampFollowsTheClockAndWraps() {
    #expect(stream.timestamp(at: 1000, rate: 48_000) == UInt32.max - 100)
    #expect(stream.timestamp(at: 1020, rate: 48_000) == 859)
  }

  @Test func noPacketTimeDividesByNothing() {
    #expect(stream.sequence(at: 1003, packetTime: 0) == 65_533)
  }
}
