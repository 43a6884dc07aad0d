// SPDX-License-Identifier: Apache-2.0

/// The cells of one screen, and its rows, in the order in which they are shown.
struct Grid {
  struct Row {
    // Small, because all are moved for each line of a flood.
    private var firstCell: Int32
    private var usedCells: UInt16 = 0
    /// The next row goes on with it.
    var wraps = false

    init(start: Int) { firstCell = Int32(start) }

    /// Where its cells begin.
    var start: Int { Int(firstCell) }
    /// Cells from here on are blank, in the usual style.
    var used: Int {
      get { Int(usedCells) }
      set { usedCells = UInt16(newValue) }
    }
  }

  let columns: Int
  private(set) var cells: [Cell]
  /// In a ring, so that a whole screen scrolls by its beginning.
  private var ring: [Row]
  private var first = 0

  init(columns: Int, rows: Int) {
    self.columns = columns
    cells = Array(repeating: Cell(), count: columns * rows)
    ring = (0..<rows).map { Row(start: $0 * columns) }
  }

  var count: Int { ring.count }

  private(set) subscript(row: Int) -> Row {
    get { ring[slot(row)] }
    set { ring[slot(row)] = newValue }
  }

  private func slot(_ row: Int) -> Int {
    let slot = first + row
    return slot < ring.count ? slot : slot - ring.count
  }

  /// So that rows are beside each other.
  private mutating func straighten() {
    guard first > 0 else { return }
    ring = Array(ring[first...] + ring[..<first])
    first = 0
  }

  subscript(row: Int, column: Int) -> Cell {
    get { cells[self[row].start + column] }
    set {
      cells[self[row].start + column] = newValue
      self[row].used = max(self[row].used, column + 1)
    }
  }

  /// The same as `line`, where nothing is to be kept longer.
  func withLine(_ row: Int, _ body: (UnsafeBufferPointer<Cell>) -> Void) {
    let line = self[row]
    // Slices count their references, which costs more than all else for a short line.
    cells.withUnsafeBufferPointer { cells in
      var count = line.used
      while count > 0, cells[line.start + count - 1] == Cell() { count -= 1 }
      body(UnsafeBufferPointer(rebasing: cells[line.start..<line.start + count]))
    }
  }

  /// A row without the blank cells at its end.
  func line(_ row: Int) -> ArraySlice<Cell> {
    let line = self[row]
    var count = line.used
    while count > 0, cells[line.start + count - 1] == Cell() { count -= 1 }
    return cells[line.start..<line.start + count]
  }

  mutating func setWraps(_ row: Int, _ wraps: Bool) { self[row].wraps = wraps }

  mutating func forEachCell(_ body: (inout Cell) -> Void) {
    for place in cells.indices { body(&cells[place]) }
  }

  // MARK: Writing

  /// Writes ASCII from a place on, as far as the bytes go, which is not beyond the row.
  mutating func write(_ bytes: UnsafeRawBufferPointer, row: Int, column: Int, style: UInt16, link: UInt16) {
    let (start, end) = (self[row].start, column + bytes.count)
    // The other half of what is half overwritten.
    if cells[start + column].isSpacer { cells[start + column - 1].text = 0 }
    if end < columns, cells[start + end].isSpacer { cells[start + end].text = 0 }
    // The loop is compiled to vector instructions only without bounds.
    cells.withUnsafeMutableBufferPointer { cells in
      for place in 0..<bytes.count {
        cells[start + column + place] = Cell(text: UInt32(bytes[place]), style: style, link: link)
      }
    }
    self[row].used = max(self[row].used, end)
  }

  mutating func write(_ text: UInt32, width: Int, row: Int, column: Int, style: UInt16, link: UInt16) {
    separate(row, column)
    separate(row, column + width)
    self[row, column] = Cell(text: width == 2 ? Cell.wide(text) : text, style: style, link: link)
    if width == 2 { self[row, column + 1] = Cell(text: Cell.spacer, style: style, link: link) }
  }

  /// Before cells from `column` on are overwritten, or those up to it: a wide character is not cut in half.
  mutating func separate(_ row: Int, _ column: Int) {
    let place = self[row].start + column
    guard column > 0, column < columns, cells[place].isSpacer else { return }
    cells[place - 1].text = 0
    cells[place].text = 0
  }

  mutating func erase(_ row: Int, _ range: Range<Int>, style: UInt16) {
    guard !range.isEmpty else { return }
    separate(row, range.lowerBound)
    separate(row, range.upperBound)
    let start = self[row].start
    let end = style == 0 ? min(range.upperBound, self[row].used) : range.upperBound
    if range.lowerBound < end {
      for place in start + range.lowerBound..<start + end { cells[place] = Cell(style: style) }
    }
    if style != 0 {
      self[row].used = max(self[row].used, end)
    } else if range.upperBound >= self[row].used {
      self[row].used = min(self[row].used, range.lowerBound)
    }
    if range.upperBound == columns { self[row].wraps = false }
  }

  mutating func erase(rows range: Range<Int>, style: UInt16) {
    for row in range { erase(row, 0..<columns, style: style) }
  }

  /// Moves the cells from `column` on to the right, or, where `count` is negative, to the left.
  mutating func shift(_ row: Int, from column: Int, by count: Int, style: UInt16) {
    let start = self[row].start
    separate(row, column)
    guard count != 0 else { return }
    let distance = min(abs(count), columns - column)
    if count > 0 {
      separate(row, columns - distance)
      for place in stride(from: columns - 1, to: column + distance - 1, by: -1) {
        cells[start + place] = cells[start + place - distance]
      }
      self[row].used = min(columns, max(self[row].used, column) + distance)
      erase(row, column..<column + distance, style: style)
    } else {
      separate(row, column + distance)
      for place in column..<max(column, columns - distance) {
        cells[start + place] = cells[start + place + distance]
      }
      erase(row, columns - distance..<columns, style: style)
    }
    self[row].wraps = false
  }

  // MARK: Scrolling

  /// Moves the rows of `range` up by `count`; blank ones come in at the bottom.
  mutating func scrollUp(_ range: Range<Int>, by count: Int, style: UInt16) {
    let count = min(count, range.count)
    if range.count == ring.count {
      first = slot(count == ring.count ? 0 : count)
    } else {
      straighten()
      ring.replaceSubrange(range, with: ring[range].dropFirst(count) + ring[range].prefix(count))
    }
    if range.lowerBound > 0 { self[range.lowerBound - 1].wraps = false }
    erase(rows: range.upperBound - count..<range.upperBound, style: style)
  }

  mutating func scrollDown(_ range: Range<Int>, by count: Int, style: UInt16) {
    let count = min(count, range.count)
    straighten()
    ring.replaceSubrange(range, with: ring[range].suffix(count) + ring[range].dropLast(count))
    erase(rows: range.lowerBound..<range.lowerBound + count, style: style)
    if range.lowerBound > 0 { self[range.lowerBound - 1].wraps = false }
    self[range.upperBound - 1].wraps = false
  }

  mutating func fill(_ text: UInt32) {
    for place in cells.indices { cells[place] = Cell(text: text) }
    for row in 0..<count { (self[row].used, self[row].wraps) = (columns, false) }
  }

  /// The same at another size, cut off or with blank cells.
  func cropped(columns: Int, rows: Int) -> Grid {
    var grid = Grid(columns: columns, rows: rows)
    for row in 0..<min(rows, count) { grid.setLine(row, line(row).prefix(columns)) }
    return grid
  }

  /// Puts cells at the beginning of a blank row.
  mutating func setLine(_ row: Int, _ line: some Collection<Cell>, wraps: Bool = false) {
    var column = 0
    for cell in line {
      self[row, column] = cell
      column += 1
    }
    if column > 0, column == columns, self[row, column - 1].isWide { self[row, column - 1].text = 0 }
    self[row].wraps = wraps
  }
}
