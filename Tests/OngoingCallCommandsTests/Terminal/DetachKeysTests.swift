// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallCommands

struct DetachKeysTests {
  @Test(arguments: [
    (DetachKeys.usual, [0x1C, 0x64], "Ctrl-\\ then d"), ("ctrl-p,ctrl-q", [0x10, 0x11], "Ctrl-P then Ctrl-Q"),
    ("CTRL-A,a,A", [1, 0x61, 0x41], "Ctrl-A then a then A"), ("ctrl-@", [0], "Ctrl-@"),
    ("none", [], ""),
  ])
  func areRead(_ text: String, _ bytes: [UInt8], _ description: String) throws {
    let keys = try DetachKeys(text)
    #expect(keys.keys.map(\.byte) == bytes)
    #expect(keys.description == description)
  }

  @Test func ofAViewWithinAnother() throws {
    #expect(try DetachKeys(DetachKeys.usual).nestedDescription == "Ctrl-\\ then Ctrl-\\ then d")
    #expect(try DetachKeys("none").nestedDescription == "")
  }

  @Test(arguments: ["", ",", "a,", "ctrl-", "ctrl-ä", "ctrl-1", "alt-x", "ab", "ä", " ", "\u{7F}", "a,a,a,a,a,a,a,a,a"])
  func othersAreRefused(_ text: String) {
    let failure = #expect(throws: CommandFailure.self) { try DetachKeys(text) }
    #expect(failure?.status == .usage)
  }

  @Test(arguments: [
    ("d", "you could no longer type “d”"), ("~,.", "you could no longer type “~”"), ("ctrl-[", "arrow keys"),
    ("ctrl-a,ctrl-[", "arrow keys"), ("ctrl-m,d", "Enter"), ("ctrl-i", "Tab"), ("ctrl-j", "pasted lines"),
  ])
  func thoseThatWouldKeepAnotherFromTheProgramAreRefused(_ text: String, _ why: String) {
    let failure = #expect(throws: CommandFailure.self) { try DetachKeys(text) }
    #expect(failure?.status == .usage)
    #expect(failure?.message.contains(why) == true)
  }
}
