// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

@testable import TerminalScreen

extension TerminalSize {
  /// Of sides that are known.
  init(_ columns: Int, _ rows: Int) {
    guard let size = TerminalSize(columns: columns, rows: rows) else { fatalError("no size") }
    self = size
  }
}

extension VirtualScreen {
  /// A screen on which that was printed.
  init(_ columns: Int, _ rows: Int, _ printed: String = "", inPiecesOf size: Int = .max) {
    self.init(size: .init(columns, rows))
    take(printed, inPiecesOf: size)
  }

  mutating func take(_ printed: String, inPiecesOf size: Int = .max) {
    var rest = Array(printed.utf8)[...]
    while !rest.isEmpty {
      take(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
  }

  func text(_ cells: some Sequence<Cell>) -> String {
    var text = ""
    for cell in cells where !cell.isSpacer {
      let scalars = tables.scalars(of: cell).compactMap(Unicode.Scalar.init)
      text.unicodeScalars.append(contentsOf: scalars.isEmpty ? [" "] : scalars)
    }
    return text
  }

  /// Its rows, without the blank ones at the end.
  var text: String {
    var lines = (0..<rows).map { text(grid.line($0)) }
    while lines.last == "" { lines.removeLast() }
    return lines.joined(separator: "|")
  }

  var past: String { (0..<history.count).map { text(history.line($0)) }.joined(separator: "|") }
  var place: [Int] { [cursor.row, cursor.column] }

  /// All that can be seen of a cell.
  struct Look: Equatable, CustomStringConvertible {
    var scalars: [UInt32]
    var style: CellStyle
    var link: [UInt8]
    var isSpacer: Bool
    var description: String { "\(scalars)\(style.codes)\(link.isEmpty ? "" : String(decoding: link, as: UTF8.self))" }
  }

  func look(_ row: Int, _ column: Int) -> Look {
    let cell = grid[row, column]
    let scalars = tables.scalars(of: cell)
    // A space looks like nothing.
    return Look(
      scalars: scalars == [0x20] ? [] : scalars, style: tables.styles[Int(cell.style)],
      link: cell.isBlank ? [] : tables.links[Int(cell.link)], isSpacer: cell.isSpacer)
  }

  var looks: [[Look]] { (0..<rows).map { row in (0..<columns).map { look(row, $0) } } }
}
