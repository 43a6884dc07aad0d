// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import Testing

@testable import CallWindow

@Suite struct WindowStateTests {
  @Test func placeholder() { #expect(Bool(true)) }
}
