// SPDX-License-Identifier: Apache-2.0

/// Columns, the last as wide as there is room.
struct TextTable {
  var header: [String]
  var rows: [[String]]

  /// Of all columns but the last.
  private var widths: [Int] {
    header.indices.dropLast().map { column in
      ([header] + rows).map { CharacterSet.width($0[column]) }.max() ?? 0
    }
  }

  /// What is left for the last one.
  func room(of columns: Int) -> Int { columns - widths.reduce(0) { $0 + $1 + 2 } }

  /// - Parameter columns: how wide it may be, nil for any.
  func text(_ style: TextStyle, columns: Int?) -> String {
    let limit = columns.map { max(8, self.room(of: max(Screen.minimumColumns, $0))) }
    let widths = widths
    return ([header] + rows).enumerated().map { index, cells in
      let padded = zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - CharacterSet.width($0)) }
      let last = limit.map { CharacterSet.cut(cells[cells.count - 1], to: $0) } ?? cells[cells.count - 1]
      let line = (padded + [last]).joined(separator: "  ")
      return index == 0 ? style.bold(line) : line
    }.joined(separator: "\n")
  }
}
