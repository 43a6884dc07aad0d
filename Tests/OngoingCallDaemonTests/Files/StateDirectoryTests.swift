// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Testing

@testable import OngoingCallDaemon

@Suite struct StateDirectoryTests {
  @Test(arguments: [
    (["XDG_STATE_HOME": "/var/mine", "HOME": "/home/me"], "/var/mine/ongoingcall"),
    (["HOME": "/home/me"], "/home/me/.local/state/ongoingcall"),
    (["XDG_STATE_HOME": "mine", "HOME": "/home/me"], "/home/me/.local/state/ongoingcall"),
    (["XDG_STATE_HOME": "mine", "HOME": "me"], nil),
    ([:], nil),
  ])
  func isTheUsersOwn(_ environment: [String: String], _ directory: String?) {
    #expect(StateDirectory.standard(BaseDirectories { environment[$0] }) == directory)
  }
}
