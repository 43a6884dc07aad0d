// SPDX-License-Identifier: Apache-2.0

/// Columns, the last as wide as there is room.
struct TextTable {
  var header: [String]
  var rows: [[String]]

  /// - Parameter columns: how wide it may be, nil for any.
  func text(_ style: TextStyle, columns: Int?) -> String {
    let lines = [header] + rows
    let widths = header.indices.dropLast().map { column in lines.map { CharacterSet.width($0[column]) }.max() ?? 0 }
    let before = widths.reduce(0) { $0 + $1 + 2 }
    let room = columns.map { max(8, max(Screen.minimumColumns, $0) - before) }
    return lines.enumerated().map { index, cells in
      let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - CharacterSet.width($0)) }
      let last = room.map { CharacterSet.cut(cells[cells.count - 1], to: $0) } ?? cells[cells.count - 1]
      let line = (padded + [last]).joined(separator: "  ")
      return index == 0 ? style.bold(line) : line
    }.joined(separator: "\n")
  }
}
