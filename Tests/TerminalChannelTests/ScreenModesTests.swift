// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TerminalChannel

struct ScreenModesTests {
  private func modes(_ text: String, inPiecesOf size: Int = .max) -> ScreenModes {
    var modes = ScreenModes(height: 24)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      modes.take(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return modes
  }

  private func setting(_ modes: ScreenModes) -> String { String(decoding: modes.setting, as: UTF8.self) }
  private func undoing(_ modes: ScreenModes) -> String { String(decoding: modes.undoing, as: UTF8.self) }

  @Test(arguments: [
    ("", "", ""),
    ("text\u{1B}[31m\u{1B}[2J\u{1B}[c", "", ""),
    ("\u{1B}[?25l", "\u{1B}[?25l", "\u{1B}[?25h"),
    ("\u{1B}[?25l\u{1B}[?25h", "", ""),
    ("\u{1B}[?7l\u{1B}[?1;2004h", "\u{1B}[?1h\u{1B}[?7l\u{1B}[?2004h", "\u{1B}[?1l\u{1B}[?7h\u{1B}[?2004l"),
    ("\u{1B}[?1049h", "\u{1B}[?1049h\u{1B}[H\u{1B}[2J", "\u{1B}[?1049l\u{F}"),
    ("\u{1B}[?1049h\u{1B}[?1049l", "", ""),
    ("\u{1B}=\u{1B}[4h", "\u{1B}=\u{1B}[4h", "\u{1B}>\u{1B}[4l"),
    ("\u{1B}[12l\u{1B}[20h", "\u{1B}[12l\u{1B}[20h", "\u{1B}[12h\u{1B}[20l"),
    ("\u{1B}[3;20r", "\u{1B}7\u{1B}[3;20r\u{1B}8", "\u{1B}7\u{1B}[r\u{1B}8"),
    ("\u{1B}[3;20r\u{1B}[r", "", ""), ("\u{1B}[1;24r", "", ""), ("\u{1B}[0;30r", "", ""),
    ("\u{1B}[1;23r", "\u{1B}7\u{1B}[1;23r\u{1B}8", "\u{1B}7\u{1B}[r\u{1B}8"),
    (
      "\u{1B}[?69h\u{1B}[3;20s", "\u{1B}[?69h\u{1B}7\u{1B}[3;20s\u{1B}8", "\u{1B}[?69l"
    ),
    ("\u{1B}[>4;2m\u{1B}[4 q", "\u{1B}[4 q\u{1B}[>4;2m", "\u{1B}[>4m\u{1B}[0 q"),
    ("\u{1B}[>4;2m\u{1B}[>4n", "", ""),
    ("\u{1B}[?25l\u{1B}[4h\u{1B}[3;9r\u{1B}[!p", "", ""),
    ("\u{1B}[?25l\u{1B}[?1049h\u{1B}=\u{E}\u{1B}]11;red\u{7}\u{1B}c", "", "\u{1B}[?1047l"),
    ("\u{1B}[?1049h\u{1B}c\u{1B}c\u{1B}[?1049l", "", ""),
    ("\u{1B}]0;[?25l\u{18}", "", ""),
    ("\u{1B}[?25\u{18}l", "", ""),
    // Those of no terminal that there is yet.
    ("\u{1B}[?9876h", "\u{1B}[?9876h", "\u{1B}[?9876l"),
    (
      "\u{1B}[?12;1007;2026;2027;2031;2048h",
      "\u{1B}[?12h\u{1B}[?1007h\u{1B}[?2026h\u{1B}[?2027h\u{1B}[?2031h\u{1B}[?2048h",
      "\u{1B}[?12l\u{1B}[?1007l\u{1B}[?2026l\u{1B}[?2027l\u{1B}[?2031l\u{1B}[?2048l"
    ),
    ("\u{1B}[?6h", "\u{1B}[?6h", "\u{1B}[?6l\u{1B}[999;1H"),
  ])
  func areKept(_ printed: String, _ set: String, _ undone: String) { expect(printed, set, undone) }

  @Test(arguments: [
    ("\u{1B}[>1u\u{1B}[>5u", "\u{1B}[>1u\u{1B}[>5u", "\u{1B}[<2u"),
    ("\u{1B}[>1u\u{1B}[<9u", "", ""),
    ("\u{1B}[=5u", "\u{1B}[=5u", "\u{1B}[=0u"),
    ("\u{1B}[=5;1u\u{1B}[=1;3u", "\u{1B}[=4u", "\u{1B}[=0u"),
    ("\u{1B}[>1u\u{1B}[=8;2u", "\u{1B}[>9u", "\u{1B}[<1u"),
    ("\u{1B}[=1u\u{1B}[=0u", "", ""),
    // Each screen has its own.
    (
      "\u{1B}[>1u\u{1B}[?1049h\u{1B}[>3u\u{1B}[>5u",
      "\u{1B}[>1u\u{1B}[?1049h\u{1B}[H\u{1B}[2J\u{1B}[>3u\u{1B}[>5u", "\u{1B}[<2u\u{1B}[?1049l\u{1B}[<1u\u{F}"
    ),
    (
      "\u{1B}[?1049h\u{1B}[>3u\u{1B}[?1049l", "\u{1B}[?47h\u{1B}[>3u\u{1B}[?47l", "\u{1B}[?47h\u{1B}[<1u\u{1B}[?47l"
    ),
    ("\u{1B}[>1u\u{1B}[?1049h\u{1B}[<1u\u{1B}[?1049l", "\u{1B}[>1u", "\u{1B}[<1u"),
  ])
  func keyboardsAreKept(_ printed: String, _ set: String, _ undone: String) { expect(printed, set, undone) }

  @Test func modesThatOnlyTheTerminalKnowsAreSaved() {
    let printed =
      "\u{1B}[?1007l\u{1B}[?9001h\u{1B}[?9001l\u{1B}c\u{1B}[?2004;25;7;9002l\u{1B}[?1007h\u{1B}[?1007;1049;1048l"
    for size in [1, 2, .max] {
      let modes = modes(printed, inPiecesOf: size)
      let saving = modes.savedModes.map { String(decoding: $0.saving, as: UTF8.self) }
      #expect(saving == ["\u{1B}[?1007s", "\u{1B}[?9002s"])
      #expect(modes.savedModes.map { String(decoding: $0.restoring, as: UTF8.self) }.last == "\u{1B}[?9002r")
      // Where each was switched off first.
      #expect(modes.savedModes.map(\.place) == [0, 26])
    }
    let many = modes((1...200).map { "\u{1B}[?\(20000 + $0)l" }.joined())
    #expect(many.savedModes.count == 64)
  }

  @Test(arguments: [
    ("\u{1B}(0", "\u{1B}(0", "\u{F}\u{1B}(B"),
    ("\u{E}", "\u{E}", "\u{F}\u{1B}(B"),
    ("a\u{1B})0b\u{E}c", "\u{1B})0\u{E}", "\u{F}\u{1B}(B\u{1B})B"),
    ("\u{1B}n", "\u{1B}n", "\u{F}\u{1B}(B"),
    // A saved cursor may bring it back.
    ("\u{E}\u{1B}7\u{F}", "", "\u{F}\u{1B}(B"),
    ("\u{1B}%@", "\u{1B}%@", "\u{1B}%G"), ("\u{1B}%@\u{1B}%G", "", ""),
  ])
  func characterSetsAreKept(_ printed: String, _ set: String, _ undone: String) {
    for size in [1, 2, .max] {
      let modes = modes(printed, inPiecesOf: size)
      #expect(setting(modes) == set)
      #expect(undoing(modes) == Self.cut + undone + "\u{1B}[0m")
    }
  }

  private static let st = "\u{1B}\\"

  @Test(arguments: [
    ("\u{1B}]0;title\u{7}", "\u{1B}]0;title\u{7}", ""),
    ("\u{1B}]2;\u{7}\u{1B}[22;0t\u{1B}[22;2t\u{1B}[23t", "\u{1B}]2;\u{7}", "\u{1B}[23;0t"),
    ("\u{1B}]11;#123456\u{7}", "\u{1B}]11;#123456" + st, "\u{1B}]111" + st),
    (
      "\u{1B}]10;red;rgb:00/11/22\u{1B}\\", "\u{1B}]10;red" + st + "\u{1B}]11;rgb:00/11/22" + st,
      "\u{1B}]110" + st + "\u{1B}]111" + st
    ),
    ("\u{1B}]12;red\u{7}\u{1B}]112\u{7}", "", ""),
    (
      "\u{1B}]4;1;red;200;rgb:0/0/0\u{7}", "\u{1B}]4;1;red" + st + "\u{1B}]4;200;rgb:0/0/0" + st,
      "\u{1B}]104;1;200" + st
    ),
    ("\u{1B}]4;1;red;2;blue\u{7}\u{1B}]104;1\u{7}", "\u{1B}]4;2;blue" + st, "\u{1B}]104;2" + st),
    ("\u{1B}]4;1;red\u{7}\u{1B}]104\u{7}", "", ""),
    ("\u{1B}]8;id=1;http://a/;b\u{7}x", "", "\u{1B}]8;;" + st), ("\u{1B}]8;;http://a\u{7}x\u{1B}]8;;\u{7}", "", ""),
    ("\u{1B}]22;hand\u{7}", "\u{1B}]22;hand\u{7}", "\u{1B}]22;" + st), ("\u{1B}]22;\u{7}", "", ""),
    // Nothing that is a color.
    ("\u{1B}]11;a\u{1}\u{7}\u{1B}]12;\u{1B}[5u\u{7}\u{1B}]4;1;?;999;red\u{7}", "", ""),
  ])
  func stringsAreKept(_ printed: String, _ set: String, _ undone: String) {
    for size in [1, 2, 3, .max] {
      let modes = modes(printed, inPiecesOf: size)
      #expect(setting(modes) == set)
      #expect(undoing(modes) == Self.cut + undone + "\u{1B}[0m")
    }
  }

  @Test func tabsAreBroughtBack() {
    #expect(undoing(modes("\u{1B}[3g")).contains("\u{1B}[3g\u{1B}[8C\u{1B}H\u{1B}[8C\u{1B}H"))
    #expect(!undoing(modes("\t")).contains("\u{1B}H"))
  }

  @Test func marginsAreForgottenAtAResize() {
    var modes = modes("\u{1B}[3;20r\u{1B}[?25l")
    modes.resize(height: 40)
    #expect(setting(modes) == "\u{1B}[?25l")
    modes.take(Array("\u{1B}[1;40r".utf8))
    #expect(setting(modes) == "\u{1B}[?25l")
    modes.take(Array("\u{1B}[1;39r".utf8))
    #expect(setting(modes) == "\u{1B}[?25l\u{1B}7\u{1B}[1;39r\u{1B}8")
  }

  private static let cut = "\u{18}\u{1B}\\"

  private func expect(_ printed: String, _ set: String, _ undone: String) {
    for size in [1, 2, 3, .max] {
      let modes = modes(printed, inPiecesOf: size)
      #expect(setting(modes) == set)
      #expect(undoing(modes) == Self.cut + undone + "\u{1B}[0m")
      // What is told to a fresh terminal makes another of the same settings, and undoing it a fresh one.
      #expect(setting(self.modes(setting(modes))) == set)
      #expect(setting(self.modes(printed + undoing(modes))) == "")
    }
  }

  @Test func thePlaceOfTheAlternateScreenIsKnown() {
    let text = "before\u{1B}[?1049hpainted"
    for size in [1, 4, .max] {
      #expect(modes(text, inPiecesOf: size).alternateSince == "before\u{1B}[?1049h".utf8.count)
      #expect(modes(text, inPiecesOf: size).taken == text.utf8.count)
    }
  }

  @Test func atRestNoSequenceIsBegun() {
    var modes = modes("\u{1B}[4h\u{1B}[?25")
    var atRest = modes.atRest
    modes.take(Array("l".utf8))
    atRest.take(Array("l".utf8))
    #expect(setting(modes) == "\u{1B}[?25l\u{1B}[4h")
    #expect(setting(atRest) == "\u{1B}[4h")
  }

  @Test func itIsBounded() {
    let many = (0..<100_000).map { "\u{1B}[?\($0)h\u{1B}[>\($0)u" }.joined()
    #expect(modes(many).setting.count < 1024)
    #expect(modes(many).undoing.count < 1024)
    #expect(modes("\u{1B}]0;" + String(repeating: "x", count: 1 << 20)).undoing.count < 64)
    let colors = (0..<1000).map { "\u{1B}]4;\($0);\(String(repeating: "f", count: 32))\u{7}\u{1B}]\($0);red\u{7}" }
      .joined()
    #expect(modes(colors).setting.count < 14 * 1024)
    #expect(modes(colors + many + "\u{1B}[3g" + String(repeating: "\u{1B}[22t", count: 1000)).undoing.count < 4096)
  }

  @Test(arguments: [
    ("", "\u{1B}[A\u{1B}[F", "\u{1B}[A\u{1B}[F"),
    ("\u{1B}[?1h\u{1B}[?1l", "\u{1B}[A", "\u{1B}[A"),
    (
      "\u{1B}[?1h", "\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D\u{1B}[H\u{1B}[F",
      "\u{1B}OA\u{1B}OB\u{1B}OC\u{1B}OD\u{1B}OH\u{1B}OF"
    ),
    ("\u{1B}[?1h\u{1B}=", "\u{1B}\u{1B}[Aä\r", "\u{1B}\u{1B}OAä\r"),
    // Other keys, keys with modifiers, and what is no key.
    ("\u{1B}[?1h", "\u{1B}[1;5A\u{1B}[3~\u{1B}[Z\u{1B}OP[A\u{1B}[", "\u{1B}[1;5A\u{1B}[3~\u{1B}[Z\u{1B}OP[A\u{1B}["),
    ("\u{1B}[?1h", "", ""), ("\u{1B}[?1h", "\u{1B}", "\u{1B}"),
  ])
  func keysAreThoseThatTheProgramAskedFor(_ printed: String, _ keys: String, _ typed: String) {
    #expect(String(decoding: modes(printed).typed(Array(keys.utf8)), as: UTF8.self) == typed)
  }
}
