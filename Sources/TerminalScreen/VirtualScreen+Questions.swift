// SPDX-License-Identifier: Apache-2.0
internal import TerminalChannel

// MARK: - What a terminal is asked

extension VirtualScreen {
  /// Empty where nothing is answered.
  func answer(to question: TerminalQuestion) -> [UInt8] {
    if case .string(let asked) = question, asked[2] == UInt8(ascii: "$"), let setting = setting(asked) {
      return Array("\u{1B}P1$r\(setting)\u{1B}\\".utf8)
    }
    let top = cursor.isInOrigin ? region.lowerBound : 0
    return modes.answer(to: question, size: size, cursor: (row: cursor.row - top + 1, column: cursor.column + 1)) ?? []
  }

  /// What is asked for by `ESC P $ q … ST` (DECRQSS); nil where it is not known.
  private func setting(_ asked: [UInt8]) -> String? {
    switch String(decoding: asked.dropFirst(4).dropLast(asked.last == 0x07 ? 1 : 2), as: UTF8.self) {
    case "m": "0\(cursor.style.codes)m"
    case "r": "\(region.lowerBound + 1);\(region.upperBound)r"
    case " q": modes.cursorShape.map { String(decoding: $0.dropFirst(2), as: UTF8.self) } ?? "0 q"
    default: nil
    }
  }
}
