// SPDX-License-Identifier: Apache-2.0

/// A command line in one text, as a person writes it for a shell: words between blanks, quotes, backslashes. Nothing is
/// expanded.
enum CommandWords {
  enum Problem: Error, CustomStringConvertible {
    case openQuote(Character)
    case openBackslash

    var description: String {
      switch self {
      case .openQuote(let quote): "unclosed quote: \(quote)"
      case .openBackslash: "nothing follows the last backslash"
      }
    }
  }

  static func split(_ text: String) throws(Problem) -> [String] {
    var words: [String] = []
    var word: String?
    var quote: Character?
    var rest = text[...]
    while let character = rest.popFirst() {
      switch (character, quote) {
      case (quote, _?): quote = nil
      case ("\\", nil), ("\\", "\""):
        guard let next = rest.popFirst() else { throw .openBackslash }
        // Between double quotes it stands for itself, unless before what ends them or itself.
        let isPlain = quote == nil || next == "\"" || next == "\\"
        word = (word ?? "") + (isPlain ? "" : "\\") + String(next)
      case ("'", nil), ("\"", nil): (word, quote) = (word ?? "", character)
      case (_, nil) where character.isWhitespace:
        if let word { words.append(word) }
        word = nil
      default: word = (word ?? "") + String(character)
      }
    }
    if let quote { throw .openQuote(quote) }
    return words + [word].compactMap(\.self)
  }
}
