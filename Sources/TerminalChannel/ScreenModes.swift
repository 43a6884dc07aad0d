// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The modes that a program has set in a terminal: what a later viewer must be told, and what must be undone when one
/// leaves.
///
/// Text passes at the speed of memchr(3); only sequences and shifts between character sets are examined.
public struct ScreenModes: Sendable {
  private static let alternateScreens: Set<Int> = [47, 1047, 1049]
  /// `ESC [ ? 1048 h` saves the cursor, which is no mode.
  private static let cursorSaving = 1048
  private static let finals = Set("hlrsqgWmnptu".utf8)
  private static let shiftOut: UInt8 = 0x0E
  private static let shiftIn: UInt8 = 0x0F

  private var parser = ControlParser()
  var privateModes = ModeSet(usuallyOn: [7, 8, 25, 1070])
  var ansiModes = ModeSet(usuallyOn: [12])
  var alternate: Int?
  /// The alternate screen was shown at a reset. Most terminals leave it then; others, such as tmux, show it still.
  var wasAlternateAtReset = false
  var applicationKeypad = false
  var margins: [UInt8]?
  var sideMargins: [UInt8]?
  var cursorStyle: [UInt8]?
  /// What keys with modifiers send (`ESC [ > 4 ; 2 m`), by resource.
  var modifiedKeys: [Int: [UInt8]] = [:]
  var characters = CharacterSets()
  var mainKeyboard = KeyboardStack()
  var alternateKeyboard = KeyboardStack()
  var strings = StringSettings()
  var hasChangedTabs = false
  /// Modes that are not known here, and that the program has switched off before it switched them on: only the terminal
  /// knows whether they were on.
  public private(set) var savedModes: [SavedMode] = []
  /// In lines; nil where it is not known.
  public var height: Int?

  /// The number of bytes so far.
  public private(set) var taken = 0
  /// The number of bytes after which the program switched to the alternate screen; nil on the main screen.
  public private(set) var alternateSince: Int?
  /// Counts the changes.
  public private(set) var revision = 0

  public init(height: Int? = nil) { self.height = height }

  /// The same without an incomplete sequence.
  public var atRest: ScreenModes {
    var copy = self
    copy.parser = ControlParser()
    return copy
  }

  /// The terminal has another height: margins were for the old one.
  public mutating func resize(height: Int) {
    (self.height, margins, sideMargins) = (height, nil, nil)
    revision += 1
  }

  public mutating func take(_ bytes: UnsafeRawBufferPointer) {
    var place = 0
    // Where the next shift is: looked for once for each, so that a text of many sequences is not looked through for each.
    var nextShift = shift(in: bytes, from: 0)
    while place < bytes.count {
      if !parser.isInSequence {
        let escape = Self.find(0x1B, in: bytes, from: place)
        if nextShift < place { nextShift = shift(in: bytes, from: place) }
        place = min(escape, nextShift)
        guard place < bytes.count else { break }
      }
      let byte = bytes[place]
      place += 1
      switch parser.take(byte) {
      case .sequence(let sequence): note(sequence, at: taken + place)
      case .plain(Self.shiftOut): shift(to: 1)
      case .plain(Self.shiftIn): shift(to: 0)
      case .plain, nil: break
      }
    }
    taken += bytes.count
  }

  public mutating func take(_ bytes: [UInt8]) { bytes.withUnsafeBytes { take($0) } }

  private func shift(in bytes: UnsafeRawBufferPointer, from place: Int) -> Int {
    min(Self.find(Self.shiftOut, in: bytes, from: place), Self.find(Self.shiftIn, in: bytes, from: place))
  }

  /// The count of `bytes` where it is not there.
  private static func find(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from place: Int) -> Int {
    guard place < bytes.count, let start = bytes.baseAddress else { return bytes.count }
    return memchr(start + place, Int32(byte), bytes.count - place).map { UnsafeRawPointer($0) - start } ?? bytes.count
  }

  /// To be told of every `SI` and `SO`, as 0 and 1, by whoever parses the output anyway.
  public mutating func shift(to set: Int) {
    guard characters.shift(to: set) else { return }
    revision += 1
  }

  /// To be told of every whole sequence, by whoever parses the output anyway.
  ///
  /// - Parameter place: the number of bytes after it.
  public mutating func note(_ sequence: [UInt8], at place: Int) {
    guard TerminalQuestion(sequence) == nil else { return }
    switch sequence[1] {
    case UInt8(ascii: "["):
      guard Self.sets(sequence), let control = ControlSequence(sequence) else { return }
      note(control, sequence, at: place)
    case UInt8(ascii: "]"): strings.note(sequence)
    case UInt8(ascii: "c"): self = fresh
    case UInt8(ascii: "="): applicationKeypad = true
    case UInt8(ascii: ">"): applicationKeypad = false
    case UInt8(ascii: "H"): hasChangedTabs = true
    case UInt8(ascii: "n"): shift(to: 2)
    case UInt8(ascii: "o"): shift(to: 3)
    default: characters.note(sequence)
    }
    revision += 1
  }

  /// Most sequences only paint.
  private static func sets(_ sequence: [UInt8]) -> Bool {
    guard let last = sequence.last, finals.contains(last) else { return false }
    return last != UInt8(ascii: "m") || sequence[2] == UInt8(ascii: ">")
  }

  private var fresh: ScreenModes {
    var fresh = ScreenModes(height: height)
    (fresh.taken, fresh.revision, fresh.savedModes) = (taken, revision, savedModes)
    fresh.wasAlternateAtReset = alternate != nil || wasAlternateAtReset
    return fresh
  }

  private mutating func note(_ control: ControlSequence, _ sequence: [UInt8], at place: Int) {
    let first = control.parameters.first ?? 0
    switch (control.mark, control.intermediate, control.final) {
    case ("?", nil, "h"): for mode in control.parameters { set(mode, true, at: place) }
    case ("?", nil, "l"):
      for mode in control.parameters {
        save(mode, before: place - sequence.count)
        set(mode, false, at: place)
      }
    case (nil, nil, "h"): for mode in control.parameters { ansiModes.set(mode, true) }
    case (nil, nil, "l"): for mode in control.parameters { ansiModes.set(mode, false) }
    case (nil, nil, "r"): margins = frames(control.parameters) ? sequence : nil
    case (nil, nil, "s") where privateModes[69] && !control.parameters.isEmpty: sideMargins = sequence
    case (nil, " ", "q"): cursorStyle = first > 0 ? sequence : nil
    case (nil, nil, "g"), ("?", nil, "W"): hasChangedTabs = true
    case (">", nil, "m") where (0..<10).contains(first):
      modifiedKeys[first] = control.parameters.count > 1 && control.parameters[1] > 0 ? sequence : nil
    case (">", nil, "n"): modifiedKeys[first] = nil
    case (nil, "!", "p"):
      for mode in [1, 6, 7, 25, 66] { privateModes.set(mode, mode == 7 || mode == 25) }
      ansiModes.set(4, false)
      (applicationKeypad, margins, sideMargins) = (false, nil, nil)
      characters.reset()
    case (nil, nil, "t"): strings.noteTitleStack(control.parameters)
    case (">", nil, "u"), ("<", nil, "u"), ("=", nil, "u"):
      let isOnMain = alternate == nil
      if isOnMain { mainKeyboard.note(control) } else { alternateKeyboard.note(control) }
    default: break
    }
  }

  /// Margins around the whole screen are none.
  private func frames(_ parameters: [Int]) -> Bool {
    let top = parameters.first ?? 0
    let bottom = parameters.count > 1 ? parameters[1] : 0
    return top > 1 || (bottom > 0 && bottom < height ?? .max)
  }

  private mutating func set(_ mode: Int, _ isOn: Bool, at place: Int) {
    if Self.alternateScreens.contains(mode) {
      (alternate, alternateSince) = isOn ? (mode, place) : (nil, nil)
      wasAlternateAtReset = false
    } else if mode != Self.cursorSaving {
      privateModes.set(mode, isOn)
      if mode == 69, !isOn { sideMargins = nil }
    }
  }

  private mutating func save(_ mode: Int, before place: Int) {
    guard savedModes.count < SavedMode.maximum, privateModes.isForeign(mode), mode != Self.cursorSaving,
      !Self.alternateScreens.contains(mode), !savedModes.contains(where: { $0.mode == mode })
    else { return }
    savedModes.append(SavedMode(mode: mode, place: place))
  }

  // MARK: What is on

  /// nil where the mode is not known: it may be there in the viewer's terminal.
  func isOn(privateMode mode: Int) -> Bool? {
    if Self.alternateScreens.contains(mode) { return alternate != nil }
    return privateModes.isKnown(mode) ? privateModes[mode] : nil
  }

  /// The flags of the keyboard protocol on this screen.
  var keyboardFlags: Int { (alternate == nil ? mainKeyboard : alternateKeyboard).flags }
}
