// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import CallModel

struct CommandTextTests {
  @Test(arguments: [
    (["/usr/bin/sleep", "1000"], "sleep 1000"), (["fish"], "fish"), ([], ""),
    (["/bin/sh", "-c", "echo 'a b'; exit 7"], #"sh -c 'echo '\''a b'\''; exit 7'"#),
    (["ls", "", "*", "~", "$HOME", "ä", "a=b"], "ls '' '*' '~' '$HOME' ä a=b"),
  ])
  func short(command: [String], text: String) { #expect(CommandText.short(command) == text) }

  @Test func whole() { #expect(CommandText.whole(["/usr/bin/sleep", "1 0"]) == "/usr/bin/sleep '1 0'") }
}
