// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import ongoingcall_run

struct ProgramExitTests {
  @Test(
    arguments: [
      (0x0000, 0, "exit status 0"), (0x0300, 3, "exit status 3"), (0xFF00, 255, "exit status 255"),
      (15, 143, "killed by signal 15 (SIGTERM)"), (0x80 | 11, 139, "killed by signal 11 (SIGSEGV)"),
      (40, 168, "killed by signal 40"),
    ] as [(Int32, Int, String)])
  func isToldAsAShellDoes(_ waitStatus: Int32, _ exitStatus: Int, _ text: String) {
    let exit = ProgramExit(waitStatus: waitStatus)
    #expect(exit.exitStatus == exitStatus)
    #expect(exit.description == text)
  }
}
