// SPDX-License-Identifier: Apache-2.0

// MARK: - From one state to another

extension ScreenModes {
  /// Those that say where and how text is written, which whoever paints rows says itself: sizes, origin, wrapping, side
  /// margins, the cursor's look at, and frames. And reports of a size, which is not the program's.
  private static let modesOfWriting: Set<Int> = [3, 6, 7, 25, 40, 69, 95, 2026, 2048]
  private static let insertModes: Set<Int> = [4]

  /// Whether the cursor is shown.
  public var showsCursor: Bool { privateModes[25] }
  public var isAlternate: Bool { alternate != nil }

  /// The sequences that bring a terminal from this state to `other`, as far as it concerns what is typed and all of what
  /// is shown: the screen, its keyboard, pasting, the mouse, colors, the title. An alternate screen that is entered is
  /// empty.
  public func changing(to other: ScreenModes) -> [UInt8] {
    var text = ""
    if (alternate == nil) != (other.alternate == nil) {
      if let alternate { text += alternateKeyboard.undoing + "\u{1B}[?\(alternate)l" }
      if let alternate = other.alternate { text += "\u{1B}[?\(alternate)h\u{1B}[H\u{1B}[2J" }
    }
    // The keyboard of the other screen is set when that is shown.
    if other.alternate == nil {
      text += mainKeyboard.changing(to: other.mainKeyboard)
    } else {
      text += (alternate == nil ? KeyboardStack() : alternateKeyboard).changing(to: other.alternateKeyboard)
    }
    for (mode, isOn) in privateModes.changes(to: other.privateModes) where !Self.modesOfWriting.contains(mode) {
      text += Self.privateMode(mode, isOn)
    }
    for (mode, isOn) in ansiModes.changes(to: other.ansiModes) where !Self.insertModes.contains(mode) {
      text += "\u{1B}[\(mode)\(isOn ? "h" : "l")"
    }
    if applicationKeypad != other.applicationKeypad { text += other.applicationKeypad ? "\u{1B}=" : "\u{1B}>" }
    var bytes = Array(text.utf8) + strings.changing(to: other.strings)
    if cursorStyle != other.cursorStyle { bytes += other.cursorStyle ?? Array("\u{1B}[0 q".utf8) }
    for number in Set(modifiedKeys.keys).union(other.modifiedKeys.keys).sorted()
    where modifiedKeys[number] != other.modifiedKeys[number] {
      bytes += other.modifiedKeys[number] ?? Array("\u{1B}[>\(number)m".utf8)
    }
    return bytes
  }
}

extension ModeSet {
  fileprivate func changes(to other: ModeSet) -> [(mode: Int, isOn: Bool)] {
    Set((differences + other.differences).map(\.mode)).sorted().filter { self[$0] != other[$0] }.map { ($0, other[$0]) }
  }
}

extension KeyboardStack {
  fileprivate func changing(to other: KeyboardStack) -> String { self == other ? "" : undoing + other.setting }
}
