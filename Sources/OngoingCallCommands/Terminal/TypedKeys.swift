// SPDX-License-Identifier: Apache-2.0

/// What is typed, in texts that the daemon takes.
struct TypedKeys {
  /// The most that the daemon takes at once, in bytes.
  private static let maximum = 4096

  static let example = "ongoingcallctl send-keys 'make test' Enter"

  private(set) var texts: [String] = []

  /// - Parameter isLiteral: whether no word is the name of a key.
  init(_ words: [String], isLiteral: Bool) throws(CommandFailure) {
    for word in words {
      guard !isLiteral, let key = KeyName.sent(by: word) else {
        for scalar in word.unicodeScalars { add(String(scalar)) }
        continue
      }
      guard !key.utf8.contains(0) else {
        throw .usage(
          "“\(shown(word, limit: 40))” is the character NUL, which D-Bus cannot carry",
          remedy: "type it in “ongoingcallctl attach”")
      }
      add(key)
    }
    guard !texts.isEmpty else {
      throw .usage("there are no keys to send", remedy: "for example: \(Self.example)")
    }
  }

  /// In bytes.
  var length: Int { texts.reduce(0) { $0 + $1.utf8.count } }

  /// A character, or what a key sends, stays in one text.
  private mutating func add(_ piece: String) {
    if let last = texts.last, last.utf8.count + piece.utf8.count <= Self.maximum {
      texts[texts.count - 1] += piece
    } else {
      texts.append(piece)
    }
  }
}
