// SPDX-License-Identifier: Apache-2.0

/// A command as a shell takes it.
package enum CommandText {
  /// All of its words, quoted where a shell would change them.
  package static func whole(_ command: [String]) -> String { command.map(quoted).joined(separator: " ") }

  /// Without the folder of the program.
  package static func short(_ command: [String]) -> String {
    whole(command.prefix(1).map(name) + command.dropFirst())
  }

  package static func name(of path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private static func quoted(_ word: String) -> String {
    let isPlain = word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      case let byte: byte >= 0x80 || "_@%+=:,./-".utf8.contains(byte)
      }
    }
    return isPlain && !word.isEmpty ? word : "'\(word.replacing("'", with: #"'\''"#))'"
  }
}
