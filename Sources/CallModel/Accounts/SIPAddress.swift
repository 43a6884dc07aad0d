// SPDX-License-Identifier: Apache-2.0

/// The parts of a `sip:` or `sips:` address (RFC 3261, 19.1.1).
package struct SIPAddress: Equatable, Sendable {
  package let scheme: String
  /// nil where it has none.
  package let user: String?
  /// With the port, where it has one.
  package let host: String
  /// With the semicolon that they begin with; "" where there are none.
  package let parameters: String

  /// nil where it is an address of another scheme.
  package init?(_ uri: CallURI) {
    guard uri.scheme == "sip" || uri.scheme == "sips" else { return nil }
    scheme = uri.scheme
    var rest = uri.description.drop { $0 != ":" }.dropFirst()
    if let at = rest.firstIndex(of: "@") {
      user = String(rest[..<at])
      rest = rest[rest.index(after: at)...]
    } else {
      user = nil
    }
    host = String(rest.prefix { $0 != ";" })
    parameters = String(rest.drop { $0 != ";" })
  }
}
