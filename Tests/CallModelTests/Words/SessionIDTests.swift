// SPDX-License-Identifier: Apache-2.0
import CallModel
import DiceTestSupport
import OngoingCallTestSupport
import Testing

struct SessionIDTests {
  @Test func aNewIDIsReadBack() {
    var seen: Set<SessionID> = []
    var characters: Set<Character> = []
    for _ in 0..<2000 {
      let id = SessionID()
      #expect(SessionID(id.description) == id)
      seen.insert(id)
      characters.formUnion(id.description)
    }
    #expect(seen.count == 2000)
    #expect(String(characters.sorted()) == "0123456789abcdefghjkmnpqrstvwxyz")
  }

  @Test func theSameRandomNumbersGiveTheSameID() {
    var one = Dice(7)
    var other = Dice(7)
    #expect(SessionID(using: &one) == SessionID(using: &other))
  }

  @Test(arguments: ["01234567", "abcdefgh", "zzzzzzzz"])
  func isAnID(_ text: String) { #expect(SessionID(text)?.description == text) }

  @Test(arguments: [
    "", "0123456", "012345678", "0123456i", "0123456l", "0123456o", "0123456u", "ABCDEFGH", "0123 567", "../../..",
    "0123456\n", "0123456\0", "0123456é", "éééé", "@1234567", "%n%n%n%n", "\u{FF10}1234567",
  ])
  func isNone(_ text: String) { #expect(SessionID(text) == nil) }
}
