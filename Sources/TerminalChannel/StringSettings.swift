// SPDX-License-Identifier: Apache-2.0

/// What a program has set with operating system commands (`ESC ] … ESC \`): colors, title, link, pointer.
struct StringSettings: Sendable {
  private static let maximumTitles = 16
  private static let maximumLength = 256
  private static let palette = 256
  /// The colors of text, background, cursor, pointer, and marked text. 100 more resets each.
  private static let colors: Set<Int> = [10, 11, 12, 13, 14, 17, 19]
  /// More of the palette than this is reset as a whole.
  private static let fewColors = 32

  private var dynamic: [Int: ArraySlice<UInt8>] = [:]
  private var indexed: [Int: ArraySlice<UInt8>] = [:]
  private var special = false
  private var title: [UInt8]?
  private var titlesPushed = 0
  private var pointer: [UInt8]?
  private(set) var link: [UInt8]?

  func color(_ number: Int) -> [UInt8]? { dynamic[number].map { Array($0) } }
  func color(ofPalette index: Int) -> [UInt8]? { indexed[index].map { Array($0) } }

  /// A whole sequence, which asks nothing.
  mutating func note(_ sequence: [UInt8]) {
    let body = sequence.dropFirst(2).dropLast(sequence.last == 0x07 ? 1 : 2)
    let parts = body.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false)
    guard let first = parts.first, let command = Self.number(first) else { return }
    let short = sequence.count <= Self.maximumLength
    switch command {
    case 0, 2: title = short ? sequence : nil
    case 4: palette(parts.dropFirst())
    case 5: special = true
    case 8: link = parts.count > 2 && !body.dropFirst(2 + parts[1].count + 1).isEmpty ? sequence : nil
    case 22: pointer = parts.count > 1 && !parts[1].isEmpty && short ? sequence : nil
    case 104:
      if parts.count < 2 {
        indexed = [:]
      } else {
        parts.dropFirst().compactMap(Self.number).forEach { indexed[$0] = nil }
      }
    case 105: special = false
    case 110...119: dynamic[command - 100] = nil
    // Further ones go to the next colors.
    case let color where Self.colors.contains(color):
      for (offset, value) in parts.dropFirst().enumerated() where Self.colors.contains(color + offset) {
        if Self.isColor(value) { dynamic[color + offset] = value }
      }
    default: break
    }
  }

  private mutating func palette(_ parts: ArraySlice<ArraySlice<UInt8>>) {
    var rest = parts
    while rest.count >= 2, let index = rest.popFirst(), let value = rest.popFirst() {
      guard let index = Self.number(index), index < Self.palette, Self.isColor(value) else { continue }
      indexed[index] = value
    }
  }

  /// It is typed as an answer, in which nothing else may be hidden.
  private static func isColor(_ value: ArraySlice<UInt8>) -> Bool {
    (1...32).contains(value.count) && value != [UInt8(ascii: "?")]
      && value.allSatisfy { Unicode.Scalar($0).properties.isAlphabetic || "0123456789#:/., %".utf8.contains($0) }
      && value.allSatisfy { $0 < 0x80 }
  }

  /// `ESC [ 22 ; 0 t` pushes the title, `ESC [ 23 ; 0 t` pops it.
  mutating func noteTitleStack(_ parameters: [Int]) {
    switch parameters.first {
    case 22: titlesPushed = min(Self.maximumTitles, titlesPushed + 1)
    case 23: titlesPushed = max(0, titlesPushed - 1)
    default: break
    }
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard (1...4).contains(digits.count), digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
  }

  /// Links are said with the text that they are for.
  func changing(to other: StringSettings) -> [UInt8] {
    var (old, new) = (self, other)
    (old.link, old.titlesPushed, old.title) = (nil, 0, nil)
    new.title = other.title == title ? nil : other.title
    guard
      old.indexed != new.indexed || old.dynamic != new.dynamic || old.pointer != new.pointer
        || old.special != new.special
    else { return new.title ?? [] }
    return Array(old.undoing.utf8) + new.setting
  }

  var setting: [UInt8] {
    var bytes = [UInt8]()
    func command(_ number: Int, _ text: ArraySlice<UInt8>) {
      bytes += Array("\u{1B}]\(number);".utf8) + text + Array("\u{1B}\\".utf8)
    }
    for (index, value) in indexed.sorted(by: { $0.key < $1.key }) { command(4, Array("\(index);".utf8)[...] + value) }
    for (color, value) in dynamic.sorted(by: { $0.key < $1.key }) { command(color, value) }
    return bytes + (pointer ?? []) + (title ?? [])
  }

  /// The title itself is whoever's that shows it: nobody knows the one before.
  var undoing: String {
    var text = link == nil ? "" : "\u{1B}]8;;\u{1B}\\"
    if indexed.count > Self.fewColors {
      text += "\u{1B}]104\u{1B}\\"
    } else if !indexed.isEmpty {
      text += "\u{1B}]104;" + indexed.keys.sorted().map(String.init).joined(separator: ";") + "\u{1B}\\"
    }
    if special { text += "\u{1B}]105\u{1B}\\" }
    for color in dynamic.keys.sorted() { text += "\u{1B}]\(color + 100)\u{1B}\\" }
    if pointer != nil { text += "\u{1B}]22;\u{1B}\\" }
    return text + String(repeating: "\u{1B}[23;0t", count: titlesPushed)
  }
}
