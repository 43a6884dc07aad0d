// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@Suite struct ElapsedTimeTests {
  @Test(arguments: [
    (0, "0:00"), (59, "0:59"), (60, "1:00"), (3599, "59:59"), (3600, "1:00:00"), (36_061, "10:01:01"),
  ])
  func text(_ seconds: UInt64, _ text: String) { #expect("\(ElapsedTime(seconds: seconds))" == text) }
}
