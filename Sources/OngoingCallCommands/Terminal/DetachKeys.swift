// SPDX-License-Identifier: Apache-2.0

/// The keys that, one after the other, detach from a terminal.
struct DetachKeys: Equatable {
  /// A key by the character that a keyboard of plain ASCII sends for it.
  struct Key: Equatable {
    let byte: UInt8

    /// As a person reads it.
    var name: String {
      byte < 0x20 ? "Ctrl-\(Unicode.Scalar(byte + 0x40))" : String(Unicode.Scalar(byte))
    }
  }

  static let usual = "ctrl-\\,d"
  private static let maximum = 8
  /// As the first key, they would keep another from the program: Tab, Enter (twice), and all that sends a sequence.
  private static let taken: [UInt8: String] = [
    0x09: "the Tab key sends it", 0x0A: "pasted lines end with it", 0x0D: "the Enter key sends it",
    0x1B: "the arrow keys, among others, begin with it",
  ]

  /// None is a terminal that no key detaches from.
  let keys: [Key]

  /// - Parameter text: keys with commas between them, each `ctrl-` and one of a-z @ [ \ ] ^ _, or a character of ASCII;
  ///   or `none`. The first is one with `ctrl-`.
  init(_ text: String) throws(CommandFailure) {
    keys = text == "none" ? [] : try text.split(separator: ",", omittingEmptySubsequences: false).map(Self.key)
    guard keys.count <= Self.maximum else { throw .usage("--detach-keys: more than \(Self.maximum) keys") }
    guard let first = keys.first else { return }
    if first.byte >= 0x20 {
      throw .usage(
        "--detach-keys: you could no longer type “\(first.name)” into the program",
        remedy: "begin with a key such as ctrl-a, for example ctrl-a,\(first.name)")
    }
    for key in keys {
      // Only the first keeps others from the program; a sequence is never the second of two keys.
      guard key == first || key.byte == 0x1B, let why = Self.taken[key.byte] else { continue }
      throw .usage(
        "--detach-keys: “\(key.name)” cannot be one of the keys: \(why)",
        remedy: "use another, for example ctrl-p,ctrl-q")
    }
  }

  /// `Ctrl-\ then d`
  var description: String { keys.map(\.name).joined(separator: " then ") }

  /// The same for a view that is shown on another, whose first key must be typed twice to come through.
  var nestedDescription: String { (keys.prefix(1) + keys).map(\.name).joined(separator: " then ") }

  private static func key(_ text: Substring) throws(CommandFailure) -> Key {
    let isControl = text.lowercased().hasPrefix("ctrl-")
    let name = isControl ? text.dropFirst(5).uppercased() : String(text)
    if name.utf8.count == 1, let byte = name.utf8.first {
      if isControl, (0x40..<0x60).contains(byte) { return Key(byte: byte - 0x40) }
      if !isControl, (0x21..<0x7F).contains(byte) { return Key(byte: byte) }
    }
    throw .usage(
      "--detach-keys: “\(shown(String(text), limit: 40))” is not a key",
      remedy: "write keys as ctrl-a or a, separated by commas, for example ctrl-p,ctrl-q; or write none")
  }
}
