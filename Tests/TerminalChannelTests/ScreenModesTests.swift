// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TerminalChannel

struct ScreenModesTests {
  private func modes(_ text: String, inPiecesOf size: Int = .max) -> ScreenModes {
    var modes = ScreenModes()
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
    ("\u{1B}[?1049h", "\u{1B}[?1049h\u{1B}[H\u{1B}[2J", "\u{1B}[?1049l"),
    ("\u{1B}[?1049h\u{1B}[?1049l", "", ""),
    ("\u{1B}=\u{1B}(0\u{1B}[4h", "\u{1B}[4h\u{1B}=\u{1B}(0", "\u{1B}(B\u{1B}>\u{1B}[4l"),
    ("\u{1B}[3;20r", "\u{1B}7\u{1B}[3;20r\u{1B}8", "\u{1B}7\u{1B}[r\u{1B}8"),
    ("\u{1B}[3;20r\u{1B}[r", "", ""),
    ("\u{1B}[>1u\u{1B}[>5u", "\u{1B}[>1u\u{1B}[>5u", "\u{1B}[<2u"),
    ("\u{1B}[>1u\u{1B}[<9u", "", ""),
    ("\u{1B}[>4;2m\u{1B}[4 q", "\u{1B}[4 q\u{1B}[>4;2m", "\u{1B}[>4m\u{1B}[0 q"),
    ("\u{1B}[?25l\u{1B}[4h\u{1B}[3;9r\u{1B}[!p", "", ""),
    ("\u{1B}[?25l\u{1B}[?1049h\u{1B}=\u{1B}c", "", ""),
    ("\u{1B}]0;\u{1B}[?25l\u{7}", "\u{1B}[?25l", "\u{1B}[?25h"),
    ("\u{1B}]0;[?25l\u{7}", "", ""),
    ("\u{1B}[?25\u{18}l", "", ""),
  ])
  func areKept(_ printed: String, _ set: String, _ undone: String) {
    for size in [1, 2, 3, .max] {
      let modes = modes(printed, inPiecesOf: size)
      #expect(setting(modes) == set)
      #expect(undoing(modes) == "\u{1B}\\" + undone + "\u{1B}[0m")
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
    #expect(modes("\u{1B}]0;" + String(repeating: "x", count: 1 << 20)).undoing.count < 64)
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
