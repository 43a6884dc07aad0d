// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import Testing

@testable import TerminalScreen

/// A terminal of another size shows, at any time, exactly a part of the screen.
struct ScreenViewTests {
  /// A terminal, and what it is told of a screen.
  private struct Terminal {
    var view: ScreenView
    var screen: VirtualScreen
    private(set) var told = ""

    init(_ columns: Int, _ rows: Int, _ before: String = "", withHistory: Bool = false) {
      screen = VirtualScreen(columns, rows, before)
      view = ScreenView(
        size: TerminalSize(columns, rows), modes: ScreenModes(height: rows), ownsMain: false, withHistory: withHistory)
    }

    mutating func show(_ program: VirtualScreen) {
      let bytes = view.paint(program)
      told = String(decoding: bytes, as: UTF8.self)
      screen.take(bytes)
    }
  }

  /// What is to be seen of the program's screen from a corner on.
  private func part(of screen: VirtualScreen, _ columns: Int, _ rows: Int) -> [[VirtualScreen.Look]] {
    let hides = !screen.modes.showsCursor
    let top = hides && screen.isAlternate ? 0 : max(0, screen.cursor.row - rows + 1)
    let left = hides ? 0 : max(0, screen.cursor.column - columns + 1)
    let blank = VirtualScreen(1, 1).look(0, 0)
    return (0..<rows).map { row in
      (0..<columns).map { column in
        guard row + top < screen.rows, column + left < screen.columns else { return blank }
        var look = screen.look(row + top, column + left)
        let isHalf =
          (column == 0 && look.isSpacer)
          || (column == columns - 1 && screen.grid[row + top, column + left].isWide)
        if isHalf { (look.scalars, look.isSpacer) = ([], false) }
        return look
      }
    }
  }

  private func expectPart(
    _ terminal: Terminal, of screen: VirtualScreen, _ comment: Comment? = nil,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = part(of: screen, terminal.screen.columns, terminal.screen.rows)
    #expect(terminal.screen.looks == expected, comment, sourceLocation: sourceLocation)
    #expect(terminal.screen.isAlternate == screen.isAlternate, comment, sourceLocation: sourceLocation)
    #expect(
      terminal.screen.modes.showsCursor == screen.modes.showsCursor, comment, sourceLocation: sourceLocation)
  }

  @Test(arguments: [
    (5, 4, "1234567890\r\nab你你", "34567|你你"), (5, 4, "1234567890\r\nab你你\r", "12345|ab你 "),
    (10, 2, "a\r\nb\r\nc\r\nd", "c|d"), (10, 2, "\u{1B}[?1049h\u{1B}[Ha\r\nb\r\nc\r\nd\u{1B}[H", "a|b"),
    (10, 2, "\u{1B}[?1049h\u{1B}[?25la\r\nb\r\nc\r\nd", "a|b"), (20, 8, "a\r\nb\u{1B}[4;10Hc", "a|b||         c"),
    (12, 3, "1234567890abc\r", "1234567890|abc"), (5, 4, "\u{1B}[44m\u{1B}[2K12", "12   "),
  ])
  func aPartIsShown(_ columns: Int, _ rows: Int, _ printed: String, _ text: String) {
    let screen = VirtualScreen(10, 4, printed)
    var terminal = Terminal(columns, rows, "shell")
    terminal.show(screen)
    #expect(terminal.screen.text == text)
    expectPart(terminal, of: screen)
    #expect(terminal.view.isCurrent(screen))
  }

  @Test func onlyRowsThatChangeAreTold() {
    var screen = VirtualScreen(20, 6, "\u{1B}[?1049h\u{1B}[?2004h\u{1B}[Hone\r\ntwo\r\nthree")
    var terminal = Terminal(10, 5)
    terminal.show(screen)
    #expect(terminal.told.contains("two") && terminal.told.contains("\u{1B}[?1049h\u{1B}[H\u{1B}[2J"))
    screen.take("\u{1B}[2;1HTWO")
    terminal.show(screen)
    #expect(terminal.told == "\u{1B}[?25l\u{1B}[2;4H\u{1B}[K\u{1B}[2;1HTWO\u{1B}[2;4H\u{1B}[?25h")
    // Only the cursor.
    screen.take("\u{1B}[3;3H")
    terminal.show(screen)
    #expect(terminal.told == "\u{1B}[3;3H")
    // Nothing that it shows.
    screen.take("\u{1B}7\u{1B}[1;15Hfar\u{1B}8")
    terminal.show(screen)
    #expect(terminal.told.isEmpty && terminal.view.isCurrent(screen))
  }

  @Test func theKeyboardIsAsTheProgramHasIt() {
    var screen = VirtualScreen(20, 6)
    var terminal = Terminal(10, 5)
    let steps = [
      "\u{1B}[?2004;1000;1006;1h\u{1B}=\u{1B}[>1u\u{1B}[>4;2m\u{1B}]0;title\u{7}\u{1B}]4;1;red\u{7}\u{1B}[4 q",
      "\u{1B}[?1049h\u{1B}[>5u\u{1B}[?2004l\u{1B}[?25l", "\u{1B}[=3u\u{1B}[?1003h\u{1B}]104;1\u{7}\u{1B}>",
      "\u{1B}[<u\u{1B}[?1049l\u{1B}[?25h", "\u{1B}[<u\u{1B}[>4m\u{1B}[0 q\u{1B}]0;other\u{7}", "\u{1B}c",
    ]
    for step in steps {
      screen.take(step)
      terminal.show(screen)
      #expect(terminal.screen.modes.changing(to: screen.modes).isEmpty)
      // A title stays when nothing is said of it.
      if step != "\u{1B}c" { #expect(terminal.screen.modes.modeSetting == screen.modes.modeSetting) }
      terminal.show(screen)
      #expect(terminal.told.isEmpty)
    }
    #expect(terminal.screen.modes.undoing == ScreenModes(height: 5).undoing)
    // What says how text is written is not for another size.
    screen.take("\u{1B}[?6h\u{1B}[4h\u{1B}[?7l\u{1B}[2;4r\u{1B}[?2048h\u{1B}(0\u{E}")
    terminal.show(screen)
    #expect(terminal.screen.modes.undoing == ScreenModes(height: 5).undoing)
  }

  @Test func whatWasThereStaysAbove() {
    let printed = (1...20).map { "line \($0)" }.joined(separator: "\r\n")
    let screen = VirtualScreen(10, 4, printed)
    var terminal = Terminal(20, 6, "shell\r\nof mine", withHistory: true)
    terminal.show(screen)
    let history = (1...16).map { "line \($0)" }.joined(separator: "|")
    #expect(terminal.screen.past == "shell|" + history && terminal.screen.text == "line 17|line 18|line 19|line 20")
    #expect(terminal.view.hasHistory)
    terminal = Terminal(20, 6, "shell\r\nof mine")
    terminal.show(screen)
    #expect(terminal.screen.past == "shell")
    // The main screen is not known below the alternate one; it comes when that is left.
    var other = VirtualScreen(10, 4, "main\u{1B}[?1049h\u{1B}[Hx")
    terminal = Terminal(12, 6, "shell\r\n")
    terminal.show(other)
    #expect(terminal.screen.text == "x" && !terminal.view.ownsMain)
    other.take("\u{1B}[?1049l")
    terminal.show(other)
    #expect(terminal.screen.text == "main" && terminal.screen.past == "shell" && terminal.view.ownsMain)
  }

  @Test(arguments: [(30, 3), (30, 4), (30, 9), (6, 3)])
  func linesThatLeaveAreKept(_ columns: Int, _ rows: Int) {
    var screen = VirtualScreen(20, 6)
    var terminal = Terminal(columns, rows)
    var lines: [String] = []
    var random = SeededGenerator(7)
    terminal.show(screen)
    while lines.count < 500 {
      for _ in 0..<Int.random(in: 0...20, using: &random) {
        lines.append("l\(lines.count)")
        screen.take("\(lines.last ?? "")\r\n")
      }
      terminal.show(screen)
      expectPart(terminal, of: screen)
    }
    let kept = (terminal.screen.past + "|" + terminal.screen.text).split(separator: "|").map(String.init)
    #expect(kept == lines)
  }

  @Test func aFloodIsSkipped() {
    var screen = VirtualScreen(20, 6)
    var terminal = Terminal(30, 6)
    terminal.show(screen)
    screen.take((1...5000).map { "\($0)\r\n" }.joined())
    terminal.show(screen)
    expectPart(terminal, of: screen)
    #expect(terminal.told.utf8.count < 1000)
  }

  @Test func randomOutputIsShownAtAnySize() {
    for seed in UInt64(1)...300 {
      var random = SeededGenerator(seed)
      var screen = VirtualScreen(20, 10)
      var terminal = Terminal(
        Int.random(in: 2...30, using: &random), Int.random(in: 2...14, using: &random), "shell\r\nof mine",
        withHistory: Bool.random(using: &random))
      for _ in 0..<12 {
        let printed = (0..<8).map { _ in ScreenPaintingTests.pieces.randomElement(using: &random) ?? "" }.joined()
        screen.take(printed)
        if Int.random(in: 0..<6, using: &random) == 0 {
          screen.resize(
            to: TerminalSize(Int.random(in: 2...30, using: &random), Int.random(in: 2...14, using: &random)))
        }
        terminal.show(screen)
        expectPart(terminal, of: screen, "seed \(seed): \(printed.debugDescription)")
        #expect(terminal.screen.questions.isEmpty)
      }
    }
  }

  @Test func oneRowIsEnough() {
    for (rows, others) in [(1, 1), (1, 3), (3, 1)] {
      var screen = VirtualScreen(20, rows)
      var terminal = Terminal(10, others)
      for number in 0..<20 {
        screen.take("line \(number)\r\nnext \(number)")
        terminal.show(screen)
        expectPart(terminal, of: screen, "\(rows) rows on \(others)")
      }
    }
  }

  @Test func numbersThatAreGivenOutAnewAreOthers() {
    var screen = VirtualScreen(20, 3)
    var terminal = Terminal(10, 3)
    for number in 0..<20_000 {
      screen.take("\u{1B}[H\u{1B}[38;2;\(number & 255);\(number >> 8);7mx")
      if number % 97 == 0 {
        terminal.show(screen)
        expectPart(terminal, of: screen)
      }
    }
  }
}
