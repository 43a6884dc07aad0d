// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel

/// Which signals are wanted, from whatever sender.
struct SignalPattern {
  var path: String?
  var interface: String?
  var member: String?
  /// The expected strings by their position among the arguments.
  var arguments: [Int: String] = [:]
  /// A folder, which ends with "/": the first argument is a path in it, the folder itself, or a folder above it.
  var folder: String?

  /// The match rule for the bus (D-Bus Specification, "Match Rules").
  func rule(sender: String) -> String {
    let named = [("sender", sender), ("path", path), ("interface", interface), ("member", member)]
    let placed = arguments.sorted { $0.key < $1.key }.map { ("arg\($0.key)", Optional($0.value)) }
    return (named + placed + [("arg0path", folder)]).reduce(into: "type='signal'") { rule, part in
      if let value = part.1 { rule += ",\(part.0)=\(Self.quoted(value))" }
    }
  }

  private static func quoted(_ text: String) -> String {
    "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: #"'\''"#) + "'"
  }

  /// The bus applies match rules to broadcasts only, and nobody checks what is sent directly to this connection.
  func fits(_ signal: borrowing Message) -> Bool {
    guard path == nil || path == signal.path, interface == nil || interface == signal.interface,
      member == nil || member == signal.member
    else { return false }
    guard folder != nil || !arguments.isEmpty else { return true }
    // The handler reads from the beginning.
    defer { signal.rewind() }
    if let folder {
      guard let path = try? signal.readString(), path.hasPrefix(folder) || path.hasSuffix("/") && folder.hasPrefix(path)
      else { return false }
      signal.rewind()
    }
    guard let last = arguments.keys.max() else { return true }
    for place in 0...last {
      guard let value = try? signal.read(), arguments[place].map({ value == .string($0) }) ?? true else { return false }
    }
    return true
  }
}

extension Message {
  func rewind() { _ = sd_bus_message_rewind(pointer, 1) }
}
