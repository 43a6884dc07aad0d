// SPDX-License-Identifier: Apache-2.0

/// The keys that, one after the other, detach from a terminal.
struct DetachKeys: Equatable {
  static let usual = "ctrl-\\,d"
  private static let maximum = 8

  /// None is a terminal that no key detaches from.
  let bytes: [UInt8]
  private let names: [String]

  /// - Parameter text: keys with commas between them, each `ctrl-` and one of a-z @ [ \ ] ^ _, or a character of ASCII;
  ///   or `none`.
  init(_ text: String) throws(CommandFailure) {
    let keys = text == "none" ? [] : try text.split(separator: ",", omittingEmptySubsequences: false).map(Self.key)
    guard keys.count <= Self.maximum else { throw .usage("--detach-keys: more than \(Self.maximum) keys") }
    bytes = keys.map(\.byte)
    names = keys.map(\.name)
  }

  /// `Ctrl-\ then d`
  var description: String { names.joined(separator: " then ") }

  private static func key(_ text: Substring) throws(CommandFailure) -> (byte: UInt8, name: String) {
    let isControl = text.lowercased().hasPrefix("ctrl-")
    let name = isControl ? text.dropFirst(5).uppercased() : String(text)
    if name.utf8.count == 1, let byte = name.utf8.first {
      if isControl, (0x40..<0x60).contains(byte) { return (byte - 0x40, "Ctrl-\(name)") }
      if !isControl, (0x21..<0x7F).contains(byte) { return (byte, name) }
    }
    throw .usage(
      "--detach-keys: “\(shown(String(text), limit: 40))” is not a key",
      remedy: "write keys as ctrl-a or a, separated by commas, for example ctrl-p,ctrl-q; or write none")
  }
}

/// Looks for the keys in what is typed.
struct DetachWatch {
  let keys: DetachKeys
  /// The beginning of the keys, which may be meant for the program.
  private var held: [UInt8] = []
  private(set) var isDetached = false

  init(_ keys: DetachKeys) { self.keys = keys }

  /// Returns what is for the program.
  mutating func pass(_ typed: some Sequence<UInt8>) -> [UInt8] {
    guard !keys.bytes.isEmpty else { return Array(typed) }
    var passed: [UInt8] = []
    for byte in typed {
      held.append(byte)
      while !keys.bytes.starts(with: held) { passed.append(held.removeFirst()) }
      if held.count == keys.bytes.count {
        isDetached = true
        break
      }
    }
    return passed
  }
}
