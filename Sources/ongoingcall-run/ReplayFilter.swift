// SPDX-License-Identifier: Apache-2.0
import TerminalChannel

/// Passes the parts of a program's earlier output that draw. A query would make the terminal type its answer to the
/// program again; bells, notifications and clipboard changes are in the past.
struct ReplayFilter {
  /// False in output for a screen of another size.
  var keepsMargins = true
  /// In the middle of a sequence that goes on in later output, which must pass unchanged.
  private(set) var parser = ControlParser()

  mutating func pass(_ bytes: [UInt8]) -> [UInt8] {
    var passed: [UInt8] = []
    passed.reserveCapacity(bytes.count)
    for byte in bytes {
      switch parser.take(byte) {
      case .plain(let byte) where !Self.isOver(byte): passed.append(byte)
      case .sequence(let sequence) where Self.paints(sequence) && (keepsMargins || !Self.setsMargins(sequence)):
        passed += sequence
      default: break
      }
    }
    return passed
  }

  /// Enquiry and bell.
  private static func isOver(_ control: UInt8) -> Bool { control == 0x05 || control == 0x07 }

  private static func paints(_ sequence: [UInt8]) -> Bool {
    guard sequence[1] != UInt8(ascii: "]") else { return isTitleOrLink(sequence) }
    guard let control = ControlSequence(sequence) else {
      // Drops all strings; passes all escape sequences except the query for the terminal's type.
      return ![0x50, 0x58, 0x5A, 0x5E, 0x5F].contains(sequence[1])
    }
    switch (control.mark, control.intermediate) {
    case (nil, nil): return "@ABCDEFGHIJKLMPSTXZ`abdefghlmrsu".unicodeScalars.contains(control.final)
    case ("?", nil): return "hlJK".unicodeScalars.contains(control.final)
    case (nil, " "): return control.final == "q"
    default: return false
    }
  }

  private static func setsMargins(_ sequence: [UInt8]) -> Bool {
    guard let control = ControlSequence(sequence), control.mark == nil, !control.parameters.isEmpty else {
      return false
    }
    return control.final == "r" || control.final == "s"
  }

  private static func isTitleOrLink(_ sequence: [UInt8]) -> Bool {
    let number = sequence.dropFirst(2).prefix { $0 != UInt8(ascii: ";") }
    return ["0", "1", "2", "8"].contains { number.elementsEqual($0.utf8) }
  }
}
