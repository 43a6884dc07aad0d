// SPDX-License-Identifier: Apache-2.0
internal import TerminalChannel

// MARK: - Erasing

extension VirtualScreen {
  mutating func eraseLine(_ kind: Int) {
    switch kind {
    case 0: grid.erase(cursor.row, cursor.column..<columns, style: cursor.erasedNumber)
    case 1: grid.erase(cursor.row, 0..<cursor.column + 1, style: cursor.erasedNumber)
    case 2: grid.erase(cursor.row, 0..<columns, style: cursor.erasedNumber)
    default: break
    }
  }

  mutating func eraseScreen(_ kind: Int) {
    switch kind {
    case 0:
      eraseLine(0)
      grid.erase(rows: cursor.row + 1..<rows, style: cursor.erasedNumber)
    case 1:
      noteJump()
      grid.erase(rows: 0..<cursor.row, style: cursor.erasedNumber)
      eraseLine(1)
    case 2:
      noteJump()
      grid.erase(rows: 0..<rows, style: cursor.erasedNumber)
    case 3: if !isAlternate { history.removeAll() }
    default: break
    }
  }

  mutating func align() {
    noteJump()
    region = 0..<rows
    (cursor.row, cursor.column, cursor.isAtEnd, cursor.isInOrigin) = (0, 0, false, false)
    grid.fill(UInt32(UInt8(ascii: "E")))
  }
}

// MARK: - Modes

extension VirtualScreen {
  mutating func set(mode: Int, _ isOn: Bool) {
    switch mode {
    case 4: inserts = isOn
    case 20: returnsAtLineFeed = isOn
    default: break
    }
  }

  mutating func set(privateMode mode: Int, _ isOn: Bool) {
    switch mode {
    case 6:
      cursor.isInOrigin = isOn
      move(toRow: 0)
      move(toColumn: 0)
    case 7:
      wrapsLines = isOn
      if !isOn { cursor.isAtEnd = false }
    case 47, 1047: if isOn { showAlternate() } else { showMain() }
    case 1048: if isOn { saveCursor() } else { restoreCursor() }
    case 1049 where isOn != isAlternate:
      if isOn {
        saveCursor()
        showAlternate()
      } else {
        showMain()
        // It was saved where text had come to, and nothing was written on this screen since.
        bringBackCursor()
      }
    default: break
    }
  }

  /// The margins stay where they are.
  private mutating func showAlternate() {
    guard main == nil else { return }
    (main, mainCursor, mainSaved) = (grid, cursor, saved)
    grid = Grid(columns: columns, rows: rows)
    saved = nil
  }

  private mutating func showMain() {
    guard let main else { return }
    // Other terminals leave the cursor where it is.
    (grid, saved) = (main, mainSaved)
    self.main = nil
    mainSaved = nil
  }

  mutating func setMargins(_ first: Int, _ last: Int) {
    let top = max(1, first) - 1
    let bottom = last == 0 ? rows : min(last, rows)
    guard top < bottom - 1 else { return }
    region = top..<bottom
    move(toRow: 0)
    move(toColumn: 0)
  }

  // MARK: Saved cursors

  mutating func saveCursor() { saved = cursor }

  mutating func restoreCursor() {
    noteJump()
    bringBackCursor()
  }

  private mutating func bringBackCursor() {
    let link = cursor.link
    cursor = saved ?? Cursor()
    cursor.link = link
    cursor.row = min(cursor.row, rows - 1)
    cursor.column = min(cursor.column, columns - 1)
  }

  // MARK: Resets

  mutating func resetSoftly() {
    (inserts, wrapsLines, region) = (false, true, 0..<rows)
    (cursor.isInOrigin, cursor.sets, saved) = (false, Cursor.Sets(), nil)
    setStyle(CellStyle())
  }

  mutating func reset() {
    var fresh = VirtualScreen(size: size)
    (fresh.history, fresh.tables, fresh.modes, fresh.flows) = (history, tables, modes, false)
    (fresh.taken, fresh.begun, fresh.questions, fresh.parser) = (taken, begun, questions, parser)
    self = fresh
  }
}
