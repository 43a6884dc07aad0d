// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

/// Lets pass what paints of a program's earlier output. A question to the terminal would be answered into the program's
/// keyboard once more; a bell, a notification or a clipboard that was set are over.
struct ReplayFilter {
  private var parser = ControlParser()

  mutating func pass(_ bytes: [UInt8]) -> [UInt8] {
    var passed: [UInt8] = []
    passed.reserveCapacity(bytes.count)
    for byte in bytes {
      switch parser.take(byte) {
      case .plain(let byte) where !Self.isOver(byte): passed.append(byte)
      case .sequence(let sequence) where Self.paints(sequence): passed += sequence
      default: break
      }
    }
    return passed
  }

  /// A sequence that goes on in what comes next, which is to pass as it is.
  var incomplete: [UInt8] { parser.incomplete }

  /// Enquiry and bell.
  private static func isOver(_ control: UInt8) -> Bool { control == 0x05 || control == 0x07 }

  private static func paints(_ sequence: [UInt8]) -> Bool {
    guard sequence[1] != UInt8(ascii: "]") else { return isTitleOrLink(sequence) }
    guard let control = ControlSequence(sequence) else {
      // Of the strings none; of the escape sequences all but the question what the terminal is.
      return ![0x50, 0x58, 0x5A, 0x5E, 0x5F].contains(sequence[1])
    }
    switch (control.mark, control.intermediate) {
    case (nil, nil): return "@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu".unicodeScalars.contains(control.final)
    case ("?", nil): return "hlJK".unicodeScalars.contains(control.final)
    case (nil, " "): return control.final == "q"
    default: return false
    }
  }

  private static func isTitleOrLink(_ sequence: [UInt8]) -> Bool {
    let number = sequence.dropFirst(2).prefix { $0 != UInt8(ascii: ";") }
    return ["0", "1", "2", "8"].contains { number.elementsEqual($0.utf8) }
  }
}
