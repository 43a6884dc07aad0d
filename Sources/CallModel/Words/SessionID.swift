// SPDX-License-Identifier: Apache-2.0

/// A session's id: eight characters that are easy to read aloud and to type, of `0-9a-z` without i, l, o and u.
///
/// It needs no escaping as an element of a D-Bus object path, or as the instance of a unit's name.
public struct SessionID: Hashable, Sendable, CustomStringConvertible {
  public static let length = 8
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  public let description: String

  /// A new id from the system's random numbers.
  public init() {
    var generator = SystemRandomNumberGenerator()
    self.init(using: &generator)
  }

  public init(using generator: inout some RandomNumberGenerator) {
    let characters = (0..<Self.length).map { _ in Self.alphabet[Int.random(in: 0..<32, using: &generator)] }
    description = String(decoding: characters, as: UTF8.self)
  }

  /// Parses an id; nil if `text` is not one.
  public init?(_ text: String) {
    guard text.utf8.count == Self.length, text.utf8.allSatisfy(Self.alphabet.contains) else { return nil }
    description = text
  }
}
