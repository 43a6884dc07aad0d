// SPDX-License-Identifier: Apache-2.0
public import TerminalChannel

/// What a terminal of another size shows of a screen: a part of it, cut off, in its top left corner. Where the cursor is
/// beyond that, the part that ends with the cursor.
///
/// It is told only of what has changed. Lines that leave the main screen leave that of the terminal too.
public struct ScreenView {
  /// Of the terminal.
  public let size: TerminalSize
  /// Of the terminal.
  public private(set) var modes: ScreenModes
  /// All that the terminal shows on its main screen is the program's.
  public private(set) var ownsMain: Bool
  private var lacksHistory: Bool

  /// What is in the rows of the terminal, as numbers; `unknown` where that is to be painted.
  private var shown: [Int]
  /// The line in the first of them, as `LineHistory` counts them; nil where nothing is shown of the main screen.
  private var top: Int?
  private var cursor: Corner?
  /// How much the program had printed, and the size that it was told.
  private var taken = -1
  private var told: TerminalSize?

  private struct Corner: Equatable {
    var row: Int
    var column: Int
  }

  private static let unknown = 0

  /// - Parameters:
  ///   - modes: of the terminal, which has no settings but those of a fresh one.
  ///   - ownsMain: whether nothing of what is on its main screen is to be kept.
  ///   - withHistory: whether it is to show the lines before those of the main screen.
  public init(size: TerminalSize, modes: ScreenModes, ownsMain: Bool, withHistory: Bool) {
    (self.size, self.modes, self.ownsMain, lacksHistory) = (size, modes, ownsMain, withHistory)
    shown = Array(repeating: Self.unknown, count: size.rows)
  }

  public var hasHistory: Bool { !lacksHistory }

  public func isCurrent(_ screen: VirtualScreen) -> Bool { taken == screen.taken && told == screen.size }

  // MARK: Painting

  /// What makes the terminal show the screen as it is now; nothing where it does.
  public mutating func paint(_ screen: VirtualScreen) -> [UInt8] {
    let corner = self.corner(of: screen)
    var painter = Painter(screen.tables)
    let isNew = taken < 0 || modes.isAlternate != screen.isAlternate
    painter.tell(modes.changing(to: screen.modes))
    if isNew { begin(screen, &painter) }
    if told != screen.size { top = nil }
    (taken, told) = (screen.taken, screen.size)
    paintRows(of: screen, from: corner, &painter)
    painter.set(style: 0)
    painter.set(link: 0)
    let place = Corner(
      row: min(screen.cursor.row - corner.row, size.rows - 1),
      column: min(screen.cursor.column - corner.column, size.columns - 1))
    let showsCursor = screen.modes.showsCursor
    if painter.bytes.isEmpty, place == cursor, modes.showsCursor == showsCursor { return [] }
    // A cursor that runs through all that is painted is seen.
    let hiding = modes.showsCursor && !painter.bytes.isEmpty ? Array("\u{1B}[?25l".utf8) : []
    painter.tell(Self.move(place))
    if showsCursor != (modes.showsCursor && hiding.isEmpty) { painter.tell("\u{1B}[?25\(showsCursor ? "h" : "l")") }
    cursor = place
    let bytes = hiding + painter.bytes
    modes.take(bytes)
    return bytes
  }

  /// The first row and column of the screen that are shown. A cursor that is hidden moves nothing.
  private func corner(of screen: VirtualScreen) -> Corner {
    guard screen.modes.showsCursor || !screen.isAlternate else { return Corner(row: 0, column: 0) }
    return Corner(
      row: max(0, screen.cursor.row - size.rows + 1),
      column: screen.modes.showsCursor ? max(0, screen.cursor.column - size.columns + 1) : 0)
  }

  /// Makes the terminal's screen blank.
  private mutating func begin(_ screen: VirtualScreen, _ painter: inout Painter) {
    if screen.isAlternate {
      // It is when it is entered.
    } else if ownsMain {
      painter.tell("\u{1B}[H\u{1B}[J")
    } else {
      painter.tell("\r\u{1B}[J")
      for line in 0..<(lacksHistory ? screen.history.count : 0) {
        painter.write(screen.history.line(line)[...], width: .max)
        if !screen.history.wraps(line) || line == screen.history.count - 1 { painter.newLine() }
      }
      painter.tell(String(repeating: "\r\n", count: size.rows - 1))
      (ownsMain, lacksHistory) = (true, false)
    }
    shown = Array(repeating: Self.look(of: [], screen), count: size.rows)
    top = nil
  }

  private mutating func paintRows(of screen: VirtualScreen, from corner: Corner, _ painter: inout Painter) {
    if screen.isAlternate {
      paint(screen, from: corner.row, column: corner.column, &painter)
      top = nil
      return
    }
    let next = screen.history.passed + corner.row
    defer { top = next }
    let height = height(of: screen)
    // As far as lines are still there that are to go by. Margins have at least two rows between them.
    guard let top, top < next, screen.history.passed - top <= screen.history.count, height > 1 || size.rows == 1 else {
      return paint(screen, from: corner.row, column: corner.column, &painter)
    }
    paint(screen, from: top - screen.history.passed, column: corner.column, &painter)
    if height < size.rows { painter.tell("\u{1B}[1;\(height)r") }
    painter.tell(Self.move(Corner(row: height - 1, column: 0)))
    for line in top + height..<next + height {
      painter.newLine()
      let cells = cells(of: screen, line - screen.history.passed, column: corner.column)
      painter.write(cells, width: size.columns)
      shown.remove(at: 0)
      shown.insert(Self.look(of: cells, screen), at: height - 1)
    }
    if height < size.rows { painter.tell("\u{1B}[r") }
  }

  /// Paints the rows that differ.
  ///
  /// - Parameter first: the row that is the first; negative where lines are that have left the screen.
  private mutating func paint(_ screen: VirtualScreen, from first: Int, column: Int, _ painter: inout Painter) {
    for row in 0..<size.rows {
      let line = row < height(of: screen) ? cells(of: screen, first + row, column: column) : []
      let look = Self.look(of: line, screen)
      guard shown[row] != look else { continue }
      shown[row] = look
      if line.count < size.columns {
        painter.set(style: 0)
        painter.tell(Self.move(Corner(row: row, column: line.count)) + "\u{1B}[K")
      }
      guard !line.isEmpty else { continue }
      painter.tell(Self.move(Corner(row: row, column: 0)))
      painter.write(line, width: size.columns)
    }
  }

  /// How many rows of the terminal show some of the screen.
  private func height(of screen: VirtualScreen) -> Int { min(size.rows, screen.rows) }

  /// What is to be seen of a row.
  private func cells(of screen: VirtualScreen, _ row: Int, column: Int) -> ArraySlice<Cell> {
    let whole = row < 0 ? screen.history.line(screen.history.count + row)[...] : screen.grid.line(row)
    var line = whole.dropFirst(column).prefix(size.columns)
    guard let first = line.first else { return line }
    // Of a wide character that is cut in half, nothing is.
    if first.isSpacer { line[line.startIndex] = Self.space(first) }
    if line.count == size.columns, let last = line.last, last.isWide { line[line.endIndex - 1] = Self.space(last) }
    while line.last == Cell() { line.removeLast() }
    return line
  }

  private static func space(_ cell: Cell) -> Cell {
    Cell(text: UInt32(UInt8(ascii: " ")), style: cell.style, link: cell.link)
  }

  private static func look(of cells: ArraySlice<Cell>, _ screen: VirtualScreen) -> Int {
    var hasher = Hasher()
    hasher.combine(cells.isEmpty ? 0 : screen.tables.generation)
    cells.withUnsafeBytes { hasher.combine(bytes: $0) }
    let look = hasher.finalize()
    return look == unknown ? 1 : look
  }

  private static func move(_ place: Corner) -> String { "\u{1B}[\(place.row + 1);\(place.column + 1)H" }
}
