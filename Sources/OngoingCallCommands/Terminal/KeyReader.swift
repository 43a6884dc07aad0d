// SPDX-License-Identifier: Apache-2.0

/// Splits what a terminal sends into keys and the rest.
///
/// A key with Ctrl is a control character; `ESC [ 92 ; 5 u` in the keyboard protocol of kitty and CSI u, with the bits of
/// locks, event types, the key of other layouts and the text that it gives; and `ESC [ 27 ; 5 ; 92 ~` of xterm's
/// modifyOtherKeys.
struct KeyReader {
  struct Token: Equatable {
    enum Meaning: Equatable {
      /// By its character in plain ASCII.
      case key(UInt8)
      /// What comes between keys without being one: a key that is let go, a modifier alone, an answer of the terminal.
      case nothing
      /// Text, other keys, or what was pasted.
      case text
    }

    var meaning: Meaning
    var bytes: [UInt8]
  }

  private static let pasteBegin = Array("\u{1B}[200~".utf8)
  private static let pasteEnd = Array("\u{1B}[201~".utf8)
  /// Longer than that of any key.
  private static let maximumLength = 64

  /// A sequence that has begun.
  private(set) var incomplete: [UInt8] = []
  private var isPasting = false

  /// The tokens that this byte completes.
  mutating func take(_ byte: UInt8) -> [Token] {
    if isPasting { return paste(byte) }
    switch (incomplete.count, byte) {
    case (0, 0x1B):
      incomplete = [byte]
      return []
    case (0, _): return [Token(meaning: byte < 0x80 ? .key(byte) : .text, bytes: [byte])]
    case (1, 0x5B):
      incomplete.append(byte)
      return []
    case (2..., 0x20..<0x40) where incomplete.count < Self.maximumLength:
      incomplete.append(byte)
      return []
    case (2..., 0x40..<0x7F):
      let sequence = incomplete + [byte]
      incomplete = []
      isPasting = sequence == Self.pasteBegin
      return [Token(meaning: isPasting ? .text : Self.meaning(of: sequence), bytes: sequence)]
    default:
      // It is none. The byte may begin another; a letter after an escape character is a key with Alt.
      let text = Token(meaning: .text, bytes: giveUp())
      return text.bytes == [0x1B] && byte >= 0x20 ? [Token(meaning: .text, bytes: [0x1B, byte])] : [text] + take(byte)
    }
  }

  /// What has begun and does not go on.
  mutating func giveUp() -> [UInt8] {
    defer { incomplete = [] }
    return incomplete
  }

  /// The end may be split like any sequence; nothing of what is pasted waits for it.
  private mutating func paste(_ byte: UInt8) -> [Token] {
    pasted = byte == Self.pasteEnd[pasted] ? pasted + 1 : byte == Self.pasteEnd[0] ? 1 : 0
    if pasted == Self.pasteEnd.count { (isPasting, pasted) = (false, 0) }
    return [Token(meaning: .text, bytes: [byte])]
  }

  /// How much of the end has been pasted.
  private var pasted = 0
}

// MARK: - Sequences

extension KeyReader {
  private static let shift = 1
  private static let control = 4
  /// Caps Lock and Num Lock.
  private static let locks = 64 | 128
  /// Of the keyboard protocol: Caps Lock to the right Alt key and its like.
  private static let modifierKeys: [ClosedRange<Int>] = [57358...57360, 57441...57454]

  private static func meaning(of sequence: [UInt8]) -> Token.Meaning {
    // A mark is in answers of the terminal, of which a key press is none, and in what the mouse does.
    guard let last = sequence.last, let numbers = numbers(sequence[2..<(sequence.count - 1)]) else { return .nothing }
    switch last {
    case UInt8(ascii: "u"): return keyboardProtocol(numbers)
    case UInt8(ascii: "~") where numbers.count >= 3 && numbers[0] == [27]:
      return key(numbers[2].first ?? 0, modifiers: numbers[1].first ?? 1)
    case UInt8(ascii: "I"), UInt8(ascii: "O"), UInt8(ascii: "R"), UInt8(ascii: "n"), UInt8(ascii: "t"): return .nothing
    default: return isRelease(numbers) ? .nothing : .text
    }
  }

  /// `KEY : SHIFTED : BASE ; MODIFIERS : EVENT ; TEXT`
  private static func keyboardProtocol(_ numbers: [[Int]]) -> Token.Meaning {
    let codes = numbers[0]
    guard !isRelease(numbers), !modifierKeys.contains(where: { $0.contains(codes[0]) }) else { return .nothing }
    let modifiers = numbers.count > 1 ? numbers[1][0] : 1
    var code = codes[0]
    // Letters of other alphabets have the place of one of ours.
    if code > 0x7F, codes.count > 2 { code = codes[2] }
    let isShifted = (max(1, modifiers) - 1) & shift != 0
    if isShifted, codes.count > 1, codes[1] > 0, codes[1] < 0x80 {
      return key(codes[1], modifiers: max(1, modifiers) - shift)
    }
    return key(code, modifiers: modifiers)
  }

  private static func isRelease(_ numbers: [[Int]]) -> Bool {
    numbers.count > 1 && numbers[1].count > 1 && numbers[1][1] == 3
  }

  private static func key(_ code: Int, modifiers: Int) -> Token.Meaning {
    let pressed = (max(1, modifiers) - 1) & ~locks
    guard let byte = UInt8(exactly: code), byte < 0x80 else { return .text }
    switch pressed {
    case 0: return .key(byte)
    // Of punctuation that needs Shift, the character says so already.
    case shift where byte > 0x20 && !isLetter(byte): return .key(byte)
    case shift where isLetter(byte): return .key(byte & 0x5F)
    case control where (0x40..<0x7F).contains(byte) || byte == 0x20: return .key(byte & 0x1F)
    case control where byte == UInt8(ascii: "/"): return .key(0x1F)
    case control | shift where usual[byte] != nil: return .key(usual[byte] ?? 0)
    case control | shift where (0x40..<0x7F).contains(byte) && !isLetter(byte): return .key(byte & 0x1F)
    default: return .text
    }
  }

  /// With Ctrl and Shift on a keyboard of the United States, where only that is told: @ ^ _.
  private static let usual: [UInt8: UInt8] = [0x32: 0x00, 0x36: 0x1E, 0x2D: 0x1F]

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) && byte >= 0x41 }

  /// nil where there is a mark, or something else that is no number.
  private static func numbers(_ body: ArraySlice<UInt8>) -> [[Int]]? {
    guard body.allSatisfy({ (0x30...0x3B).contains($0) }) else { return nil }
    return body.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { part in
      part.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map { digits in
        digits.prefix(7).reduce(0) { $0 * 10 + Int($1 - 48) }
      }
    }
  }
}
