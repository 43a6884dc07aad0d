// SPDX-License-Identifier: Apache-2.0
public import TerminalChannel

/// What a terminal would show of all that a program has printed: a state machine, which bytes go in.
///
/// Like xterm, it knows ECMA-48 with private modes, in UTF-8. It has no left and right margins, no graphics, and no
/// lines
/// of double width.
public struct VirtualScreen {
  /// A larger terminal is cut off.
  static let maximumSide = 1000
  static let maximumCells = 256 * 1024
  private static let maximumQuestions = 256

  /// What the program has asked its terminal.
  public struct Question: Sendable, Equatable {
    public let question: TerminalQuestion
    /// The number of bytes after it.
    public let place: Int
    /// What this screen answered then.
    public let answer: [UInt8]
  }

  public internal(set) var modes: ScreenModes
  /// To be emptied by whoever answers.
  public var questions: [Question] = []
  /// The number of bytes so far.
  public internal(set) var taken = 0
  /// Where a sequence or a character has begun whose end has not come.
  var begun: Int?

  /// As the program is told.
  var size: TerminalSize
  /// The screen that is shown.
  var grid: Grid
  /// The main screen, while the alternate one is shown.
  var main: Grid?
  var cursor = Cursor()
  var saved: Cursor?
  /// Of the main screen, while the alternate one is shown.
  var mainCursor = Cursor()
  var mainSaved: Cursor?
  var history = LineHistory()
  var tables = SideTables()

  var parser = ControlParser()
  /// The parser's, at hand.
  var isInSequence = false
  var decoder = UTF8Decoder()
  /// Rows between the margins.
  var region: Range<Int>
  var tabs: [Bool]
  var wrapsLines = true
  var inserts = false
  /// A line feed goes to the first column, too.
  var returnsAtLineFeed = false
  /// A set for the next character only.
  var singleShift: Int?
  var lastWritten: UInt32 = 0
  /// The program has never said in which row of the main screen something is to be.
  var flows = true

  public init(size: TerminalSize) {
    let (columns, rows) = Self.kept(size)
    self.size = size
    modes = ScreenModes(height: size.rows)
    grid = Grid(columns: columns, rows: rows)
    region = 0..<rows
    tabs = Self.usualTabs(columns)
  }

  static func kept(_ size: TerminalSize) -> (columns: Int, rows: Int) {
    let columns = min(size.columns, maximumSide)
    return (columns, min(size.rows, maximumSide, maximumCells / columns))
  }

  static func usualTabs(_ columns: Int) -> [Bool] { (0..<columns).map { $0 % 8 == 0 && $0 > 0 } }

  public var isAlternate: Bool { main != nil }
  var columns: Int { grid.columns }
  var rows: Int { grid.count }

  /// The place from which on a terminal that shows this screen is to get the output: no sequence and no character is
  /// cut.
  public var restingPlace: Int { begun ?? taken }

  /// The sequence that has begun.
  public var incomplete: ControlParser { parser }

  // MARK: Questions

  mutating func note(_ question: TerminalQuestion) {
    guard questions.count < Self.maximumQuestions else { return }
    questions.append(Question(question: question, place: taken, answer: answer(to: question)))
  }

  // MARK: Numbers of side tables

  mutating func setStyle(_ style: CellStyle) {
    cursor.style = style
    cursor.styleNumber = tables.number(of: style)
    cursor.erasedNumber = tables.number(of: style.erased)
  }

  /// Forgets what no cell needs any more; and the history, where that is not enough.
  mutating func collect() {
    guard keepCells(), !history.isEmpty else { return }
    history.removeAll()
    _ = keepCells()
  }

  /// Returns whether much is left.
  private mutating func keepCells() -> Bool {
    var collection = SideTables.Collection(tables)
    grid.forEachCell { collection.keep(&$0) }
    main?.forEachCell { collection.keep(&$0) }
    history.forEachCell { collection.keep(&$0) }
    Self.keep(&cursor, &collection)
    Self.keep(&mainCursor, &collection)
    if var cursor = saved {
      Self.keep(&cursor, &collection)
      saved = cursor
    }
    if var cursor = mainSaved {
      Self.keep(&cursor, &collection)
      mainSaved = cursor
    }
    let isMuch = collection.isMuch
    tables = collection.finished()
    return isMuch
  }

  private static func keep(_ cursor: inout Cursor, _ collection: inout SideTables.Collection) {
    collection.keep(style: &cursor.styleNumber)
    collection.keep(style: &cursor.erasedNumber)
    collection.keep(link: &cursor.link)
  }
}
