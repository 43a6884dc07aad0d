// SPDX-License-Identifier: Apache-2.0
internal import TerminalChannel

// MARK: - What another terminal is told

extension VirtualScreen {
  /// What makes a terminal show this screen, which has no settings but those of a fresh one, whose main screen is
  /// shown,
  /// and whose cursor is where text has come to.
  ///
  /// What it showed before stays above. While the alternate screen is shown, it is not told of the main one.
  ///
  /// The terminal has the same size.
  ///
  /// - Parameter hasHistory: with the lines before those of the main screen.
  public func painting(withHistory hasHistory: Bool = false) -> [UInt8] {
    var painter = Painter(tables)
    painter.tell(modes.screenSetting)
    var joins = false
    if !isAlternate {
      painter.tell("\r\u{1B}[J")
      if hasHistory { joins = paintHistory(&painter, width: size.columns) }
    }
    let isFree = flows && !isAlternate
    let shown = 0..<(isFree ? lastRow + 1 : rows)
    paintRows(&painter, shown, width: size.columns, joins: joins)
    painter.set(style: 0)
    painter.set(link: 0)
    // Lines are at the same place from the top, however many there are.
    if !isFree { painter.tell(String(repeating: "\r\n", count: size.rows - shown.count)) }
    var place = Place(first: shown.lowerBound, last: isFree ? lastRow : nil)
    paintTabs(&painter)
    paintSaved(&painter, &place, width: size.columns)
    painter.tell(modes.modeSetting)
    paintFrame(&painter)
    paint(cursor, &painter, &place, width: size.columns, from: cursor.isInOrigin ? region.lowerBound : 0)
    return finish(&painter)
  }

  /// How the next text is written.
  private func finish(_ painter: inout Painter) -> [UInt8] {
    painter.set(style: cursor.styleNumber)
    painter.set(link: cursor.link)
    painter.change(Cursor.Sets(), to: cursor.sets)
    if inserts { painter.tell("\u{1B}[4h") }
    return painter.bytes
  }

  private var lastRow: Int { max(cursor.row, (0..<grid.count).last { !grid.line($0).isEmpty } ?? 0) }

  /// - Returns: whether the first row goes on with the last line.
  private func paintHistory(_ painter: inout Painter, width: Int) -> Bool {
    for line in 0..<history.count {
      let goesOn = history.wraps(line) && (line < history.count - 1 || fits(width))
      painter.write(history.line(line)[...], width: .max)
      if !goesOn { painter.newLine() }
    }
    return !history.isEmpty && history.wraps(history.count - 1) && fits(width)
  }

  /// Whether the last line of the history ends where a row does, on a terminal of that width.
  private func fits(_ width: Int) -> Bool {
    guard width == columns else { return false }
    var line = history.count - 1
    while line >= 0, history.wraps(line) {
      guard history.length(line) == width else { return false }
      line -= 1
    }
    return true
  }

  private func paintRows(_ painter: inout Painter, _ shown: Range<Int>, width: Int, joins: Bool) {
    var joins = joins
    for row in shown {
      let line = grid.line(row)
      if row > shown.lowerBound ? !joins : joins && line.first?.isBlank != false { painter.newLine() }
      let next = row + 1 < shown.upperBound ? grid.line(row + 1) : []
      // What is only erased would be so in the row before.
      joins = grid[row].wraps && width == columns && next.first?.isBlank == false
      if joins {
        let gap = next.first?.isWide == true && line.count < columns ? 1 : 0
        painter.write(whole: line, width: columns - gap)
      } else {
        painter.write(line, width: width)
      }
    }
  }

  private func paintTabs(_ painter: inout Painter) {
    guard modes.tabsDiffer else { return }
    painter.tell("\r\u{1B}[3g")
    for (column, isStop) in tabs.enumerated() where isStop { painter.tell("\u{1B}[\(column + 1)G\u{1B}H") }
  }

  // MARK: Places

  /// How a terminal is told where something is.
  private struct Place {
    /// The row that it shows at its top.
    let first: Int
    /// Where nothing is at a place from the top: the row in which the cursor is.
    var last: Int?

    mutating func move(toRow row: Int, column: Int) -> String {
      guard let last else { return "\u{1B}[\(max(0, row - first) + 1);\(column + 1)H" }
      self.last = row
      let way = row < last ? "\u{1B}[\(last - row)A" : row > last ? "\u{1B}[\(row - last)B" : ""
      return way + "\r" + (column > 0 ? "\u{1B}[\(column)C" : "")
    }
  }

  private func paintSaved(_ painter: inout Painter, _ place: inout Place, width: Int) {
    guard let saved else { return }
    if saved.isInOrigin { painter.tell("\u{1B}[?6h") }
    paint(saved, &painter, &place, width: width)
    painter.set(style: saved.styleNumber)
    painter.change(Cursor.Sets(), to: saved.sets)
    painter.tell("\u{1B}7")
    if saved.isInOrigin { painter.tell("\u{1B}[?6l") }
    painter.set(style: 0)
    painter.change(saved.sets, to: Cursor.Sets())
  }

  private func paintFrame(_ painter: inout Painter) {
    if region != 0..<rows { painter.tell("\u{1B}[\(region.lowerBound + 1);\(region.upperBound)r") }
    painter.tell(modes.sideFrame)
    if cursor.isInOrigin { painter.tell("\u{1B}[?6h") }
  }

  /// - Parameter top: the row from which rows are counted.
  private func paint(
    _ cursor: Cursor, _ painter: inout Painter, _ place: inout Place, width: Int, from top: Int = 0
  ) {
    if cursor.isAtEnd, width == columns {
      // It is behind the last character of the row only where that was just written.
      let column = columns - (columns > 1 && grid[cursor.row, columns - 1].isSpacer ? 2 : 1)
      painter.tell(place.move(toRow: cursor.row - top, column: column))
      painter.write(grid[cursor.row, column])
    } else {
      painter.tell(place.move(toRow: cursor.row - top, column: cursor.column))
    }
  }
}
