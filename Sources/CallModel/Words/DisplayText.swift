// SPDX-License-Identifier: Apache-2.0

/// Text from outside, such as a title, made safe to show on one line of a terminal, a log or a notification.
///
/// Line breaks and tabs become spaces; other control characters (C0, DEL, C1), which a terminal may obey, and the
/// characters that reorder text (Unicode's bidirectional embeddings, overrides, isolates and marks) are dropped, and so
/// are noncharacters, which not every library of D-Bus lets pass;
/// runs of spaces become one. Markup is text like any other: who shows the text where markup is obeyed escapes it.
public struct DisplayText: Hashable, Sendable, CustomStringConvertible {
  public let description: String

  public init(_ text: String) {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x09...0x0D, 0x20, 0x85, 0x2028, 0x2029:
        if let last = result.last, last != " " { result.append(" ") }
      case 0x00...0x1F, 0x7F...0x9F: continue
      case 0x061C, 0x200E, 0x200F, 0x202A...0x202E, 0x2066...0x2069: continue
      case 0xFEFF, 0xFFF9...0xFFFB: continue
      case 0xFDD0...0xFDEF: continue
      case let value where value & 0xFFFE == 0xFFFE: continue
      default: result.append(scalar)
      }
    }
    if result.last == " " { result.removeLast() }
    description = String(result)
  }

  /// Whether there is anything to be seen of it.
  public var isVisible: Bool { description.unicodeScalars.contains(where: Self.isVisible) }

  /// Whether people take it for the same as `other`: as they read it, capitals and invisible characters do not count.
  public func looksLike(_ other: DisplayText) -> Bool { seen == other.seen }

  private var seen: String {
    String(String.UnicodeScalarView(description.unicodeScalars.filter(Self.isVisible))).lowercased()
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    // An empty pattern of Braille is a letter by its properties.
    return !properties.isDefaultIgnorableCodePoint && !properties.isWhitespace && scalar.value != 0x2800
  }
}
