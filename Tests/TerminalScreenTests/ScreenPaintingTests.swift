// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import Testing

@testable import TerminalScreen

/// What is painted makes a fresh screen the same.
struct ScreenPaintingTests {
  private func painted(_ screen: VirtualScreen, withHistory: Bool = false) -> VirtualScreen {
    var other = VirtualScreen(size: screen.size)
    other.take(screen.painting(withHistory: withHistory))
    return other
  }

  /// - Parameter printed: what is printed after it, too, shows the same.
  private func expectSame(
    _ screen: VirtualScreen, andAfter printed: String = "xyz你\r\nab\u{1B}8c", _ comment: Comment? = nil
  ) {
    var (one, other) = (screen, painted(screen))
    for step in ["", printed] {
      one.take(step)
      other.take(step)
      #expect(other.looks == one.looks, comment)
      #expect(other.place == one.place && other.cursor.isAtEnd == one.cursor.isAtEnd, comment)
      #expect(other.cursor.style == one.cursor.style && other.region == one.region, comment)
      #expect(other.tables.links[Int(other.cursor.link)] == one.tables.links[Int(one.cursor.link)], comment)
      #expect(other.cursor.sets == one.cursor.sets && other.cursor.isInOrigin == one.cursor.isInOrigin, comment)
      #expect(other.isAlternate == one.isAlternate && other.inserts == one.inserts, comment)
      #expect(other.wrapsLines == one.wrapsLines && other.tabs == one.tabs, comment)
      #expect(other.modes.screenSetting == one.modes.screenSetting, comment)
      #expect(other.modes.modeSetting == one.modes.modeSetting, comment)
    }
  }

  @Test(arguments: [
    "", "text", "a\r\nb\r\nc\r\nd\r\ne", "\u{1B}[31mred\u{1B}[m usual", "\u{1B}[1;4:3;38;5;196;48;2;1;2;3;58:5:9mall",
    "\u{1B}[44m\u{1B}[2J\u{1B}[3;3Hx", "\u{1B}[44mab\u{1B}[K\r\n\u{1B}[Kc", "你好世界你好世界", "123456789你",
    "e\u{301}\u{302}x",
    "1234567890", "1234567890\u{1B}[31m", "12345678你", "1234567890a", "1234567890\u{1B}[2Ha", "\u{1B}[2;4r\u{1B}[3;4Hx",
    "\u{1B}[2;4r\u{1B}[?6h\u{1B}[2;2Hx", "\u{1B}[4habc\u{1B}[H", "\u{1B}[?7l1234567890abc", "\u{1B}(0lqk",
    "\u{1B})0\u{E}x",
    "\u{1B}]8;id=a;http://x\u{7}link", "\u{1B}]8;;http://x\u{7}link\u{1B}]8;;\u{7} no", "\u{1B}[3g\u{1B}[3G\u{1B}H\r",
    "main\u{1B}[?1049h\u{1B}[2;2Halternate", "\u{1B}[?1049h\u{1B}[2;3r\u{1B}[?25l\u{1B}[?1h\u{1B}=\u{1B}[3Hx",
    "a\u{1B}[2;2H\u{1B}[31m\u{1B}7\u{1B}[m\u{1B}[4;4Hb", "a\r\nb\r\n\u{1B}[A", "a\r\nb\r\nc\u{1B}[2A", "\u{1B}[4;10Hx",
    "\u{1B}[?1049h12345678901234567890\u{1B}[2;10Hx\u{1B}[?25l", "\u{1B}[20h\u{1B}[?2004h\u{1B}]0;title\u{7}x",
    "1234567890\u{1B}[?6h\u{1B}[4;99Hx", "12345678901\u{1B}[2K\r\n\nx",
  ])
  func isTheSame(_ printed: String) { expectSame(VirtualScreen(10, 4, printed), "\(printed.debugDescription)") }

  @Test func linesThatGoOnAreOne() {
    let screen = VirtualScreen(10, 4, "1234567890abcdefghijklm\r\nnext")
    var other = painted(screen)
    #expect((0..<4).map { other.grid[$0].wraps } == [true, true, false, false])
    other.resize(to: TerminalSize(30, 4))
    #expect(other.text == "1234567890abcdefghijklm|next")
  }

  @Test func theHistoryComesBefore() {
    let printed = (1...20).map { "line \($0)" }.joined(separator: "\r\n") + "\r\n1234567890abc"
    let screen = VirtualScreen(10, 4, printed)
    #expect(painted(screen, withHistory: true).past == screen.past)
    #expect(painted(screen, withHistory: true).text == screen.text)
    #expect(painted(screen).past == "")
  }

  @Test func aLineThatHasBegunInTheHistoryIsOne() {
    let screen = VirtualScreen(10, 4, String(repeating: "1234567890", count: 6) + "abc")
    var other = painted(screen, withHistory: true)
    #expect(other.text == screen.text && other.past == screen.past)
    other.resize(to: TerminalSize(80, 4))
    #expect(other.text == String(repeating: "1234567890", count: 6) + "abc")
  }

  @Test func whatWasThereStaysAbove() {
    // Where the program says nothing of rows, only what there is is shown; else the rows are at their places.
    for (printed, text) in [("a\r\nb", "shell|a|b"), ("\u{1B}[Ha\r\nb", "a|b"), ("\u{1B}[2;2Hx", "| x")] {
      var other = VirtualScreen(10, 4, "shell\r\n")
      other.take(VirtualScreen(10, 4, printed).painting())
      #expect(other.text == text)
    }
  }

  @Test func theMainScreenIsNotShownBelowTheAlternateOne() {
    var other = VirtualScreen(10, 4, "shell\r\n")
    other.take(VirtualScreen(10, 4, "main\u{1B}[?1049h\u{1B}[Hx").painting())
    #expect(other.text == "x")
    other.take("\u{1B}[?1049l")
    #expect(other.text == "shell" && other.place == [1, 0])
  }

  // MARK: Random streams

  static let pieces = [
    "text ", "long text that goes on ", "é€你😀e\u{301}", "\r\n", "\n", "\r", "\t", "\u{8}", "\u{E}", "\u{F}",
    "\u{1B}(0", "\u{1B})0", "\u{1B}(B",
    "\u{1B}7", "\u{1B}8", "\u{1B}M", "\u{1B}H", "\u{1B}[3g", "\u{1B}[1;31m", "\u{1B}[m", "\u{1B}[48;5;99m",
    "\u{1B}[4:3m",
    "\u{1B}[4h", "\u{1B}[4l", "\u{1B}[3;9r", "\u{1B}[r", "\u{1B}[?6h", "\u{1B}[?6l", "\u{1B}[?7l", "\u{1B}[?7h",
    "\u{1B}[?1049h",
    "\u{1B}[?1049l", "\u{1B}[?47h", "\u{1B}[?47l", "\u{1B}[5;5H", "\u{1B}[99;99H", "\u{1B}[K", "\u{1B}[1K", "\u{1B}[J",
    "\u{1B}[2J", "\u{1B}[3X", "\u{1B}[2P",
    "\u{1B}[3@", "\u{1B}[2L", "\u{1B}[2M", "\u{1B}[2S", "\u{1B}[T", "\u{1B}[5b", "\u{1B}[3A", "\u{1B}[2B", "\u{1B}[7C",
    "\u{1B}[4D", "\u{1B}[!p", "\u{1B}#8",
    "\u{1B}]8;;http://x\u{7}", "\u{1B}]8;;\u{7}", "\u{1B}[?25l", "\u{1B}[2 q", "\u{1B}c",
  ]

  @Test func randomOutputIsTheSame() {
    for seed in UInt64(1)...300 {
      var random = SeededGenerator(seed)
      var screen = VirtualScreen(20, 10)
      let printed = (0..<40).map { _ in Self.pieces.randomElement(using: &random) ?? "" }.joined()
      screen.take(printed)
      expectSame(screen, "seed \(seed): \(printed.debugDescription)")
    }
  }

  @Test func randomBytesHarmNothing() {
    for seed in UInt64(1)...60 {
      var random = SeededGenerator(seed)
      var screen = VirtualScreen(Int.random(in: 1...30, using: &random), Int.random(in: 1...12, using: &random))
      let alphabet = Array(
        "\u{1B}\u{1B}[[[]P;;:?>0123456789ABCDHJKLMPSTX@hlmrsu()78c\r\n\t\u{8}\u{E}\u{F}\u{7}ab é你\u{301}\\".utf8
      )
      for _ in 0..<20 {
        let bytes = (0..<200).map { _ in
          Int.random(in: 0..<8, using: &random) == 0
            ? UInt8.random(in: 0...255, using: &random) : alphabet.randomElement(using: &random) ?? 0
        }
        screen.take(bytes)
        let size = TerminalSize(
          columns: Int.random(in: 1...40, using: &random), rows: Int.random(in: 1...15, using: &random))
        if let size, Bool.random(using: &random) { screen.resize(to: size) }
        #expect(screen.cursor.row < screen.rows && screen.cursor.column < screen.columns)
        var other = VirtualScreen(size: screen.size)
        other.take(screen.painting(withHistory: Bool.random(using: &random)))
        #expect(other.questions.isEmpty, "what is painted asks nothing")
      }
    }
  }

  @Test func whatIsKeptIsBounded() {
    var screen = VirtualScreen(80, 24)
    for number in 0..<20_000 {
      screen.take("\u{1B}[38;2;\(number & 255);\(number >> 8);7m\u{1B}]8;;http://x/\(number)\u{7}e\u{301}\(number)\r\n")
      // Until then, what is seen keeps its looks.
      if number % 4999 == 0 {
        #expect(screen.look(screen.cursor.row - 1 < 0 ? 0 : screen.cursor.row - 1, 0).scalars == [0x65, 0x301])
      }
    }
    #expect(screen.tables.styles.count <= SideTables.maximumStyles)
    #expect(screen.tables.links.count <= SideTables.maximumLinks)
    #expect(screen.history.count <= LineHistory.maximumLines)
    #expect(screen.text.hasSuffix("e\u{301}19999"))
    #expect(screen.look(22, 0).style.codes == ";38;2;31;78;7")
    #expect(String(decoding: screen.look(22, 0).link, as: UTF8.self) == ";http://x/19999")
  }
}

/// The same numbers for the same seed (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(_ seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
