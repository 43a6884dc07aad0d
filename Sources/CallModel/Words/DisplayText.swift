// SPDX-License-Identifier: Apache-2.0

/// Text from outside, such as a title, made safe to show on one line of a terminal, a log or a notification.
///
/// Line breaks and tabs become spaces. Other control characters (C0, DEL, C1), which a terminal may obey, are dropped;
/// so are characters that reorder text (Unicode's bidirectional embeddings, overrides, isolates and marks), and
/// noncharacters, which not every D-Bus library accepts. Runs of spaces become one space. Markup is ordinary text:
/// whoever shows the text where markup is interpreted must escape it.
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

  /// In place of what is longer than so many characters, it has an ellipsis.
  package init(_ text: String, limit: Int) {
    // Of what is dropped, there may be any number.
    let safe = Self(String(text.prefix(limit * 4))).description
    description = safe.count > limit ? safe.prefix(limit - 1) + "…" : safe
  }

  /// Whether anything of it is visible.
  public var isVisible: Bool { description.unicodeScalars.contains(where: Self.isVisible) }

  /// Whether people would take it for `other`: case and invisible characters do not count.
  public func looksLike(_ other: DisplayText) -> Bool { seen == other.seen }

  private var seen: String {
    String(String.UnicodeScalarView(description.unicodeScalars.filter(Self.isVisible))).lowercased()
  }

  private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    // By its properties, the blank Braille pattern is a letter.
    return !properties.isDefaultIgnorableCodePoint && !properties.isWhitespace && scalar.value != 0x2800
  }
}
