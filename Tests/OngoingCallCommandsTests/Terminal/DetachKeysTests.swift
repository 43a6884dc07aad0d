// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallCommands

struct DetachKeysTests {
  @Test(arguments: [
    (DetachKeys.usual, [0x1C, 0x64], "Ctrl-\\ then d"), ("ctrl-p,ctrl-q", [0x10, 0x11], "Ctrl-P then Ctrl-Q"),
    ("CTRL-A,a,A", [1, 0x61, 0x41], "Ctrl-A then a then A"), ("ctrl-@", [0], "Ctrl-@"),
    ("~,.", [0x7E, 0x2E], "~ then ."),
    ("none", [], ""),
  ])
  func areRead(_ text: String, _ bytes: [UInt8], _ description: String) throws {
    let keys = try DetachKeys(text)
    #expect(keys.bytes == bytes)
    #expect(keys.description == description)
  }

  @Test(arguments: ["", ",", "a,", "ctrl-", "ctrl-ä", "ctrl-1", "alt-x", "ab", "ä", " ", "\u{7F}", "a,a,a,a,a,a,a,a,a"])
  func othersAreRefused(_ text: String) {
    let failure = #expect(throws: CommandFailure.self) { try DetachKeys(text) }
    #expect(failure?.status == .usage)
  }

  @Test(arguments: [
    ("hello", "hello", false), ("ab", "", true), ("xab", "x", true), ("aab", "a", true), ("a", "", false),
    ("axab", "ax", true), ("ax", "ax", false), ("abrest", "", true), ("ba", "b", false),
  ])
  func areFoundInWhatIsTyped(_ typed: String, _ passed: String, _ detached: Bool) throws {
    for size in [1, 2, 10] {
      var watch = DetachWatch(try DetachKeys("a,b"))
      var (rest, result) = (Array(typed.utf8)[...], [UInt8]())
      while !rest.isEmpty && !watch.isDetached {
        result += watch.pass(rest.prefix(size))
        rest = rest.dropFirst(size)
      }
      #expect(String(decoding: result, as: UTF8.self) == passed)
      #expect(watch.isDetached == detached)
    }
  }

  @Test func overlappingKeysAreFound() throws {
    var watch = DetachWatch(try DetachKeys("a,a,b"))
    #expect(watch.pass(Array("aaab".utf8)) == Array("a".utf8))
    #expect(watch.isDetached)
  }

  @Test func withoutKeysEverythingPasses() throws {
    var watch = DetachWatch(try DetachKeys("none"))
    #expect(watch.pass([0x1C, 0x64]) == [0x1C, 0x64])
    #expect(!watch.isDetached)
  }
}
