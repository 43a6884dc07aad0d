// SPDX-License-Identifier: Apache-2.0

/// What a new process needs to go on with a registration: the server takes it for the same one, and loses the Contact
/// of the process that is gone.
public struct RegistrationRecord: Sendable, Equatable, Codable {
  var callID: String
  var tag: String
  /// The highest CSeq of its requests.
  var sequence: UInt32
  /// The addresses that the server may have, the current one last.
  var contacts: [String] = []

  /// An address that the server lost by itself needs no removal, and the oldest ones have expired.
  static let mostContacts = 3

  mutating func note(_ contact: String) {
    contacts.removeAll { $0 == contact }
    contacts = contacts.suffix(Self.mostContacts - 1) + [contact]
  }
}
