// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The modes that a program has set in a terminal: what a later viewer must be told, and what must be undone when one
/// leaves.
///
/// Text passes at the speed of memchr(3); only sequences are examined.
public struct ScreenModes: Sendable {
  /// Private modes (`ESC [ ? N h`) and their values in a fresh terminal: cursor keys, reverse, origin, wrapping,
  /// cursor, mouse, focus, pasting.
  private static let known: [Int: Bool] = [
    1: false, 5: false, 6: false, 7: true, 9: false, 25: true, 66: false, 1000: false, 1001: false, 1002: false,
    1003: false, 1004: false, 1005: false, 1006: false, 1015: false, 1016: false, 2004: false,
  ]
  private static let alternateScreens: Set<Int> = [47, 1047, 1049]
  private static let maximumKeyboards = 8

  private var parser = ControlParser()
  /// Those that differ from a fresh terminal.
  private var changed: Set<Int> = []
  private var alternate: Int?
  private var inserts = false
  private var applicationKeypad = false
  private var drawsLines = false
  private var margins: [UInt8]?
  private var cursorStyle: [UInt8]?
  private var modifiedKeys: [UInt8]?
  /// The stack of the keyboard protocol (`ESC [ > FLAGS u`).
  private var keyboards: [Int] = []

  /// The number of bytes so far.
  public private(set) var taken = 0
  /// The number of bytes after which the program switched to the alternate screen; nil on the main screen.
  public private(set) var alternateSince: Int?
  /// Counts the changes.
  public private(set) var revision = 0

  public init() {}

  /// The same without an incomplete sequence.
  public var atRest: ScreenModes {
    var copy = self
    copy.parser = ControlParser()
    return copy
  }

  public mutating func take(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes[...]
    while !rest.isEmpty {
      if !parser.isInSequence {
        let text = UnsafeRawBufferPointer(rebasing: rest)
        guard let escape = text.baseAddress.flatMap({ memchr($0, 0x1B, text.count) }) else { break }
        rest = rest.dropFirst(text.baseAddress.map { UnsafeRawPointer(escape) - $0 } ?? 0)
      }
      guard let byte = rest.popFirst() else { break }
      guard case .sequence(let sequence) = parser.take(byte) else { continue }
      note(sequence, at: taken + rest.startIndex - bytes.startIndex)
    }
    taken += bytes.count
  }

  public mutating func take(_ bytes: [UInt8]) { bytes.withUnsafeBytes { take($0) } }

  private mutating func note(_ sequence: [UInt8], at place: Int) {
    switch sequence[1...] {
    case [UInt8(ascii: "c")]: self = fresh
    case [UInt8(ascii: "=")]: applicationKeypad = true
    case [UInt8(ascii: ">")]: applicationKeypad = false
    case [UInt8(ascii: "("), UInt8(ascii: "0")]: drawsLines = true
    case let other where other.first == UInt8(ascii: "("): drawsLines = false
    default:
      guard let control = ControlSequence(sequence) else { return }
      note(control, sequence, at: place)
    }
    revision += 1
  }

  private var fresh: ScreenModes {
    var fresh = ScreenModes()
    (fresh.taken, fresh.revision) = (taken, revision)
    return fresh
  }

  private mutating func note(_ control: ControlSequence, _ sequence: [UInt8], at place: Int) {
    switch (control.mark, control.intermediate, control.final) {
    case ("?", nil, "h"): for mode in control.parameters { set(mode, true, at: place) }
    case ("?", nil, "l"): for mode in control.parameters { set(mode, false, at: place) }
    case (nil, nil, "h") where control.parameters.contains(4): inserts = true
    case (nil, nil, "l") where control.parameters.contains(4): inserts = false
    case (nil, nil, "r"): margins = control.parameters.contains { $0 > 0 } ? sequence : nil
    case (nil, " ", "q"): cursorStyle = control.parameters.contains { $0 > 0 } ? sequence : nil
    case (">", nil, "m") where control.parameters.first == 4:
      modifiedKeys = control.parameters.count > 1 && control.parameters[1] > 0 ? sequence : nil
    case (nil, "!", "p"):
      changed.subtract([1, 6, 7, 25, 66])
      (inserts, applicationKeypad, drawsLines, margins) = (false, false, false, nil)
    case (">", nil, "u"): keyboards = keyboards.suffix(Self.maximumKeyboards - 1) + [control.parameters.first ?? 0]
    case ("<", nil, "u"): keyboards.removeLast(min(keyboards.count, max(1, control.parameters.first ?? 1)))
    default: break
    }
  }

  private mutating func set(_ mode: Int, _ isOn: Bool, at place: Int) {
    if Self.alternateScreens.contains(mode) {
      (alternate, alternateSince) = isOn ? (mode, place) : (nil, nil)
    } else if let usual = Self.known[mode] {
      if isOn == usual { changed.remove(mode) } else { changed.insert(mode) }
    }
  }
}

// MARK: - What a terminal is told

extension ScreenModes {
  /// The sequences that bring a fresh terminal into this state, with an empty alternate screen.
  public var setting: [UInt8] {
    var text = alternate.map { "\u{1B}[?\($0)h\u{1B}[H\u{1B}[2J" } ?? ""
    for mode in changed.sorted() { text += Self.sequence(mode, isOn: Self.known[mode] == false) }
    if inserts { text += "\u{1B}[4h" }
    if applicationKeypad { text += "\u{1B}=" }
    if drawsLines { text += "\u{1B}(0" }
    for flags in keyboards { text += "\u{1B}[>\(flags)u" }
    let others = [cursorStyle, modifiedKeys].compactMap(\.self).joined()
    // Setting margins moves the cursor.
    let framed = margins.map { Array("\u{1B}7".utf8) + $0 + Array("\u{1B}8".utf8) } ?? []
    return Array(text.utf8) + others + framed
  }

  /// The sequences that bring a terminal from this state to that of a fresh one, whatever sequence was cut off. The
  /// cursor stays in place, on the main screen.
  public var undoing: [UInt8] {
    var text = "\u{1B}\\"
    if !keyboards.isEmpty { text += "\u{1B}[<\(keyboards.count)u" }
    if modifiedKeys != nil { text += "\u{1B}[>4m" }
    if cursorStyle != nil { text += "\u{1B}[0 q" }
    if margins != nil { text += "\u{1B}7\u{1B}[r\u{1B}8" }
    if drawsLines { text += "\u{1B}(B" }
    if applicationKeypad { text += "\u{1B}>" }
    if inserts { text += "\u{1B}[4l" }
    for mode in changed.sorted() { text += Self.sequence(mode, isOn: Self.known[mode] == true) }
    if let alternate { text += "\u{1B}[?\(alternate)l" }
    return Array((text + "\u{1B}[0m").utf8)
  }

  private static func sequence(_ mode: Int, isOn: Bool) -> String { "\u{1B}[?\(mode)\(isOn ? "h" : "l")" }
}

// MARK: - What a keyboard sends

extension ScreenModes {
  private static let cursorKeys = Set("ABCDHF".utf8)

  /// What a keyboard sends in this state where it would send `keys` to a fresh terminal. It is as long.
  ///
  /// Programs that set the mode of the cursor keys expect `ESC O A` in place of `ESC [ A`; modifiers change that to
  /// `ESC [ 1 ; 2 A` in either mode.
  public func typed(_ keys: [UInt8]) -> [UInt8] {
    guard changed.contains(1) else { return keys }
    var typed = keys
    for place in keys.indices.dropLast(2)
    where keys[place] == 0x1B && keys[place + 1] == UInt8(ascii: "[") && Self.cursorKeys.contains(keys[place + 2]) {
      typed[place + 1] = UInt8(ascii: "O")
    }
    return typed
  }
}
