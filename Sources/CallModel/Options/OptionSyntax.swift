// SPDX-License-Identifier: Apache-2.0

/// Of what characters names are.
package enum OptionSyntax {
  /// Letters, digits, “-”, “.” and “_”, and not nothing.
  package static func isIdentifier(_ text: String) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        isDigit($0) || (65...90).contains($0) || (97...122).contains($0) || $0 == 45 || $0 == 46 || $0 == 95
      }
  }

  /// a-z, 0-9 and “-”.
  static func isKey(_ text: some StringProtocol) -> Bool {
    text.utf8.allSatisfy { isDigit($0) || (97...122).contains($0) || $0 == 45 }
  }

  private static func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
}

/// How long a value may be.
enum OptionBound {
  static func check(_ count: Int, atMost bytes: Int) throws(OptionProblem) {
    guard count <= bytes else { throw OptionProblem("it is \(count) bytes long; at most \(bytes) are allowed") }
  }
}
