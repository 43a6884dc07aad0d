// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallCommands

struct DetachWatchTests {
  /// What the program gets, up to the end of `typed` or the keys; and the watch after that.
  private func typed(
    _ text: String, keys: String = DetachKeys.usual, inPiecesOf size: Int = 1
  ) throws -> (passed: String, watch: DetachWatch) {
    var watch = DetachWatch(try DetachKeys(keys))
    var (rest, result) = (Array(text.utf8)[...], [UInt8]())
    while !rest.isEmpty && !watch.isDetached {
      result += watch.pass(rest.prefix(size))
      rest = rest.dropFirst(size)
    }
    return (String(decoding: result, as: UTF8.self), watch)
  }

  private func expect(
    _ text: String, keys: String = DetachKeys.usual, passes: String, detaches: Bool,
    _ location: SourceLocation = #_sourceLocation
  ) throws {
    for size in [1, 2, 3, 5, 100] {
      let (passed, watch) = try typed(text, keys: keys, inPiecesOf: size)
      #expect(passed == passes, "in pieces of \(size)", sourceLocation: location)
      #expect(watch.isDetached == detaches, "in pieces of \(size)", sourceLocation: location)
    }
  }

  @Test(arguments: [
    ("hello", "hello", false), ("\u{1C}d", "", true), ("x\u{1C}d", "x", true), ("\u{1C}", "", false),
    ("\u{1C}x", "\u{1C}x", false), ("\u{1C}drest", "", true), ("\u{1C}D", "\u{1C}D", false),
    ("\u{1B}\u{1C}d", "\u{1B}", true), ("\u{1B}OA\u{1B}[A\u{1B}[1;5A\u{1C}d", "\u{1B}OA\u{1B}[A\u{1B}[1;5A", true),
    ("\u{1B}x\u{1B}\u{1B}", "\u{1B}x\u{1B}", false), ("Grüße\u{1C}d", "Grüße", true),
  ])
  func areFoundInWhatIsTyped(_ text: String, _ passed: String, _ detached: Bool) throws {
    try expect(text, passes: passed, detaches: detached)
  }

  /// Ctrl-\ in each encoding, of kitty's protocol with what its flags add, and of xterm.
  static let first = [
    "\u{1C}", "\u{1B}[92;5u", "\u{1B}[92;69u", "\u{1B}[92;133u", "\u{1B}[92;197u", "\u{1B}[92;5:1u", "\u{1B}[92;5:2u",
    "\u{1B}[92:124;5u", "\u{1B}[92::92;5u", "\u{1B}[1105::92;5u", "\u{1B}[1105:1025:92;133:1u", "\u{1B}[47:92;6u",
    "\u{1B}[92;5;28u", "\u{1B}[92:124:92;5:1;28u", "\u{1B}[27;5;92~", "\u{1B}[27;6;92~",
  ]
  static let second = [
    "d", "\u{1B}[100u", "\u{1B}[100;1u", "\u{1B}[100;129u", "\u{1B}[100;65u", "\u{1B}[100;1:1u", "\u{1B}[100:68;1;100u",
    "\u{1B}[1074::100;1;1074u", "\u{1B}[100;;100u", "\u{1B}[27;1;100~",
  ]

  @Test(arguments: first, second)
  func areFoundInEveryEncoding(_ first: String, _ second: String) throws {
    try expect("a" + first + second, passes: "a", detaches: true)
    // The keys are let go, and so is Ctrl, before the second is pressed.
    let between = "\u{1B}[92;5:3u\u{1B}[57442;1:3u\u{1B}[57442;5u\u{1B}[<35;10;10M\u{1B}[?62;22c"
    try expect(first + between + second, passes: "", detaches: true)
    try expect(first + between + "x" + second, passes: first + between + "x" + second, detaches: false)
  }

  @Test(arguments: [
    "\u{1B}[92u", "\u{1B}[92;7u", "\u{1B}[92;3u", "\u{1B}[92;5:3u", "\u{1B}[920;5u", "\u{1B}[27;3;92~",
    "\u{1B}[28;5;92~",
    "\u{1B}[92;5A", "\u{1B}[?92;5u", "\u{1B}[>92;5u", "\u{1B}[92;13u",
  ])
  func otherKeysAreOthers(_ key: String) throws { try expect(key + "d", passes: key + "d", detaches: false) }

  @Test func othersThanTheUsualAreFoundToo() throws {
    try expect("\u{1B}[112;5u\u{1B}[113;5u", keys: "ctrl-p,ctrl-q", passes: "", detaches: true)
    try expect("\u{1B}[27;5;112~\u{11}", keys: "ctrl-p,ctrl-q", passes: "", detaches: true)
    try expect("\u{1B}[112;6u\u{11}", keys: "ctrl-p,ctrl-q", passes: "\u{1B}[112;6u\u{11}", detaches: false)
    try expect("\u{1B}[32;5u", keys: "ctrl-@", passes: "", detaches: true)
    try expect("\u{1B}[45;6u", keys: "ctrl-_", passes: "", detaches: true)
    try expect("\u{1B}[97;5u\u{1B}[97;2u", keys: "ctrl-a,A", passes: "", detaches: true)
    try expect("\u{1B}[97;5u\u{1B}[53:37;2u", keys: "ctrl-a,%", passes: "", detaches: true)
    try expect("\u{1}\u{1}", keys: "ctrl-a,ctrl-a", passes: "", detaches: true)
  }

  @Test(arguments: ["\u{1C}", "\u{1B}[92;5u", "\u{1B}[27;5;92~"])
  func theFirstKeyTwiceIsTheProgramsOnce(_ key: String) throws {
    try expect(key + key + "d", passes: key + "d", detaches: false)
    try expect(key + "\u{1B}[92;5:3u" + key + "d", passes: key + "d", detaches: false)
    try expect(key + key + key + "d", passes: key, detaches: true)
  }

  @Test(arguments: ["\u{1C}d", "\u{1B}[92;5ud", "\u{1B}[20\u{1C}d", "\u{1B}[201\u{1C}d"])
  func whatIsPastedNeverDetaches(_ pasted: String) throws {
    let text = "\u{1B}[200~" + pasted + "\u{1B}[201~"
    try expect(text, passes: text, detaches: false)
    try expect(text + "\u{1C}d", passes: text, detaches: true)
    try expect("\u{1C}" + text + "d", passes: "\u{1C}" + text + "d", detaches: false)
    // Nothing of it waits.
    #expect(try typed("\u{1B}[200~\u{1C}").watch.pause == nil)
  }

  @Test func whatIsHeldBackGoesOnAfterAPause() throws {
    for (key, pause) in [
      ("\u{1C}", DetachWatch.keyPause), ("\u{1B}[92;5u", DetachWatch.keyPause), ("\u{1B}", DetachWatch.escapePause),
      ("\u{1B}[9", DetachWatch.sequencePause),
    ] {
      var (passed, watch) = try typed("a" + key)
      #expect(passed == "a")
      #expect(watch.pause == pause)
      #expect(watch.release() == Array(key.utf8))
      #expect(watch.pause == nil)
      #expect(watch.pass(Array("d".utf8)) == Array("d".utf8))
      #expect(!watch.isDetached)
    }
    #expect(try typed("text").watch.pause == nil)
  }

  @Test func aSequenceIsNotHeldForEver() throws {
    let endless = "\u{1B}[" + String(repeating: "9", count: 100)
    let (passed, watch) = try typed(endless)
    #expect(passed == endless)
    #expect(watch.pause == nil)
  }

  @Test func withoutKeysEverythingPasses() throws {
    try expect("\u{1C}d\u{1B}", keys: "none", passes: "\u{1C}d\u{1B}", detaches: false)
  }
}
