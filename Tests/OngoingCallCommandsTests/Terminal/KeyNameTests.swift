// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallCommands

/// The keys are those of tmux 3.5, input-keys.c, and of xterm where that sends another Home and End.
struct KeyNameTests {
  @Test(arguments: [
    ("Enter", "\r"), ("Tab", "\t"), ("Escape", "\u{1B}"), ("Space", " "), ("BSpace", "\u{7F}"), ("BTab", "\u{1B}[Z"),
    ("enter", "\r"), ("PAGEUP", "\u{1B}[5~"),
    ("Up", "\u{1B}[A"), ("Down", "\u{1B}[B"), ("Right", "\u{1B}[C"), ("Left", "\u{1B}[D"), ("Home", "\u{1B}[H"),
    ("End", "\u{1B}[F"), ("IC", "\u{1B}[2~"), ("Insert", "\u{1B}[2~"), ("DC", "\u{1B}[3~"), ("Delete", "\u{1B}[3~"),
    ("PPage", "\u{1B}[5~"), ("PgUp", "\u{1B}[5~"), ("NPage", "\u{1B}[6~"), ("PageDown", "\u{1B}[6~"),
    ("PgDn", "\u{1B}[6~"), ("F1", "\u{1B}OP"), ("F2", "\u{1B}OQ"), ("F3", "\u{1B}OR"), ("F4", "\u{1B}OS"),
    ("F5", "\u{1B}[15~"), ("F6", "\u{1B}[17~"), ("F7", "\u{1B}[18~"), ("F8", "\u{1B}[19~"), ("F9", "\u{1B}[20~"),
    ("F10", "\u{1B}[21~"), ("F11", "\u{1B}[23~"), ("F12", "\u{1B}[24~"),
  ])
  func special(_ name: String, _ text: String) { #expect(KeyName.sent(by: name) == text) }

  @Test(arguments: [
    ("C-c", "\u{3}"), ("^c", "\u{3}"), ("^C", "\u{3}"), ("c-C", "\u{3}"), ("C-[", "\u{1B}"), ("C-\\", "\u{1C}"),
    ("C-_", "\u{1F}"), ("C--", "\u{1F}"), ("C-/", "\u{1F}"), ("C-?", "\u{7F}"), ("C-8", "\u{7F}"), ("C-3", "\u{1B}"),
    ("C-7", "\u{1F}"),
    ("C-1", "1"), ("C-@", "\0"), ("C-Space", "\0"), ("C-2", "\0"), ("^ ", "\0"),
    ("M-x", "\u{1B}x"), ("M-X", "\u{1B}X"), ("C-M-x", "\u{1B}\u{18}"), ("M-C-x", "\u{1B}\u{18}"),
    ("^M-x", "\u{1B}\u{18}"),
    ("S-x", "X"), ("S-a", "A"), ("S-A", "A"), ("M-S-x", "\u{1B}X"), ("S-ä", "Ä"), ("S-ß", "ß"), ("S-1", "1"),
    ("C-S-c", "\u{3}"), ("C-!", "1"), ("C-Tab", "\t"), ("S-Enter", "\r"), ("C-ä", "ä"), ("M-ä", "\u{1B}ä"),
    ("C-Enter", "\r"), ("M-Enter", "\u{1B}\r"), ("S-Tab", "\u{1B}[Z"),
    ("M-BSpace", "\u{1B}\u{7F}"), ("C-BSpace", "\u{8}"), ("C-Up", "\u{1B}[1;5A"), ("S-End", "\u{1B}[1;2F"),
    ("M-F1", "\u{1B}[1;3P"), ("C-M-S-F12", "\u{1B}[24;8~"), ("C-DC", "\u{1B}[3;5~"), ("^Left", "\u{1B}[1;5D"),
    ("a", "a"), ("^", "^"), ("-", "-"), ("ä", "ä"),
  ])
  func modified(_ name: String, _ text: String) { #expect(KeyName.sent(by: name) == text) }

  @Test(arguments: [
    "", "Entr", "ab", "ls -l", "C-", "M-C-", "X-a", "--", "a-b", "C-ab", "C-#", "^#", "F0", "F13", "Enter ", "\t", "\n",
    "None", "世界",
  ])
  func others(_ name: String) { #expect(KeyName.sent(by: name) == nil) }

  @Test func keysThatShellsCompleteAreKeys() {
    for name in KeyName.completed { #expect(KeyName.sent(by: name) != nil, "\(name)") }
  }
}

struct TypedKeysTests {
  @Test func wordsAreJoined() throws {
    let words = ["ls -l", "Enter", "Entr", "C-c", "ä", "C-#", "", "q"]
    #expect(try TypedKeys(words, isLiteral: false).texts == ["ls -l\rEntr\u{3}äC-#q"])
    #expect(try TypedKeys(["Enter", "C-c"], isLiteral: true).texts == ["EnterC-c"])
  }

  /// At the ends of characters and keys.
  @Test(arguments: [("ä", 2047), ("世", 1365), ("🎧", 1023)])
  func aLongTextComesInParts(_ character: String, _ whole: Int) throws {
    let text = "a" + String(repeating: character, count: whole * 2)
    let texts = try TypedKeys([text], isLiteral: true).texts
    #expect(texts.joined() == text)
    #expect(texts.map(\.utf8.count).max() == 1 + whole * character.utf8.count && texts.count == 2)
    let ends = try TypedKeys([String(repeating: "a", count: 4095), "Up"], isLiteral: false).texts
    #expect(ends == [String(repeating: "a", count: 4095), "\u{1B}[A"])
  }

  /// A single Character of Swift has no bound.
  @Test func marksCanBeParted() throws {
    let text = "e" + String(repeating: "\u{301}", count: 5000)
    let texts = try TypedKeys([text], isLiteral: false).texts
    #expect(texts.count == 3 && texts.allSatisfy { $0.utf8.count <= 4096 } && texts.joined() == text)
  }

  @Test(arguments: [["a", "C-@"], [""], ["", ""]])
  func whatCannotBeSent(_ words: [String]) {
    let failure = #expect(throws: CommandFailure.self) { try TypedKeys(words, isLiteral: false) }
    #expect(failure?.remedy != nil)
  }
}
