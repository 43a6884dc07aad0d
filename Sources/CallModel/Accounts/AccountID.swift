// SPDX-License-Identifier: Apache-2.0

/// An account's id: 1 to 64 of `a-z`, `0-9` and `_`, of which the first is a letter or a digit.
///
/// It needs no escaping as an element of a D-Bus object path, and is the name of the account's file.
package struct AccountID: Hashable, Comparable, Sendable, CustomStringConvertible {
  package static let maximumLength = 64
  package static let expected = "1 to 64 of a-z, 0-9 and “_”, of which the first is a letter or a digit"

  package let description: String

  /// Parses an id; nil if `text` is not one.
  package init?(_ text: String) {
    guard (1...Self.maximumLength).contains(text.utf8.count), text.utf8.allSatisfy(Self.isAllowed),
      text.utf8.first != UInt8(ascii: "_")
    else { return nil }
    description = text
  }

  /// A new id that people recognize the address by: `me_example_org` of `sip:me@example.org`.
  package init(for address: String, besides taken: Set<AccountID>) {
    let parts = address.drop { $0 != ":" }.dropFirst().lowercased().utf8
    var name: [UInt8] = []
    for byte in parts {
      if Self.isAllowed(byte), byte != UInt8(ascii: "_") {
        name.append(byte)
      } else if !name.isEmpty, name.last != UInt8(ascii: "_") {
        name.append(UInt8(ascii: "_"))
      }
    }
    let whole = name.isEmpty ? "account" : String(decoding: name, as: UTF8.self)
    var number = 1
    while true {
      let suffix = number == 1 ? "" : "_\(number)"
      var start = whole.prefix(Self.maximumLength - suffix.utf8.count)
      while start.last == "_" { start.removeLast() }
      if let id = AccountID(start + suffix), !taken.contains(id) {
        self = id
        return
      }
      number += 1
    }
  }

  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"): true
    default: false
    }
  }

  package static func < (one: AccountID, other: AccountID) -> Bool {
    one.description.utf8.lexicographicallyPrecedes(other.description.utf8)
  }
}
