// SPDX-License-Identifier: Apache-2.0
public import TerminalChannel

// MARK: - Another size

extension VirtualScreen {
  /// Lines of the main screen are wrapped anew. What has no room goes to the history, and comes back from there.
  public mutating func resize(to size: TerminalSize) {
    self.size = size
    modes.resize(height: size.rows)
    let (columns, rows) = Self.kept(size)
    guard columns != self.columns || rows != self.rows else { return }
    tabs = (tabs + Self.usualTabs(columns).dropFirst(tabs.count)).prefix(columns) + []
    region = 0..<rows
    if let main {
      (self.main, mainCursor) = reflowed(main, mainCursor, columns: columns, rows: rows)
      mainSaved?.row = mainCursor.row
      mainSaved?.column = mainCursor.column
      grid = grid.cropped(columns: columns, rows: rows)
      cursor.row = min(cursor.row, rows - 1)
      cursor.column = min(cursor.column, columns - 1)
      cursor.isAtEnd = false
    } else {
      (grid, cursor) = reflowed(grid, cursor, columns: columns, rows: rows)
    }
    if var saved {
      (saved.row, saved.column) = (min(saved.row, rows - 1), min(saved.column, columns - 1))
      self.saved = saved
    }
  }

  private mutating func reflowed(_ grid: Grid, _ cursor: Cursor, columns: Int, rows: Int) -> (Grid, Cursor) {
    let last = max(cursor.row, (0..<grid.count).last { !grid.line($0).isEmpty } ?? 0)
    let wasFull = last == grid.count - 1
    var flow = Reflow(columns: columns)
    if let line = history.isEmpty ? nil : history.count - 1, history.wraps(line) { flow.begin(takeLastLine()) }
    for row in 0...last {
      if row == cursor.row { flow.mark(cursor.column + (cursor.isAtEnd ? 1 : 0)) }
      flow.append(grid.line(row), wraps: grid[row].wraps && row < last, width: grid.columns)
    }
    flow.finish()
    // A screen that was full stays so, as far as there is something.
    while wasFull, flow.rows.count < rows, !history.isEmpty { flow.prepend(takeLastLine()) }
    let top = max(0, min(flow.rows.count - rows, flow.cursorRow))
    for row in flow.rows.prefix(top) { row.cells.withUnsafeBufferPointer { history.append($0, wraps: row.wraps) } }
    var (grid, cursor) = (Grid(columns: columns, rows: rows), cursor)
    for (row, line) in flow.rows.dropFirst(top).prefix(rows).enumerated() {
      grid.setLine(row, line.cells, wraps: line.wraps)
    }
    cursor.row = min(flow.cursorRow - top, rows - 1)
    cursor.isAtEnd = flow.cursorColumn == columns && wrapsLines
    cursor.column = min(flow.cursorColumn, columns - 1)
    return (grid, cursor)
  }

  /// The last line of the history, in all its rows.
  private mutating func takeLastLine() -> [Cell] {
    var cells: [Cell] = []
    repeat {
      cells = history.line(history.count - 1) + cells
      history.removeLast()
    } while !history.isEmpty && history.wraps(history.count - 1) && cells.count < LineHistory.maximumCells
    return cells
  }
}

/// Lines that are wrapped anew.
private struct Reflow {
  struct Row {
    var cells: ArraySlice<Cell>
    var wraps: Bool
  }

  let columns: Int
  private(set) var rows: [Row] = []
  private(set) var cursorRow = 0
  private(set) var cursorColumn = 0
  private var line: [Cell] = []
  /// Where the cursor is in the line.
  private var mark: Int?

  init(columns: Int) { self.columns = columns }

  /// A line that has begun before.
  mutating func begin(_ cells: [Cell]) { line = cells }

  /// The cursor is in the row that comes next.
  mutating func mark(_ column: Int) { mark = line.count + column }

  mutating func append(_ row: ArraySlice<Cell>, wraps: Bool, width: Int) {
    line += row
    guard wraps else { return end() }
    // A wide character that had no room leaves one blank; what was erased is blank, too.
    if row.count < width - 1 { line += Array(repeating: Cell(), count: width - row.count) }
  }

  mutating func finish() { if !line.isEmpty || mark != nil { end() } }

  private mutating func end() {
    let wrapped = wrap(line)
    if let mark {
      var (row, before) = (0, 0)
      while row < wrapped.count - 1, mark - before >= wrapped[row].cells.count {
        before += wrapped[row].cells.count
        row += 1
      }
      (cursorRow, cursorColumn) = (rows.count + row, min(mark - before, columns))
    }
    rows += wrapped
    (line, mark) = ([], nil)
  }

  private func wrap(_ line: [Cell]) -> [Row] {
    var (rows, rest): ([Row], ArraySlice<Cell>) = ([], line[...])
    while rest.count > columns {
      var count = columns
      // A wide character is not cut in half.
      if rest[rest.startIndex + count].isSpacer, count > 1 { count -= 1 }
      rows.append(Row(cells: rest.prefix(count), wraps: true))
      rest = rest.dropFirst(count)
    }
    return rows + [Row(cells: rest, wraps: false)]
  }

  mutating func prepend(_ cells: [Cell]) {
    let wrapped = wrap(cells)
    rows = wrapped + rows
    cursorRow += wrapped.count
  }
}
