// SPDX-License-Identifier: Apache-2.0

// MARK: - What a terminal is told

extension ScreenModes {
  /// Whoever shows a terminal keeps its title, and brings it back.
  public static let keepingTitle = Array("\u{1B}[22;0t".utf8)
  public static let restoringTitle = Array("\u{1B}[23;0t".utf8)
  /// A stop every eight columns, as far as terminals are wide. In a narrower one, the others come to the last column.
  private static let usualTabs =
    "\u{1B}7\r\u{1B}[3g" + String(repeating: "\u{1B}[8C\u{1B}H", count: 40) + "\u{1B}[g\u{1B}8"
  private static let originMode = 6
  private static let insertMode = 4
  private static let insert = Array("\u{1B}[4h".utf8)

  /// The sequences that bring a fresh terminal into this state, with an empty alternate screen.
  public var setting: [UInt8] {
    var bytes = screenSetting + modeSetting + (ansiModes[Self.insertMode] ? Self.insert : [])
    // Setting margins moves the cursor.
    let frames = (margins ?? []) + (sideMargins ?? [])
    if !frames.isEmpty { bytes += Array("\u{1B}7".utf8) + frames + Array("\u{1B}8".utf8) }
    // And so does this.
    if privateModes[Self.originMode] { bytes += Array(Self.privateMode(Self.originMode, true).utf8) }
    return bytes + characters.setting
  }

  /// The keyboards of both screens, and which screen is shown.
  public var screenSetting: [UInt8] {
    var text = ""
    if alternateKeyboard.isFresh || alternate != nil {
      text += mainKeyboard.setting
      if let alternate { text += "\u{1B}[?\(alternate)h\u{1B}[H\u{1B}[2J" + alternateKeyboard.setting }
    } else {
      text += "\u{1B}[?47h" + alternateKeyboard.setting + "\u{1B}[?47l" + mainKeyboard.setting
    }
    return Array(text.utf8)
  }

  /// What changes neither the screen that is shown nor where and how text is written on it.
  public var modeSetting: [UInt8] {
    var text = ""
    for (mode, isOn) in privateModes.differences where mode != Self.originMode { text += Self.privateMode(mode, isOn) }
    for (mode, isOn) in ansiModes.differences where mode != Self.insertMode {
      text += "\u{1B}[\(mode)\(isOn ? "h" : "l")"
    }
    if applicationKeypad { text += "\u{1B}=" }
    var bytes = Array(text.utf8) + strings.setting
    if let cursorStyle { bytes += cursorStyle }
    for (_, sequence) in modifiedKeys.sorted(by: { $0.key < $1.key }) { bytes += sequence }
    return bytes
  }

  /// Whether stops of tabs were changed; which, is not known.
  public var tabsDiffer: Bool { hasChangedTabs }
  /// The margins at the left and right.
  public var sideFrame: [UInt8] { sideMargins ?? [] }
  /// How the cursor looks, if not as usual: `ESC [ 4 SP q`.
  public var cursorShape: [UInt8]? { cursorStyle }

  /// The sequences that bring a terminal from this state to that of a fresh one, whatever sequence was cut off. The
  /// cursor stays in place, on the main screen.
  public var undoing: [UInt8] {
    // CAN throws away what was cut off; some know only the end of a string.
    var text = "\u{18}\u{1B}\\" + strings.undoing
    for number in modifiedKeys.keys.sorted() { text += "\u{1B}[>\(number)m" }
    if cursorStyle != nil { text += "\u{1B}[0 q" }
    if margins != nil { text += "\u{1B}7\u{1B}[r\u{1B}8" }
    if hasChangedTabs { text += Self.usualTabs }
    if applicationKeypad { text += "\u{1B}>" }
    for (mode, isOn) in ansiModes.differences { text += "\u{1B}[\(mode)\(isOn ? "l" : "h")" }
    for (mode, isOn) in privateModes.differences { text += Self.privateMode(mode, !isOn) }
    // It has moved the cursor home, to where text is.
    if privateModes[Self.originMode] { text += "\u{1B}[999;1H" }
    if let alternate {
      text += alternateKeyboard.undoing + "\u{1B}[?\(alternate)l"
    } else if wasAlternateAtReset {
      text += "\u{1B}[?1047l"
    } else if !alternateKeyboard.isFresh {
      text += "\u{1B}[?47h" + alternateKeyboard.undoing + "\u{1B}[?47l"
    }
    text += mainKeyboard.undoing + characters.undoing(always: alternate != nil)
    return Array((text + "\u{1B}[0m").utf8)
  }

  static func privateMode(_ mode: Int, _ isOn: Bool) -> String { "\u{1B}[?\(mode)\(isOn ? "h" : "l")" }
}

// MARK: - What a keyboard sends

extension ScreenModes {
  private static let cursorKeys = Set("ABCDHF".utf8)

  /// What a keyboard sends in this state where it would send `keys` to a fresh terminal. It is as long.
  ///
  /// Programs that set the mode of the cursor keys expect `ESC O A` in place of `ESC [ A`; modifiers change that to
  /// `ESC [ 1 ; 2 A` in either mode.
  public func typed(_ keys: [UInt8]) -> [UInt8] {
    guard privateModes[1] else { return keys }
    var typed = keys
    for place in keys.indices.dropLast(2)
    where keys[place] == 0x1B && keys[place + 1] == UInt8(ascii: "[") && Self.cursorKeys.contains(keys[place + 2]) {
      typed[place + 1] = UInt8(ascii: "O")
    }
    return typed
  }
}
