// SPDX-License-Identifier: Apache-2.0

/// A sequence that makes a terminal type an answer.
public enum TerminalQuestion: Sendable, Equatable {
  /// `ESC [ c`, and with `>` and `=` the second and third.
  case attributes(Unicode.Scalar?)
  /// `ESC [ 5 n`, `ESC [ 6 n`; private with `?`.
  case status(Int, isPrivate: Bool)
  /// `ESC [ ? 25 $ p`
  case mode(Int, isPrivate: Bool)
  /// `ESC [ > q`
  case version
  /// `ESC [ ? u`
  case keyboard
  /// `ESC [ ? 4 m`
  case modifiedKeys(Int)
  /// `ESC ] 11 ; ? ST`, with the terminator that the answer gets too.
  case color(Int, terminator: [UInt8])
  /// `ESC ] 4 ; 1 ; ? ST`
  case palette([Int], terminator: [UInt8])
  /// `ESC [ 18 t`
  case size(Int)
  /// `ESC P $ q … ST`: a setting; `ESC P + q … ST`: a capability.
  case string([UInt8])
  /// One that only a terminal itself can answer.
  case other

  /// The last bytes of control sequences that may ask.
  private static let finals = Set("cnpqumtxSyw|".utf8)

  public init?(_ sequence: [UInt8]) {
    guard sequence.count > 1, let last = sequence.last else { return nil }
    // Colors, of which there are many, ask nothing.
    if sequence[1] == UInt8(ascii: "["), !Self.finals.contains(last) || (last == 0x6D && sequence[2] != 0x3F) {
      return nil
    }
    let found: Self?
    switch sequence[1] {
    case UInt8(ascii: "["): found = ControlSequence(sequence).flatMap(Self.question)
    case UInt8(ascii: "]"): found = Self.command(sequence)
    case UInt8(ascii: "Z"): found = .attributes(nil)
    case UInt8(ascii: "P"):
      let isQuestion = sequence.count > 3 && (sequence[2] == 0x24 || sequence[2] == 0x2B) && sequence[3] == 0x71
      found = isQuestion ? .string(sequence) : nil
    // Graphics, where it is asked whether there are any.
    case UInt8(ascii: "_"): found = Self.asksForGraphics(sequence) ? .other : nil
    default: found = nil
    }
    guard let found else { return nil }
    self = found
  }

  private static func question(_ control: ControlSequence) -> Self? {
    let first = control.parameters.first ?? 0
    switch (control.mark, control.intermediate, control.final) {
    case (nil, nil, "c") where first == 0: return .attributes(nil)
    case (let mark?, nil, "c") where (mark == ">" || mark == "=") && first == 0: return .attributes(mark)
    case (nil, nil, "n"): return .status(first, isPrivate: false)
    case ("?", nil, "n"): return .status(first, isPrivate: true)
    case (nil, "$", "p"): return .mode(first, isPrivate: false)
    case ("?", "$", "p"): return .mode(first, isPrivate: true)
    case (">", nil, "q") where first == 0: return .version
    // With parameters it is an answer, perhaps the echo of one.
    case ("?", nil, "u") where control.parameters.isEmpty: return .keyboard
    case ("?", nil, "m"): return .modifiedKeys(first)
    case (nil, nil, "t") where (11...21).contains(first): return .size(first)
    // Parameters, graphics, checksum of a rectangle, tabs and cursor, locator.
    case (nil, nil, "x") where first < 2, ("?", nil, "S"), (nil, "*", "y"), (nil, "$", "w"), (nil, "'", "|"):
      return .other
    default: return nil
    }
  }

  private static func command(_ sequence: [UInt8]) -> Self? {
    let terminator = sequence.last == 0x07 ? [0x07] : Array("\u{1B}\\".utf8)
    let parts = sequence.dropFirst(2).dropLast(terminator.count)
      .split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { String(decoding: $0, as: UTF8.self) }
    guard let number = parts.first.flatMap({ Int($0) }), parts.count > 1, parts.contains("?") else { return nil }
    switch number {
    case 4 where parts.count % 2 == 1:
      let asked = stride(from: 1, to: parts.count - 1, by: 2).filter { parts[$0 + 1] == "?" }
      return .palette(asked.compactMap { Int(parts[$0]) }, terminator: terminator)
    case 10...19 where parts[1] == "?": return .color(number, terminator: terminator)
    case 5, 21, 22, 52, 60, 61: return .other
    default: return nil
    }
  }

  private static func asksForGraphics(_ sequence: [UInt8]) -> Bool {
    guard sequence.count > 2, sequence[2] == UInt8(ascii: "G") else { return false }
    let keys = sequence.dropFirst(3).prefix { $0 != UInt8(ascii: ";") }.split(separator: UInt8(ascii: ","))
    return keys.contains { $0.elementsEqual("a=q".utf8) }
  }
}

extension ScreenModes {
  private static let identity = "ongoingcall"
  /// Of xterm: the first sixteen colors, in red, green and blue.
  private static let basicColors: [(Int, Int, Int)] = [
    (0, 0, 0), (0xCD, 0, 0), (0, 0xCD, 0), (0xCD, 0xCD, 0), (0, 0, 0xEE), (0xCD, 0, 0xCD), (0, 0xCD, 0xCD),
    (0xE5, 0xE5, 0xE5), (0x7F, 0x7F, 0x7F), (0xFF, 0, 0), (0, 0xFF, 0), (0xFF, 0xFF, 0), (0x5C, 0x5C, 0xFF),
    (0xFF, 0, 0xFF), (0, 0xFF, 0xFF), (0xFF, 0xFF, 0xFF),
  ]

  /// What a terminal in this state types, where nobody shows it; nil where that is nothing.
  ///
  /// - Parameters:
  ///   - size: of the terminal.
  ///   - cursor: from the top left corner, which is 1, 1.
  public func answer(
    to question: TerminalQuestion, size: TerminalSize?, cursor: (row: Int, column: Int) = (1, 1)
  ) -> [UInt8]? {
    let text: String?
    switch question {
    case .attributes(nil): text = "\u{1B}[?62;22c"
    case .attributes(">"): text = "\u{1B}[>1;10;0c"
    case .attributes: text = "\u{1B}P!|00000000\u{1B}\\"
    case .status(5, isPrivate: false): text = "\u{1B}[0n"
    case .status(6, isPrivate: let isPrivate):
      text = "\u{1B}[" + (isPrivate ? "?" : "") + "\(cursor.row);\(cursor.column)" + (isPrivate ? ";1R" : "R")
    case .status(996, isPrivate: true): text = "\u{1B}[?997;1n"
    case .status: text = nil
    case .mode(let mode, isPrivate: true): text = "\u{1B}[?\(mode);\(value(isOn(privateMode: mode)))$y"
    case .mode(let mode, isPrivate: false):
      text = "\u{1B}[\(mode);\(value([4, 20].contains(mode) ? ansiModes[mode] : nil))$y"
    case .version: text = "\u{1B}P>|\(Self.identity)\u{1B}\\"
    case .keyboard: text = "\u{1B}[?\(keyboardFlags)u"
    case .modifiedKeys(let number):
      let value = modifiedKeys[number].flatMap(ControlSequence.init)?.parameters.dropFirst().first ?? 0
      text = "\u{1B}[>\(number);\(value)m"
    case .color(let number, let terminator):
      // A light text on a dark background, until the program has set others.
      let usual = number == 11 ? "rgb:0000/0000/0000" : "rgb:e5e5/e5e5/e5e5"
      return command("\(number)", strings.color(number) ?? Array(usual.utf8), terminator)
    case .palette(let indices, let terminator):
      return Array(
        indices.prefix(256).filter { (0..<256).contains($0) }.map { index in
          command("4;\(index)", strings.color(ofPalette: index) ?? Array(Self.color(index).utf8), terminator)
        }.joined())
    case .size(18): text = size.map { "\u{1B}[8;\($0.rows);\($0.columns)t" }
    case .size(19): text = size.map { "\u{1B}[9;\($0.rows);\($0.columns)t" }
    case .size(11): text = "\u{1B}[1t"
    case .size: text = nil
    case .string(let asked):
      // None of them is known: `0` says so.
      text = asked[2] == UInt8(ascii: "+") ? "\u{1B}P0+r\u{1B}\\" : "\u{1B}P0$r\u{1B}\\"
    case .other: text = nil
    }
    return text.map { Array($0.utf8) }
  }

  /// Of DECRQM: on, off, or not known.
  private func value(_ isOn: Bool?) -> Int { isOn.map { $0 ? 1 : 2 } ?? 0 }

  private func command(_ number: String, _ value: [UInt8], _ terminator: [UInt8]) -> [UInt8] {
    Array("\u{1B}]\(number);".utf8) + value + terminator
  }

  /// Of the usual palette: sixteen, a cube of 216, and 24 shades of gray.
  private static func color(_ index: Int) -> String {
    func hex(_ part: Int) -> String {
      let digits = String(part, radix: 16)
      let byte = digits.count < 2 ? "0" + digits : digits
      return byte + byte
    }
    let (red, green, blue): (Int, Int, Int)
    switch index {
    case 0..<16: (red, green, blue) = basicColors[index]
    case 16..<232:
      let steps = [0, 95, 135, 175, 215, 255]
      let place = index - 16
      (red, green, blue) = (steps[place / 36], steps[place / 6 % 6], steps[place % 6])
    default: (red, green, blue) = (index * 10 - 2312, index * 10 - 2312, index * 10 - 2312)
    }
    return "rgb:\(hex(red))/\(hex(green))/\(hex(blue))"
  }
}
