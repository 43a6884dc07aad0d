// SPDX-License-Identifier: Apache-2.0
internal import TerminalChannel

// MARK: - What is printed

extension VirtualScreen {
  /// Tables of numbers are looked at after so many bytes.
  private static let piece = 4096

  public mutating func take(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      takePiece(UnsafeRawBufferPointer(rebasing: rest.prefix(Self.piece)))
      rest = rest.dropFirst(Self.piece)
      if tables.areFull { collect() }
    }
  }

  public mutating func take(_ bytes: [UInt8]) { bytes.withUnsafeBytes { take($0) } }

  private mutating func takePiece(_ bytes: UnsafeRawBufferPointer) {
    let before = taken
    var place = 0
    while place < bytes.count {
      let byte = bytes[place]
      if isInSequence || byte == 0x1B {
        if !isInSequence {
          begun = before + place
          breakCharacter()
        }
        let event = parser.advance(in: bytes, from: &place)
        taken = before + place
        switch event {
        case .sequence: obey()
        case .plain(let byte): control(byte)
        case .end: break
        }
        isInSequence = parser.isInSequence
        if !isInSequence { begun = nil }
      } else if byte >= 0x80 || decoder.isInCharacter {
        if !decoder.isInCharacter { begun = before + place }
        let (scalar, isTaken) = decoder.take(byte)
        if isTaken { place += 1 }
        if !decoder.isInCharacter { begun = nil }
        if let scalar { write(scalar) }
      } else if byte >= 0x20, byte < 0x7F {
        let end = Self.endOfText(in: bytes, from: place)
        write(UnsafeRawBufferPointer(rebasing: bytes[place..<end]))
        place = end
      } else {
        control(byte)
        place += 1
      }
    }
    taken = before + bytes.count
  }

  private mutating func breakCharacter() {
    guard decoder.isInCharacter else { return }
    decoder = UTF8Decoder()
    write(UTF8Decoder.replacement)
  }

  /// Where a run of printable ASCII ends.
  private static func endOfText(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    var place = start
    while place + 8 <= bytes.count {
      // 8 at once: the highest bit of each is set where it is, or would be, outside of the range.
      let eight = bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)
      let others = eight | (eight &+ 0x0101_0101_0101_0101) | (eight &- 0x2020_2020_2020_2020)
      if others & 0x8080_8080_8080_8080 != 0 { break }
      place += 8
    }
    while place < bytes.count, bytes[place] &- 0x20 < 0x5F { place += 1 }
    return place
  }

  // MARK: Text

  private mutating func write(_ text: UnsafeRawBufferPointer) {
    guard cursor.sets.isUsual, singleShift == nil, !inserts else {
      for byte in text { write(UInt32(byte)) }
      return
    }
    var place = 0
    while place < text.count {
      if cursor.isAtEnd { wrap() }
      let count = min(text.count - place, columns - cursor.column)
      grid.write(
        UnsafeRawBufferPointer(rebasing: text[place..<place + count]), row: cursor.row, column: cursor.column,
        style: cursor.styleNumber, link: cursor.link)
      advance(by: count)
      place += count
      // All the others are written in the last column, over each other.
      if !wrapsLines, cursor.column == columns - 1, place < text.count { place = max(place, text.count - 1) }
    }
    lastWritten = UInt32(text[text.count - 1])
  }

  mutating func write(_ character: UInt32) {
    var scalar = character
    if scalar < 0x7F, scalar >= 0x20 {
      scalar = Cursor.Sets.scalar(UInt8(scalar), in: cursor.sets.chosen[singleShift ?? cursor.sets.used])
      singleShift = nil
    }
    // Controls of one byte are not known in UTF-8.
    guard scalar < 0x80 || scalar >= 0xA0 else { return }
    let width = CharacterWidth.of(scalar)
    guard width > 0 else { return combine(scalar) }
    if cursor.isAtEnd { wrap() }
    if width > columns - cursor.column {
      guard wrapsLines, width <= columns else { return }
      grid.erase(cursor.row, cursor.column..<columns, style: cursor.erasedNumber)
      wrap()
    }
    if inserts { grid.shift(cursor.row, from: cursor.column, by: width, style: cursor.erasedNumber) }
    grid.write(
      scalar, width: width, row: cursor.row, column: cursor.column, style: cursor.styleNumber, link: cursor.link)
    lastWritten = scalar
    advance(by: width)
  }

  private mutating func combine(_ scalar: UInt32) {
    var column = cursor.isAtEnd ? cursor.column : cursor.column - 1
    guard column >= 0 else { return }
    if grid[cursor.row, column].isSpacer { column -= 1 }
    guard column >= 0 else { return }
    tables.combine(scalar, into: &grid[cursor.row, column])
  }

  private mutating func advance(by width: Int) {
    cursor.column += width
    guard cursor.column >= columns else { return }
    cursor.column = columns - 1
    cursor.isAtEnd = wrapsLines
  }

  private mutating func wrap() {
    grid.setWraps(cursor.row, true)
    cursor.column = 0
    lineFeed()
  }

  // MARK: Controls

  private mutating func control(_ byte: UInt8) {
    switch byte {
    case 0x08: move(toColumn: cursor.column - 1)
    case 0x09: tab(1)
    case 0x0A, 0x0B, 0x0C:
      lineFeed()
      if returnsAtLineFeed { cursor.column = 0 }
    case 0x0D: move(toColumn: 0)
    case 0x0E: shift(to: 1)
    case 0x0F: shift(to: 0)
    default: break
    }
  }

  mutating func shift(to set: Int) {
    cursor.sets.used = set
    if set < 2 { modes.shift(to: set) }
  }

  mutating func lineFeed() {
    cursor.isAtEnd = false
    if cursor.row == region.upperBound - 1 {
      scrollUp(1)
    } else if cursor.row < rows - 1 {
      cursor.row += 1
    }
  }

  mutating func reverseLineFeed() {
    cursor.isAtEnd = false
    if cursor.row == region.lowerBound {
      if cursor.row == 0 { noteJump() }
      grid.scrollDown(region, by: 1, style: cursor.erasedNumber)
    } else if cursor.row > 0 {
      cursor.row -= 1
    }
  }

  /// Of the rows between the margins; those that leave the main screen at its top are kept.
  mutating func scrollUp(_ count: Int) {
    if region.lowerBound == 0, !isAlternate {
      for row in 0..<min(count, region.count) { keep(row) }
    }
    grid.scrollUp(region, by: count, style: cursor.erasedNumber)
  }

  mutating func keep(_ row: Int) {
    let wraps = grid[row].wraps
    grid.withLine(row) { history.append($0, wraps: wraps) }
  }

  // MARK: Places

  /// The program says in which row of the main screen something is.
  mutating func noteJump() { if !isAlternate { flows = false } }

  mutating func move(toColumn column: Int) {
    cursor.column = max(0, min(columns - 1, column))
    cursor.isAtEnd = false
  }

  /// - Parameter row: counted from the margin where the mode says so.
  mutating func move(toRow row: Int) {
    noteJump()
    let bounds = cursor.isInOrigin ? region : 0..<rows
    cursor.row = max(bounds.lowerBound, min(bounds.upperBound - 1, bounds.lowerBound + row))
    cursor.isAtEnd = false
  }

  mutating func move(up count: Int) {
    let top = cursor.row >= region.lowerBound ? region.lowerBound : 0
    if cursor.row - count < top { noteJump() }
    cursor.row = max(top, cursor.row - count)
    cursor.isAtEnd = false
  }

  mutating func move(down count: Int) {
    let bottom = cursor.row < region.upperBound ? region.upperBound - 1 : rows - 1
    cursor.row = min(bottom, cursor.row + count)
    cursor.isAtEnd = false
  }

  mutating func tab(_ count: Int) {
    for _ in 0..<min(count, columns) {
      var column = cursor.column + 1
      while column < columns - 1, !tabs[column] { column += 1 }
      cursor.column = min(column, columns - 1)
    }
  }

  mutating func tabBack(_ count: Int) {
    for _ in 0..<min(count, columns) {
      var column = cursor.column - 1
      while column > 0, !tabs[column] { column -= 1 }
      cursor.column = max(column, 0)
    }
    cursor.isAtEnd = false
  }
}
