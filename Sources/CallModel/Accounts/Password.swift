// SPDX-License-Identifier: Apache-2.0

/// The password of an account: 1 to 512 bytes of UTF-8, without control characters.
///
/// It shows as `***` wherever a value is shown, so that it cannot get into a log or an error by accident. It has no
/// `Codable`, for the same reason: whoever writes it somewhere has to ask for it.
package struct Password: Equatable, Sendable {
  package static let maximumBytes = 512

  private let bytes: [UInt8]

  package init(_ bytes: some Collection<UInt8>) throws(PasswordFault) {
    try Self.check(bytes)
    self.bytes = Array(bytes)
  }

  /// What is in front of the first line break, as in a file or in what is typed; the rest does not count.
  package init(firstLine bytes: some Collection<UInt8>) throws(PasswordFault) {
    try self.init(bytes.prefix { $0 != UInt8(ascii: "\n") })
  }

  /// Lets `body` see it.
  package func withBytes<Value, Failure: Error>(_ body: ([UInt8]) throws(Failure) -> Value) throws(Failure) -> Value {
    try body(bytes)
  }

  /// Whether the bytes can be a password. It makes no copy of them.
  package static func check(_ bytes: some Collection<UInt8>) throws(PasswordFault) {
    guard !bytes.isEmpty else { throw .empty }
    guard bytes.count <= maximumBytes else { throw .tooLong }
    var iterator = bytes.makeIterator()
    var decoder = UTF8()
    while true {
      switch decoder.decode(&iterator) {
      case .emptyInput: return
      case .error: throw .notText
      case .scalarValue(let scalar):
        guard scalar.properties.generalCategory != .control else { throw .controlCharacter }
      }
    }
  }
}

extension Password: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package var description: String { "***" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}

/// Why something cannot be a password.
package enum PasswordFault: Error, Equatable, CustomStringConvertible {
  case empty
  case tooLong
  case notText
  case controlCharacter

  /// What is wrong, and what was expected.
  package var description: String {
    switch self {
    case .empty: "the password is empty; it must have 1 to \(Password.maximumBytes) bytes"
    case .tooLong: "the password is too long; it must have 1 to \(Password.maximumBytes) bytes"
    case .notText: "the password is not text; it must be UTF-8"
    case .controlCharacter: "the password has a control character, such as a tab or a line break; it must have none"
    }
  }
}
