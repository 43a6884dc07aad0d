// SPDX-License-Identifier: Apache-2.0
internal import TerminalChannel

// MARK: - What sequences do

extension VirtualScreen {
  /// Does what the parser's whole sequence says.
  mutating func obey() {
    let sequence = parser.bytes
    guard sequence.count > 1 else { return }
    guard sequence[1] == UInt8(ascii: "[") else {
      noteSetting(sequence)
      return escape(sequence)
    }
    let control = ControlParameters(sequence)
    // Most only paint.
    if control.mark == 0, control.intermediate == 0 {
      if paint(control) { return }
      if edit(control) { return }
    }
    noteSetting(sequence)
    set(control)
  }

  private mutating func noteSetting(_ sequence: [UInt8]) {
    if let question = TerminalQuestion(sequence) { return note(question) }
    modes.note(sequence, at: taken)
  }

  // MARK: Control sequences

  /// False if it is none that moves the cursor, or changes the style.
  private mutating func paint(_ control: borrowing ControlParameters) -> Bool {
    switch control.final {
    case UInt8(ascii: "m"):
      var style = cursor.style
      style.set(control)
      setStyle(style)
    case UInt8(ascii: "H"), UInt8(ascii: "f"):
      move(toRow: control.amount - 1)
      move(toColumn: max(1, control[1]) - 1)
    case UInt8(ascii: "A"): move(up: control.amount)
    case UInt8(ascii: "B"), UInt8(ascii: "e"): move(down: control.amount)
    case UInt8(ascii: "C"), UInt8(ascii: "a"): move(toColumn: cursor.column + control.amount)
    case UInt8(ascii: "D"): move(toColumn: cursor.column - control.amount)
    case UInt8(ascii: "E"):
      move(down: control.amount)
      move(toColumn: 0)
    case UInt8(ascii: "F"):
      move(up: control.amount)
      move(toColumn: 0)
    case UInt8(ascii: "G"), UInt8(ascii: "`"): move(toColumn: control.amount - 1)
    case UInt8(ascii: "d"): move(toRow: control.amount - 1)
    case UInt8(ascii: "I"): tab(control.amount)
    case UInt8(ascii: "Z"): tabBack(control.amount)
    default: return false
    }
    return true
  }

  /// False if it is none that erases, inserts, deletes or scrolls.
  private mutating func edit(_ control: borrowing ControlParameters) -> Bool {
    let style = cursor.erasedNumber
    let right = columns - cursor.column
    switch control.final {
    case UInt8(ascii: "J"): eraseScreen(control[0])
    case UInt8(ascii: "K"): eraseLine(control[0])
    case UInt8(ascii: "X"):
      grid.erase(cursor.row, cursor.column..<cursor.column + min(control.amount, right), style: style)
      cursor.isAtEnd = false
    case UInt8(ascii: "@"):
      grid.shift(cursor.row, from: cursor.column, by: min(control.amount, right), style: style)
      cursor.isAtEnd = false
    case UInt8(ascii: "P"):
      grid.shift(cursor.row, from: cursor.column, by: -min(control.amount, right), style: style)
      cursor.isAtEnd = false
    case UInt8(ascii: "L") where region.contains(cursor.row):
      grid.scrollDown(cursor.row..<region.upperBound, by: control.amount, style: style)
      move(toColumn: 0)
    case UInt8(ascii: "M") where region.contains(cursor.row):
      grid.scrollUp(cursor.row..<region.upperBound, by: control.amount, style: style)
      move(toColumn: 0)
    case UInt8(ascii: "L"), UInt8(ascii: "M"): break
    case UInt8(ascii: "S"): scrollUp(control.amount)
    // With more parameters, it begins to track the mouse.
    case UInt8(ascii: "T") where control.count < 2: grid.scrollDown(region, by: control.amount, style: style)
    case UInt8(ascii: "b"): repeatLast(control.amount)
    default: return false
    }
    return true
  }

  private mutating func repeatLast(_ count: Int) {
    guard lastWritten != 0 else { return }
    // Lines beyond those that the screen has room for are left out.
    let room = columns * (rows + 1)
    for _ in 0..<(count < room ? count : room + (count - room) % columns) { write(lastWritten) }
  }

  /// Of those that change modes, or that have intermediates.
  private mutating func set(_ control: borrowing ControlParameters) {
    switch (control.mark, control.intermediate, control.final) {
    case (0, 0, UInt8(ascii: "r")): setMargins(control[0], control[1])
    case (0, 0, UInt8(ascii: "s")) where control.count == 0: saveCursor()
    case (0, 0, UInt8(ascii: "u")): restoreCursor()
    case (0, 0, UInt8(ascii: "g")):
      if control[0] == 0 { tabs[cursor.column] = false }
      if control[0] == 3 { tabs = Array(repeating: false, count: columns) }
    case (UInt8(ascii: "?"), 0, UInt8(ascii: "W")) where control[0] == 5: tabs = Self.usualTabs(columns)
    case (0, 0, UInt8(ascii: "h")), (0, 0, UInt8(ascii: "l")):
      for place in 0..<control.count { set(mode: control[place], control.final == UInt8(ascii: "h")) }
    case (UInt8(ascii: "?"), 0, UInt8(ascii: "h")), (UInt8(ascii: "?"), 0, UInt8(ascii: "l")):
      for place in 0..<control.count { set(privateMode: control[place], control.final == UInt8(ascii: "h")) }
    case (UInt8(ascii: "?"), 0, UInt8(ascii: "J")): eraseScreen(control[0])
    case (UInt8(ascii: "?"), 0, UInt8(ascii: "K")): eraseLine(control[0])
    case (0, UInt8(ascii: "!"), UInt8(ascii: "p")): resetSoftly()
    default: break
    }
  }

  // MARK: Escape sequences

  private mutating func escape(_ sequence: [UInt8]) {
    switch sequence[1] {
    case UInt8(ascii: "]"): command(sequence)
    case UInt8(ascii: "7"): saveCursor()
    case UInt8(ascii: "8"): restoreCursor()
    case UInt8(ascii: "D"): lineFeed()
    case UInt8(ascii: "E"):
      lineFeed()
      cursor.column = 0
    case UInt8(ascii: "M"): reverseLineFeed()
    case UInt8(ascii: "H"): tabs[cursor.column] = true
    case UInt8(ascii: "c"): reset()
    case UInt8(ascii: "n"): shift(to: 2)
    case UInt8(ascii: "o"): shift(to: 3)
    case UInt8(ascii: "N"): singleShift = 2
    case UInt8(ascii: "O"): singleShift = 3
    case UInt8(ascii: "#") where sequence.last == UInt8(ascii: "8"): align()
    case UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "*"), UInt8(ascii: "+"):
      guard sequence.count == 3 else { return }
      cursor.sets.chosen[Int(sequence[1]) - 0x28] = sequence[2]
    default: break
    }
  }

  /// `ESC ] 8 ; … ; … ST` is a link; what others set is known to the modes.
  private mutating func command(_ sequence: [UInt8]) {
    guard sequence.count > 4, sequence[2] == UInt8(ascii: "8"), sequence[3] == UInt8(ascii: ";") else { return }
    let link = sequence.dropFirst(4).dropLast(sequence.last == 0x07 ? 1 : 2)
    guard let separator = link.firstIndex(of: UInt8(ascii: ";")) else { return }
    cursor.link = separator + 1 == link.endIndex ? 0 : tables.number(ofLink: Array(link))
  }
}
