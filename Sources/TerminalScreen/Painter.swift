// SPDX-License-Identifier: Apache-2.0

/// Writes cells as a terminal is to be told them.
struct Painter {
  private let tables: SideTables
  private(set) var bytes: [UInt8] = []
  private var style: UInt16 = 0
  private var link: UInt16 = 0

  init(_ tables: SideTables) { self.tables = tables }

  mutating func tell(_ text: String) { bytes += text.utf8 }
  mutating func tell(_ text: [UInt8]) { bytes += text }

  mutating func set(style new: UInt16) {
    guard new != style else { return }
    let codes = tables.styles[Int(new)].codes
    tell(new == 0 ? "\u{1B}[m" : style == 0 ? "\u{1B}[\(codes.dropFirst())m" : "\u{1B}[0\(codes)m")
    style = new
  }

  mutating func set(link new: UInt16) {
    guard new != link else { return }
    tell("\u{1B}]8;")
    tell(new == 0 ? [UInt8(ascii: ";")] : tables.links[Int(new)])
    tell("\u{1B}\\")
    link = new
  }

  mutating func change(_ old: Cursor.Sets, to new: Cursor.Sets) {
    for set in 0..<4 where old.chosen[set] != new.chosen[set] {
      bytes += [0x1B, UInt8(0x28 + set), new.chosen[set]]
    }
    let shifts: [[UInt8]] = [[0x0F], [0x0E], [0x1B, UInt8(ascii: "n")], [0x1B, UInt8(ascii: "o")]]
    if old.used != new.used { bytes += shifts[new.used] }
  }

  mutating func newLine() {
    // A line that comes in at the bottom would have the background.
    set(style: 0)
    set(link: 0)
    tell("\r\n")
  }

  mutating func write(_ cell: Cell) {
    guard !cell.isSpacer else { return }
    set(style: cell.style)
    set(link: cell.isBlank ? 0 : cell.link)
    guard !cell.isBlank else { return bytes.append(UInt8(ascii: " ")) }
    guard cell.clusterNumber != nil else { return append(cell.scalar) }
    for scalar in tables.scalars(of: cell) { append(scalar) }
  }

  private mutating func append(_ scalar: UInt32) {
    if scalar < 0x80 { return bytes.append(UInt8(scalar)) }
    guard let scalar = Unicode.Scalar(scalar) else { return }
    bytes += UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
  }

  /// - Parameters:
  ///   - line: without the blank cells at its end.
  ///   - width: what is beyond is cut off.
  mutating func write(_ line: ArraySlice<Cell>, width: Int) {
    var cells = line.prefix(width)
    if line.count > width, cells.last?.isWide == true { cells.removeLast() }
    var end = cells.count
    // Only a background: a terminal erases with it, and knows that there is no text.
    if let last = cells.last, last.isBlank {
      while end > 0, cells[cells.startIndex + end - 1] == last { end -= 1 }
    }
    for cell in cells.prefix(end) { write(cell) }
    guard end < cells.count, let last = cells.last else { return }
    set(style: last.style)
    set(link: 0)
    tell("\u{1B}[\(cells.count - end)X")
  }

  /// All cells of a row, also the blank ones, so that the terminal's next character is on the next row.
  mutating func write(whole line: ArraySlice<Cell>, width: Int) {
    for cell in line { write(cell) }
    for _ in line.count..<max(line.count, width) { write(Cell()) }
  }
}
