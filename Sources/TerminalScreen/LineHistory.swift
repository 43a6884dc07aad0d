// SPDX-License-Identifier: Apache-2.0

/// The lines that have left the main screen at its top, as many as there is room for.
struct LineHistory {
  static let maximumLines = 1000
  /// 256 KiB.
  static let maximumCells = 32 * 1024

  private struct Line {
    /// Of its first cell, in all that there ever was.
    var start = 0
    var count = 0
    var wraps = false
  }

  /// Rings, which grow as they are needed. Their sizes are powers of two.
  private var lines: [Line] = []
  private var cells: [Cell] = []
  private var firstLine = 0
  private(set) var count = 0
  /// How many lines there ever were before those of the screen.
  private(set) var passed = 0
  private var end = 0

  var isEmpty: Bool { count == 0 }
  private var start: Int { count == 0 ? end : lines[slot(0)].start }
  private func slot(_ index: Int) -> Int { (firstLine + index) & (lines.count - 1) }

  /// - Parameters:
  ///   - row: without the blank cells at its end.
  ///   - wraps: whether the next line goes on with it.
  mutating func append(_ row: UnsafeBufferPointer<Cell>, wraps: Bool) {
    if count == Self.maximumLines { removeFirst() }
    while end - start + row.count > Self.maximumCells { removeFirst() }
    if end - start + row.count > cells.count { growCells(to: end - start + row.count) }
    if count == lines.count { growLines() }
    lines[(firstLine + count) & (lines.count - 1)] = Line(start: end, count: row.count, wraps: wraps)
    count += 1
    passed += 1
    let mask = cells.count - 1
    for cell in row {
      cells[end & mask] = cell
      end += 1
    }
  }

  private mutating func removeFirst() {
    firstLine = (firstLine + 1) & (lines.count - 1)
    count -= 1
  }

  private mutating func growLines() {
    var grown = [Line](repeating: Line(), count: max(64, lines.count * 2))
    for index in 0..<count { grown[index] = lines[slot(index)] }
    (lines, firstLine) = (grown, 0)
  }

  private mutating func growCells(to needed: Int) {
    var size = max(1024, cells.count)
    while size < needed { size *= 2 }
    var grown = [Cell](repeating: Cell(), count: size)
    for place in start..<end { grown[place & (size - 1)] = cells[place & (cells.count - 1)] }
    cells = grown
  }

  func wraps(_ index: Int) -> Bool { lines[slot(index)].wraps }
  func length(_ index: Int) -> Int { lines[slot(index)].count }

  /// Its cells, for the end of a line that goes on.
  func line(_ index: Int) -> [Cell] {
    let line = lines[slot(index)]
    return (line.start..<line.start + line.count).map { cells[$0 & (cells.count - 1)] }
  }

  mutating func removeLast() {
    count -= 1
    passed -= 1
    end = lines[slot(count)].start
  }

  mutating func removeAll() {
    let passed = passed
    self = LineHistory()
    self.passed = passed
  }

  mutating func forEachCell(_ body: (inout Cell) -> Void) {
    for place in start..<end { body(&cells[place & (cells.count - 1)]) }
  }
}
