// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The style that text has: what `ESC [ … m` sequences have set so far.
public struct TextStyleReader: Sendable {
  /// What belongs together: one of them replaces another.
  private enum Part: Int {
    case bold, faint, italic, underline, blink, inverse, hidden, struck, overline, foreground, background,
      underlineColor
  }

  private var parser = ControlParser()
  private var parts: [Part: String] = [:]

  public init() {}

  public var isInSequence: Bool { parser.isInSequence }

  public mutating func take(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { bytes in
      var place = 0
      while place < bytes.count {
        if !parser.isInSequence {
          guard let start = bytes.baseAddress, let escape = memchr(start + place, 0x1B, bytes.count - place) else {
            return
          }
          place = UnsafeRawPointer(escape) - start
        }
        if case .sequence(let sequence) = parser.take(bytes[place]) { note(sequence) }
        place += 1
      }
    }
  }

  /// The sequence that sets it; empty where it is that of a fresh terminal.
  public var setting: [UInt8] {
    guard !parts.isEmpty else { return [] }
    let codes = parts.sorted { $0.key.rawValue < $1.key.rawValue }.map(\.value)
    return Array("\u{1B}[\(codes.joined(separator: ";"))m".utf8)
  }

  private mutating func note(_ sequence: [UInt8]) {
    if sequence == [0x1B, UInt8(ascii: "c")] || sequence.elementsEqual("\u{1B}[!p".utf8) { return parts = [:] }
    guard sequence[1] == UInt8(ascii: "["), sequence.last == UInt8(ascii: "m") else { return }
    let body = sequence.dropFirst(2).dropLast()
    guard body.allSatisfy({ (0x30...0x3B).contains($0) }) else { return }
    var codes = body.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }[...]
    while let code = codes.popFirst() { set(code, &codes) }
  }

  private mutating func set(_ code: String, _ rest: inout ArraySlice<String>) {
    // `4:3` is a kind of 4, `38:5:1` a whole color.
    let number = Int(code.prefix { $0 != ":" }) ?? 0
    switch number {
    case 0: parts = [:]
    case 1: parts[.bold] = code
    case 2: parts[.faint] = code
    case 3: parts[.italic] = code
    case 4: parts[.underline] = code == "4:0" ? nil : code
    case 21: parts[.underline] = code
    case 5, 6: parts[.blink] = code
    case 7: parts[.inverse] = code
    case 8: parts[.hidden] = code
    case 9: parts[.struck] = code
    case 53: parts[.overline] = code
    case 22: (parts[.bold], parts[.faint]) = (nil, nil)
    case 23: parts[.italic] = nil
    case 24: parts[.underline] = nil
    case 25: parts[.blink] = nil
    case 27: parts[.inverse] = nil
    case 28: parts[.hidden] = nil
    case 29: parts[.struck] = nil
    case 55: parts[.overline] = nil
    case 30...37, 90...97: parts[.foreground] = code
    case 40...47, 100...107: parts[.background] = code
    case 39: parts[.foreground] = nil
    case 49: parts[.background] = nil
    case 59: parts[.underlineColor] = nil
    case 38, 48, 58:
      let part: Part = number == 38 ? .foreground : number == 48 ? .background : .underlineColor
      if code.contains(":") { return parts[part] = code }
      let count = rest.first == "5" ? 2 : rest.first == "2" ? 4 : 0
      guard count > 0, rest.count >= count else { return rest = [] }
      parts[part] = ([code] + rest.prefix(count)).joined(separator: ";")
      rest = rest.dropFirst(count)
    default: break
    }
  }
}
